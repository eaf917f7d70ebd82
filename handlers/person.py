"""A person instead of the bot: asking for one, the talk itself, and handing the chat back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from domain import keys
from domain.addressing import greets_other
from domain.desk import usual_minutes
from domain.errors import Refusal
from domain.messages import Address, Answer, Kind, OutgoingMessage
from domain.wording import day_words, tongue
from handlers.account import message_line
from handlers.hints import hint
from handlers.household import words_of
from handlers.labels import span_words
from handlers.notes import at_desk, beside, decider, send, to_staff, toward
from handlers.steps import writes_to_others
from handlers.tone import unkind_words
from handlers.turn import Turn
from models.accounts import Account
from models.dialogue import Takeover, dialogue_of, live_takeover, remember
from models.log import asked_with, before_talk
from models.people import contact_of
from models.queue import latest_waits, waiting_before
from models.staff import LIVE, Staff, StaffTask, audit, close_task, open_task

QUIET = timedelta(hours=24)  # a talk in which nobody writes for so long ends by itself
LIVE_STEP, STAFF_STEP = "person.live", "person.staff"
TEXT_MAX = 3000
LINES_SHOWN = 6
WHY_SHOWN = 200


async def ask(turn: Turn, first: str = "") -> Answer | None:
    """A person is called; the place in the queue is told. In a running talk the words simply go to that person.

    `first`: what is said in place of "I have called a colleague", in the words of who calls.
    """
    if await writes_to_others(turn):
        return None
    takeover = await live_takeover(turn.session, turn.message.channel, turn.message.chat)
    if takeover is not None and takeover.state == "live" and (relayed := await live(turn)) is not None:
        return relayed
    cards: tuple[OutgoingMessage, ...] = ()
    if takeover is None or takeover.state == "closed":
        takeover = await _call(turn)
        cards = await _cards(turn, takeover)
    waited = (turn.now - takeover.asked_at) // timedelta(minutes=1)
    template = "person.called" if first else "person.waiting" if waited else "person.asked"
    row = (turn.button("no_person", "person.cancel", takeover=str(takeover.id)),)
    fields = {"queue": await _queue(turn, takeover), "hotline": turn.office.hotline}
    fields |= {"first": first} if first else {"minutes": str(waited)}
    return Answer((turn.say(template, row, fields=fields), *cards))


async def _queue(turn: Turn, takeover: Takeover) -> str:
    """How many are before them and how soon people are usually answered; nothing that the books do not show."""
    desk, zone = turn.office.desk, turn.office.zone
    ahead = await waiting_before(turn.session, takeover, turn.account.community_id if turn.account else None)
    place = turn.words("person.ahead", number=str(ahead)) if ahead else turn.words("person.first")
    if not desk.is_open(turn.now, zone):
        opens = desk.next_opening(turn.now, zone).astimezone(zone)
        closed = turn.words("person.closed", opens=f"{day_words(opens.date(), turn.language)} {opens:%H:%M}")
        return turn.words("person.queue", place=place, more=closed)
    waits = await latest_waits(turn.session, turn.now)
    minutes = usual_minutes([taken - asked for asked, taken in waits if desk.is_open(asked, zone)])
    if minutes is None:
        return place
    return turn.words("person.queue", place=place, more=turn.words("person.usual", minutes=str(minutes)))


async def _call(turn: Turn) -> Takeover:
    here = turn.message
    takeover = Takeover(
        channel=here.channel,
        chat=here.chat,
        user=here.sender,
        account_id=turn.account.id if turn.account else None,
        state="waiting",
        asked_at=turn.now,
    )
    turn.session.add(takeover)
    await turn.session.flush()
    return takeover


async def _cards(turn: Turn, takeover: Takeover) -> tuple[OutgoingMessage, ...]:
    due_at = turn.office.desk.deadline(turn.now, turn.office.zone)
    card = _card(at_desk(turn), takeover, words_of(turn)[:300] or "—", due_at)
    task = await open_task(
        turn.session,
        key=keys.task("person", str(takeover.id)),
        kind="person",
        account=turn.account,
        summary=card.text,
        at=turn.now,
        due_at=due_at,
        source=f"takeover/{takeover.id}",
    )
    takeover.task_id = task.id if task else None
    return await to_staff(turn, card)


def _card(desk: Turn, takeover: Takeover, text: str, due_at: datetime) -> OutgoingMessage:
    button = desk.button("take_over", "person.take", reusable=True, takeover=str(takeover.id))
    until = due_at.astimezone(desk.office.zone)
    return desk.say("card.person", (button,), fields=_whose(desk) | {"text": text, "until": f"{until:%m-%d %H:%M}"})


async def requeue(turn: Turn, takeover: Takeover, due_at: datetime) -> tuple[OutgoingMessage, ...]:
    """The colleague who led a talk has left it: the person hears so, keeps their place, and another one is called."""
    await _set_step(turn, takeover, None)
    there = await resident(turn, takeover)
    seen = replace(turn, account=there.account)
    desk = at_desk(seen)
    card = _card(desk, takeover, desk.words("person.was_in_talk"), due_at)
    return (*send(there, there.say("person.next_colleague")), *await to_staff(seen, card))


def _whose(turn: Turn) -> dict[str, str]:
    """Whose chat it is, as staff read it."""
    if turn.account is None:
        return {"code": "—", "who": turn.words("person.unknown"), "room": ""}
    return {"code": turn.account.code, **turn.called()}


async def cancel(turn: Turn) -> Answer:
    """The person who asked no longer needs anybody."""
    takeover = await turn.session.get(Takeover, int(turn.args["takeover"]))
    if takeover is not None and takeover.state == "waiting":
        await _close(turn, takeover, "cancelled")
    return Answer((turn.say("person.cancelled"),))


async def live(turn: Turn) -> Answer | None:
    """What a person writes during the talk goes to the staff member who leads it."""
    takeover = await live_takeover(turn.session, turn.message.channel, turn.message.chat)
    if takeover is None or takeover.state != "live":
        return None
    if turn.now - (takeover.last_at or takeover.asked_at) > QUIET:
        await _close(turn, takeover, "quiet")
        return None
    member = await turn.session.get(Staff, takeover.staff_id) if takeover.staff_id else None
    if member is None or not member.chat or not member.active:
        await _close(turn, takeover, "staff_gone")
        return None
    takeover.last_at = turn.now
    desk = at_desk(toward(turn, Address(member.channel, member.chat), turn.office.language, turn.account))
    number, file = str(takeover.id), turn.message.attachment
    row = (
        desk.button("reply", "person.reply", reusable=True, takeover=number),
        desk.button("canned", "canned.show", reusable=True, takeover=number),
        desk.button("hand_back", "person.hand_back", reusable=True, takeover=number),
    )
    text = turn.text or (desk.words("person.sent_file", kind=file.kind) if file else "—")
    fits = hint(desk, turn, turn.text, takeover=number)
    card = desk.say(
        "card.says", row, *([fits] if fits else []), kind=Kind.STAFF_CARD, fields=_whose(desk), text=text[:TEXT_MAX]
    )
    if file is not None and member.channel == turn.message.channel:
        card = replace(card, attachment=file)
    return Answer(send(desk, card), expect=LIVE_STEP)


# the staff's side


async def take(turn: Turn) -> Answer:
    """A staff member takes the chat over."""
    member = decider(turn)
    takeover = await turn.session.get(Takeover, int(turn.args["takeover"]), with_for_update=True)
    if takeover is None or takeover.state == "closed":
        raise Refusal("card.decided")
    if takeover.state == "live" and takeover.staff_id != member.id:
        colleague = await turn.session.get(Staff, takeover.staff_id)
        raise Refusal("card.taken", {"name": colleague.name if colleague else ""})
    decider(turn, await _account(turn, takeover))
    takeover.state, takeover.staff_id, takeover.last_at = "live", member.id, turn.now
    takeover.taken_at = takeover.taken_at or turn.now
    task = await turn.session.get(StaffTask, takeover.task_id) if takeover.task_id else None
    if task is not None and task.state in LIVE:
        task.state, task.assignee_id, task.touched_at = "taken", member.id, turn.now
    detail = {"account": takeover.account_id}
    await audit(turn.session, turn.actor, "takeover", f"takeover/{takeover.id}", turn.now, detail)
    await _set_step(turn, takeover, LIVE_STEP)
    there = await resident(turn, takeover)
    answer = _talking(turn, there, takeover, "card.talking", await _so_far(turn, there, takeover))
    return answer.also(*send(there, there.say("person.here", name=member.name)))


async def _so_far(turn: Turn, there: Turn, takeover: Takeover) -> str:
    """How long they have waited, in which language, why they asked, and what was said last."""
    asked = " ".join((await asked_with(turn.session, takeover)).split())[:WHY_SHOWN]
    lines = await before_talk(turn.session, takeover, LINES_SHOWN)
    fields = {
        "waited": span_words(turn, turn.now - takeover.asked_at),
        "language": turn.words(f"person.language_{tongue(there.language)}"),
        "why": turn.words("person.why_words", text=asked) if asked else turn.words("person.why_button"),
        "lines": "\n".join(message_line(turn, line) for line in lines) or "—",
    }
    return turn.words("person.so_far", **fields)


def _talking(turn: Turn, there: Turn, takeover: Takeover, template: str, so_far: str = "") -> Answer:
    """What the staff member types next goes to the person."""
    number = str(takeover.id)
    row = [
        turn.button("canned", "canned.show", reusable=True, takeover=number),
        turn.button("hand_back", "person.hand_back", reusable=True, takeover=number),
    ]
    if takeover.task_id is not None:
        row.insert(1, turn.button("desk_give", "desk.give", reusable=True, task=str(takeover.task_id)))
    fields = _whose(replace(turn, account=there.account))
    text = turn.say(template, row, fields=fields | ({"so_far": so_far} if so_far else {}))
    return Answer((text,), expect=STAFF_STEP, memory={"takeover": str(takeover.id)})


async def reply(turn: Turn) -> Answer:
    """The button under what the person wrote: the next words go to them."""
    takeover = await own(turn, turn.args["takeover"])
    return _talking(turn, await resident(turn, takeover), takeover, "card.reply_now")


async def staff_words(turn: Turn) -> Answer | None:
    """What the staff member types goes to the person."""
    if not turn.text:
        return None
    takeover = await own(turn, turn.memory["takeover"])
    if (refused := unkind_words(turn, STAFF_STEP, turn.memory)) is not None:
        return refused
    there = await resident(turn, takeover)
    other = greets_other(turn.text, there.account.payer_name) if there.account is not None else ""
    if other:
        row = [
            turn.button("send_anyway", "person.send_anyway", takeover=str(takeover.id), text=turn.text[:TEXT_MAX]),
            turn.button("reword", "person.reply", takeover=str(takeover.id)),
        ]
        fields = {"name": other, **_whose(replace(turn, account=there.account))}
        return Answer((turn.say("card.other_name", row, fields=fields),), expect=STAFF_STEP, memory=turn.memory)
    return await say(turn, takeover, there, turn.text)


async def send_anyway(turn: Turn) -> Answer:
    """The name was meant as it was written."""
    takeover = await own(turn, turn.args["takeover"])
    return await say(turn, takeover, await resident(turn, takeover), turn.args["text"])


async def say(turn: Turn, takeover: Takeover, there: Turn, text: str) -> Answer:
    """A colleague's words, under their name, into the chat that was taken over."""
    takeover.last_at = turn.now
    await _set_step(turn, takeover, LIVE_STEP)
    words = there.say("person.staff_says", kind=Kind.STAFF_REPLY, name=decider(turn).name, text=text[:TEXT_MAX])
    return Answer(send(there, words), STAFF_STEP, {"takeover": str(takeover.id)}, turn.words("card.sent"))


