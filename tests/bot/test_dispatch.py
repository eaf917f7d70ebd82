"""The dispatcher: who may press what, what is handled once, what fails politely, and what a group never hears."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot import answering
from bot.content import CONTENT
from bot.dispatch import Dispatcher
from bot.inbound import Inbound
from domain.clock import ManualClock
from domain.errors import Refusal
from domain.flood import PER_MINUTE
from domain.messages import Answer, Audience
from domain.roles import Right
from handlers.turn import ANYONE, Route, Turn
from models import inbox
from models.base import Database
from models.dialogue import Button, Group
from models.inbox import Inbox
from models.outbox import Outbox, State
from models.staff import AuditEntry, Staff
from tests.cast import CHANNEL, CHEN, LI, SUN, ZHAO, World, office
from tests.channel_double import Scripted
from understanding.reader import Reader

EVERYWHERE = (Audience.PRIVATE, Audience.GROUP, Audience.STAFF)


async def show(turn: Turn) -> Answer:
    """A household's own data, with buttons."""
    who = turn.household.code
    row = (turn.button("pay", "pay", code=who), turn.button("plan", "show", reusable=True))
    return Answer((turn.say("error.sorry", row, reference=f"secret of {who}"),))


async def pay(turn: Turn) -> Answer:
    return Answer((turn.say("error.sorry", reference=f"paid {turn.args['code']}"),), toast="ok")


async def ask_number(turn: Turn) -> Answer:
    row = (turn.button("pay", "pay", code="x"), turn.button("plan", "pay", code="y"))
    return Answer((turn.say("error.sorry", row, reference="how many?"),), expect="number")


async def number(turn: Turn) -> Answer | None:
    """Takes two and three; anything else is passed on."""
    if turn.text not in ("2", "3"):
        return None
    return Answer((turn.say("error.sorry", reference=f"number {turn.text}"),))


async def crash(turn: Turn) -> Answer:
    raise ZeroDivisionError("secret detail")


async def refuse(turn: Turn) -> Answer:
    raise Refusal("staff.not_allowed", {"role": f"secret of {turn.household.code}"})


async def desk(turn: Turn) -> Answer:
    return Answer((turn.say("error.sorry", reference="tasks"),), expect="desk")


async def desk_step(turn: Turn) -> Answer:
    return Answer((turn.say("error.sorry", reference="desk work"),))


async def unknown(turn: Turn) -> Answer:
    return Answer((turn.say("error.sorry", reference="unknown"),))


async def not_bound(turn: Turn) -> Answer:
    return Answer((turn.say("error.sorry", reference="not bound"),))