async def hand_back(turn: Turn) -> Answer:
    """The talk ends; the bot answers again."""
    takeover = await own(turn, turn.args["takeover"])
    await _close(turn, takeover, "handed_back")
    there = await resident(turn, takeover)
    row = (there.button("person", "person.ask", reusable=True),)
    done = turn.say("card.handed_back", fields=_whose(replace(turn, account=there.account)))
    return Answer((done, *send(there, there.say("person.bot_again", row))))


async def own(turn: Turn, takeover_id: str) -> Takeover:
    """The running talk that this colleague leads."""
    takeover = await turn.session.get(Takeover, int(takeover_id))
    if takeover is None or takeover.state != "live" or takeover.staff_id != decider(turn).id:
        raise Refusal("card.talk_over")
    return takeover


async def resident(turn: Turn, takeover: Takeover) -> Turn:
    """The turn seen from the chat that was taken over."""
    account = await _account(turn, takeover)
    contact = await contact_of(turn.session, takeover.channel, takeover.user)
    known = await beside(turn, contact.person_id, account) if contact else None
    language = known.language if known else turn.office.language
    return toward(turn, Address(takeover.channel, takeover.chat), language, account)


async def _account(turn: Turn, takeover: Takeover) -> Account | None:
    return await turn.session.get(Account, takeover.account_id) if takeover.account_id else None


async def _set_step(turn: Turn, takeover: Takeover, step: str | None) -> None:
    """What the other chat's next plain message belongs to."""
    there = (turn.session, takeover.channel, takeover.chat, takeover.user)
    state = await dialogue_of(*there)
    account_id = state.account_id if state is not None else takeover.account_id
    await remember(*there, turn.now, step=step, memory={}, menu=None, account_id=account_id)


async def _close(turn: Turn, takeover: Takeover, outcome: str) -> None:
    takeover.state, takeover.closed_at = "closed", turn.now
    if (turn.message.channel, turn.message.chat) != (takeover.channel, takeover.chat):
        await _set_step(turn, takeover, None)
    source = f"takeover/{takeover.id}"
    staff_id = turn.staff.id if turn.staff else None
    await close_task(turn.session, source, turn.now, staff_id=staff_id, outcome=outcome)
    await audit(turn.session, turn.actor, f"takeover.{outcome}", source, turn.now)