ROUTES = (
    Route(show, ("bill", "账单"), ("ask_amount",), actions=("show",)),
    Route(pay, actions=("pay",)),
    Route(ask_number, ("ask",)),
    Route(number, steps=("number",)),
    Route(crash, ("crash",)),
    Route(refuse, ("refuse",)),
    Route(desk, ("tasks", "任务"), actions=("desk",), who=Right.TASKS, audiences=(Audience.PRIVATE, Audience.STAFF)),
    Route(desk_step, steps=("desk",), who=Right.TASKS, audiences=(Audience.PRIVATE, Audience.STAFF)),
    Route(unknown, intents=("unknown",), who=ANYONE, audiences=EVERYWHERE),
    Route(not_bound, intents=("not_bound",), who=ANYONE, audiences=EVERYWHERE),
    Route(unknown, ("help",), who=ANYONE, audiences=EVERYWHERE),
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load(CONTENT)


class Desk:
    """People who write to a dispatcher, and what they read."""

    def __init__(self, world: World, reader: Reader, clock: ManualClock) -> None:
        self.world = world
        self.channel = Scripted()
        self.clock = clock
        self.woken: list[str] = []
        self.dispatcher = Dispatcher(
            world.database, world.office, reader, {CHANNEL: self.channel}, clock, self.woken.append, ROUTES
        )
        self.number = 0

    async def store(self, sender: str, text: str = "", *, external_id: str = "", **fields: Any) -> int | None:
        self.number += 1
        payload = {"chat": f"chat-{sender}", "sender": sender, "text": text} | fields
        async with self.world.database.write() as session:
            return await inbox.store(
                session, CHANNEL, external_id or f"u{self.number}", json.dumps(payload), self.clock.now()
            )

    async def write(self, sender: str, text: str = "", **fields: Any) -> list[str]:
        """Send one message; the answers it brought."""
        before = len(await self.world.rows())
        inbox_id = await self.store(sender, text, **fields)
        assert inbox_id is not None
        assert await self.dispatcher.handle(inbox_id)
        return [f"{row.chat}: {row.text}" for row in (await self.world.rows())[before:]]

    async def tokens(self) -> dict[str, str]:
        """Every button by its action and label."""
        async with self.world.database.read() as session:
            return {f"{b.action}/{b.label}": b.token for b in await session.scalars(select(Button))}

    async def audit(self) -> list[str]:
        async with self.world.database.read() as session:
            return list(await session.scalars(select(AuditEntry.subject).order_by(AuditEntry.id)))

    async def inbox(self) -> list[Inbox]:
        async with self.world.database.read() as session:
            return list(await session.scalars(select(Inbox).order_by(Inbox.id)))


@pytest.fixture
async def desk_of(database: Database, clock: ManualClock, reader: Reader) -> Desk:
    world = World(database, office(), clock.now())
    await world.household(CHEN)
    await world.household(LI)
    await world.staff(ZHAO)
    async with database.write() as session:
        community = await world.community(session)
        session.add(Group(channel=CHANNEL, chat="g", community_id=community.id))
        session.add(Group(channel=CHANNEL, chat="s", community_id=community.id, audience="staff"))
    return Desk(world, reader, clock)


def words(desk: Desk, template: str, **fields: str) -> str:
    return desk.world.office.wording.text(template, "zh", fields)


# Buttons.


async def press(desk: Desk, sender: str, label: str = "pay", **fields: Any) -> list[str]:
    tokens = await desk.tokens()
    token = next(token for name, token in tokens.items() if name.startswith(f"{label}/"))
    return await desk.write(sender, choice=token, press_id="p", **fields)


async def test_a_button_works_once(desk_of: Desk) -> None:
    await desk_of.write(CHEN, "/bill")
    assert "paid 3-1201" in (await press(desk_of, CHEN))[0]
    assert desk_of.channel.acknowledged[-1][1] == "ok"
    assert await press(desk_of, CHEN) == [f"chat-chen: {words(desk_of, 'button.used')}"]


async def test_a_reusable_button_works_again(desk_of: Desk) -> None:
    await desk_of.write(CHEN, "/bill")
    for _ in range(2):
        assert "secret of 3-1201" in (await press(desk_of, CHEN, "show"))[0]


@pytest.mark.parametrize("token", ["", "x", "x" * 22, "x" * 64, "x" * 4000, "'; drop table buttons", "\U0001f514" * 20])
async def test_forged_bytes_do_nothing(desk_of: Desk, token: str) -> None:
    assert await desk_of.write(CHEN, choice=token) == [f"chat-chen: {words(desk_of, 'button.expired')}"]


async def test_a_token_from_another_chat_does_nothing(desk_of: Desk) -> None:
    await desk_of.write(CHEN, "/bill")
    assert await press(desk_of, LI) == [f"chat-li: {words(desk_of, 'button.expired')}"]
    assert "paid 3-1201" in (await press(desk_of, CHEN))[0]  # it is still hers


async def test_the_wrong_presser_in_the_same_chat_only_sees_a_toast(desk_of: Desk) -> None:
    await desk_of.write(CHEN, "/bill")
    async with desk_of.world.database.write() as session:
        await session.execute(update(Button).values(chat="g"))
    assert await press(desk_of, SUN, chat="g", audience="group") == []
    assert desk_of.channel.acknowledged[-1][1] == words(desk_of, "button.not_yours")
    async with desk_of.world.database.read() as session:
        assert await session.scalar(select(func.count()).where(Button.used_at.is_not(None))) == 0


async def test_an_old_button_says_so(desk_of: Desk) -> None:
    await desk_of.write(CHEN, "/bill")
    desk_of.clock.advance(timedelta(days=31))
    assert await press(desk_of, CHEN) == [f"chat-chen: {words(desk_of, 'button.expired')}"]


async def test_a_staff_button_needs_the_right_at_the_press(desk_of: Desk) -> None:
    async with desk_of.world.database.write() as session:
        session.add(
            Button(
                token="t",
                channel=CHANNEL,
                chat="chat-zhao",
                action="desk",
                expires_at=desk_of.clock.now() + timedelta(1),
            )
        )
    assert "tasks" in (await desk_of.write(ZHAO, choice="t"))[0]
    async with desk_of.world.database.write() as session:
        await session.execute(update(Button).values(used_at=None))
        await session.execute(update(Staff).values(active=False))
    assert await desk_of.write(ZHAO, choice="t") == [f"chat-zhao: {words(desk_of, 'button.not_yours')}"]


async def test_a_press_proves_that_an_unknown_message_arrived(desk_of: Desk) -> None:
    await desk_of.write(CHEN, "/bill")
    async with desk_of.world.database.write() as session:
        await session.execute(update(Outbox).values(state=State.UNKNOWN))
    await press(desk_of, CHEN, "show")
    row = (await desk_of.world.rows())[0]
    assert (row.state, row.reason) == ("sent", "proved_by_button")


# Steps and digits.


async def test_a_digit_picks_from_the_last_menu(desk_of: Desk) -> None:
    await desk_of.write(CHEN, "/bill")
    assert "paid 3-1201" in (await desk_of.write(CHEN, "1"))[0]
    assert await desk_of.write(CHEN, "1") == [f"chat-chen: {words(desk_of, 'button.used')}"]


async def test_a_digit_that_answers_a_question_presses_nothing(desk_of: Desk) -> None:
    await desk_of.write(CHEN, "/ask")
    assert "number 2" in (await desk_of.write(CHEN, "2"))[0]
    async with desk_of.world.database.read() as session:
        assert await session.scalar(select(func.count()).where(Button.used_at.is_not(None))) == 0


async def test_what_a_step_does_not_take_is_passed_on(desk_of: Desk) -> None:
    await desk_of.write(CHEN, "/ask")
    assert "paid x" in (await desk_of.write(CHEN, "1"))[0]
    await desk_of.write(CHEN, "/ask")
    assert "secret of 3-1201" in (await desk_of.write(CHEN, "账单"))[0]


async def test_a_step_is_forgotten_after_a_day(desk_of: Desk) -> None:
    await desk_of.write(CHEN, "/ask")
    desk_of.clock.advance(timedelta(hours=25))
    assert "unknown" in (await desk_of.write(CHEN, "2"))[0]


async def test_a_staff_step_needs_the_right_when_it_is_answered(desk_of: Desk) -> None:
    await desk_of.write(ZHAO, "/tasks")
    async with desk_of.world.database.write() as session:
        await session.execute(update(Staff).values(active=False))
    assert "unknown" in (await desk_of.write(ZHAO, "完成了"))[0]


# Once, whatever happens.


async def test_an_update_delivered_twice_is_answered_once(desk_of: Desk) -> None:
    first = await desk_of.store(CHEN, "/bill", external_id="same")
    assert await desk_of.store(CHEN, "/bill", external_id="same") is None
    assert first is not None
    assert await desk_of.dispatcher.handle(first)
    assert await desk_of.dispatcher.handle(first)
    assert len(await desk_of.world.rows()) == 1


async def test_a_fault_is_tried_three_times_then_apologised_for(
    desk_of: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox_id = await desk_of.store(CHEN, "/crash")
    assert inbox_id is not None
    assert [await desk_of.dispatcher.handle(inbox_id) for _ in range(3)] == [False, False, True]
    (row,) = await desk_of.world.rows()
    (update_row,) = await desk_of.inbox()
    reference, name = update_row.error.split()
    assert (update_row.state, name) == ("failed", "ZeroDivisionError")
    assert reference in row.text
    assert row.text == words(desk_of, "error.sorry", reference=reference)
    assert not any(word in row.text for word in ("secret", "Traceback", "Zero"))
    assert reference in capsys.readouterr().out


async def test_an_apology_that_fails_still_ends_the_update(desk_of: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the outbox is full")

    inbox_id = await desk_of.store(CHEN, "/crash")
    assert inbox_id is not None
    monkeypatch.setattr(answering, "say", broken)
    for _ in range(3):
        await desk_of.dispatcher.handle(inbox_id)
    assert [row.state for row in await desk_of.inbox()] == ["failed"]


async def test_one_bad_update_stops_nobody(desk_of: Desk) -> None:
    inbound = Inbound(desk_of.world.database, desk_of.dispatcher, desk_of.clock)
    async with desk_of.world.database.write() as session:
        await inbox.store(session, "switched-off", "1", "{}", desk_of.clock.now())
    await desk_of.store(CHEN, "/bill")
    assert await inbound.handle_waiting() == 2
    assert [row.state for row in await desk_of.inbox()] == ["done", "done"]
    assert (await desk_of.inbox())[0].handler == "channel_off"
    assert len(await desk_of.world.rows()) == 1


async def test_a_flood_is_told_once_and_then_dropped_in_silence(desk_of: Desk) -> None:
    for _ in range(PER_MINUTE + 10):
        await desk_of.write(SUN, "在吗")
    texts = [row.text for row in await desk_of.world.rows()]
    assert len(texts) == PER_MINUTE + 1
    assert texts[-1] == words(desk_of, "flood.told")


# Several at once: one commit, and still each is all or nothing.


async def handle_all(desk: Desk) -> int:
    async with desk.world.database.read() as session:
        rows = await inbox.waiting(session)
    return await desk.dispatcher.handle_all(rows)


async def test_updates_handled_together_are_answered_in_their_order(desk_of: Desk) -> None:
    for sender, text in ((CHEN, "/ask"), (LI, "/bill"), (CHEN, "2"), (CHEN, "/bill")):
        await desk_of.store(sender, text)
    assert await handle_all(desk_of) == 0
    answers = [f"{row.chat}: {row.text}" for row in await desk_of.world.rows()]
    assert [answer.split(":")[0] for answer in answers] == ["chat-chen", "chat-li", "chat-chen", "chat-chen"]
    assert "number 2" in answers[2]  # the second message of a chat knows what the first one left behind
    assert {row.state for row in await desk_of.inbox()} == {"done"}


async def test_a_refusal_among_others_undoes_only_its_own_turn(desk_of: Desk) -> None:
    await desk_of.write(CHEN, "/bill")
    token = next(token for name, token in (await desk_of.tokens()).items() if name.startswith("pay/"))
    for sender, fields in ((LI, {"text": "/bill"}), (CHEN, {"choice": token}), (CHEN, {"choice": token})):
        await desk_of.store(sender, **fields)
    assert await handle_all(desk_of) == 0
    answers = [row.text for row in await desk_of.world.rows()][1:]
    assert "secret of" in answers[0]
    assert "paid 3-1201" in answers[1]
    assert answers[2] == words(desk_of, "button.used")


async def test_a_fault_among_others_costs_nobody_their_answer(desk_of: Desk) -> None:
    for sender, text in ((CHEN, "/bill"), (LI, "/crash"), (CHEN, "/ask")):
        await desk_of.store(sender, text)
    assert await handle_all(desk_of) == 1
    assert [row.chat for row in await desk_of.world.rows()] == ["chat-chen", "chat-chen"]
    assert [(row.state, row.tries) for row in await desk_of.inbox()] == [("done", 0), ("received", 1), ("done", 0)]


async def test_what_arrives_together_is_all_kept_before_anyone_is_told(desk_of: Desk) -> None:
    inbound = Inbound(desk_of.world.database, desk_of.dispatcher, desk_of.clock)
    store = inbound.store_for(CHANNEL)

    async def arrive(number: int) -> None:
        await store(f"a{number % 10}", json.dumps({"chat": "c", "sender": SUN, "text": "hello"}))
        assert f"a{number % 10}" in {row.external_id for row in await desk_of.inbox()}

    await asyncio.gather(*(arrive(number) for number in range(30)))
    assert len(await desk_of.inbox()) == 10


async def test_one_update_that_cannot_be_stored_keeps_nobody_else_out(desk_of: Desk) -> None:
    inbound = Inbound(desk_of.world.database, desk_of.dispatcher, desk_of.clock)
    store = inbound.store_for(CHANNEL)
    told = await asyncio.gather(
        store("good-1", "{}"), store("bad", "\ud800"), store("good-2", "{}"), return_exceptions=True
    )
    assert [isinstance(each, Exception) for each in told] == [False, True, False]
    assert [row.external_id for row in await desk_of.inbox()] == ["good-1", "good-2"]


async def test_a_refusal_is_worded_and_kept(desk_of: Desk) -> None:
    (answer,) = await desk_of.write(CHEN, "/refuse")
    assert answer == f"chat-chen: {words(desk_of, 'staff.not_allowed', role='secret of 3-1201')}"
    assert await desk_of.audit() == ["staff.not_allowed"]
    assert [row.handler for row in await desk_of.inbox()] == ["refused"]


async def test_who_sees_nothing_sees_nothing(desk_of: Desk) -> None:
    assert "not bound" in (await desk_of.write(SUN, "/bill"))[0]
    assert "unknown" in (await desk_of.write(SUN, "/tasks"))[0]
    assert "unknown" in (await desk_of.write(CHEN, "任务"))[0]


# Groups.


def in_group(**more: Any) -> dict[str, Any]:
    return {"chat": "g", "audience": "group", "addressed": True} | more


async def test_a_personal_question_in_a_group_is_answered_in_private(desk_of: Desk) -> None:
    private, public = await desk_of.write(CHEN, "/bill", **in_group())
    assert private.startswith("chat-chen:")
    assert "secret of 3-1201" in private
    assert public == f"g: {words(desk_of, 'group.answered_privately')}"


async def test_a_refusal_to_a_personal_question_is_not_worded_in_the_group(desk_of: Desk) -> None:
    answers = await desk_of.write(CHEN, "/refuse", **in_group())
    assert [answer.split(":")[0] for answer in answers] == ["chat-chen", "g"]
    assert not [answer for answer in answers if answer.startswith("g:") and "secret" in answer]
    assert await desk_of.audit() == ["staff.not_allowed"]


async def test_a_stranger_in_a_group_gets_a_way_in_and_nothing_else(desk_of: Desk) -> None:
    assert await desk_of.write(SUN, "/bill", **in_group()) == [f"g: {words(desk_of, 'group.open_private')}"]


async def test_talk_among_neighbours_is_neither_answered_nor_kept(desk_of: Desk) -> None:
    assert await desk_of.write(CHEN, "今天天气真好", **in_group(addressed=False)) == []
    (row,) = await desk_of.inbox()
    assert (row.text, row.user, row.payload, row.person_id) == ("", "", "", None)


async def test_staff_commands_mean_nothing_in_a_residents_group(desk_of: Desk) -> None:
    assert await desk_of.write(ZHAO, "/tasks", **in_group()) == []


async def test_in_a_staff_group_only_what_is_meant_for_the_bot_is_answered(desk_of: Desk) -> None:
    staff: dict[str, Any] = {"chat": "s", "audience": "group"}
    assert await desk_of.write(ZHAO, "中午吃什么", **staff, addressed=False) == []
    assert (await desk_of.inbox())[-1].text == ""
    assert "tasks" in (await desk_of.write(ZHAO, "任务", **staff, addressed=False))[0]
    assert "desk work" in (await desk_of.write(ZHAO, "办好了", **staff, addressed=False))[0]


async def test_a_colleague_who_lives_here_shows_no_bill_in_the_staff_group(desk_of: Desk) -> None:
    answers = await desk_of.write(CHEN, "/bill", chat="s", audience="group")
    assert "secret" not in "".join(answers)
