"""What every channel promises to the lane and the dispatcher, played on each channel's own platform."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.channels.channel import Sendable, Store
from domain.clock import SystemClock
from domain.errors import Rejected, Shut, TryLater, Unknown, Unreachable
from domain.messages import Audience, IncomingMessage, WriteFirst
from domain.text import length, split
from tests.channels.stages import Stage

CHANNELS = ("telegram", "sandbox", "wechat", "wecom", "email")
HEARING = ("telegram", "sandbox", "wechat", "wecom")  # a mail only goes out
RICH = ("telegram", "sandbox")  # with groups, and messages that can have buttons, be replaced and taken back
TOKEN, OTHER_TOKEN = "Zk3pQ-9sVxW_aB7cDeFgHi", "aaaaaaaaaaaaaaaaaaaaaa"
CHOICES = ([{"label": "去缴费", "url": "https://pay.example.com/b/1"}], [{"label": "已缴", "token": TOKEN}])


@pytest.fixture(params=CHANNELS)
def stage(request: pytest.FixtureRequest) -> Stage:
    return stage_of(request.param, request)


@pytest.fixture(params=HEARING)
def hearing(request: pytest.FixtureRequest) -> Stage:
    return stage_of(request.param, request)


@pytest.fixture(params=RICH)
def rich(request: pytest.FixtureRequest) -> Stage:
    return stage_of(request.param, request)


def stage_of(name: str, request: pytest.FixtureRequest) -> Stage:
    made: Stage = request.getfixturevalue(f"{name}_stage")
    return made


async def received(stage: Stage, number: int) -> list[IncomingMessage]:
    """The next messages that the channel takes in."""
    payloads: list[tuple[str, str]] = []
    enough = asyncio.Event()

    async def store(external_id: str, payload: str) -> None:
        payloads.append((external_id, payload))
        if len(payloads) >= number:
            enough.set()

    await until(enough, stage, store)
    messages = [stage.channel.parse(payload) for _, payload in payloads]
    assert len({external_id for external_id, _ in payloads}) == number
    return [message for message in messages if message is not None]


async def until(event: asyncio.Event, stage: Stage, store: Store) -> None:
    """Receive until something happens; a channel that fails meanwhile fails the test."""
    receiving = asyncio.create_task(stage.receive(store))
    waiting = asyncio.create_task(event.wait())
    await asyncio.wait({receiving, waiting}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    failed = receiving.done()
    receiving.cancel()
    waiting.cancel()
    ended = await asyncio.gather(receiving, waiting, return_exceptions=True)
    assert event.is_set(), ended
    assert not failed, ended


# out


async def test_a_message_arrives_as_it_was_written(stage: Stage) -> None:
    text = "王女士您好:<b>3栋</b> & *12** [账单](x)\n共 240.00 元 ~ 感谢!"
    receipt = await stage.channel.send(Sendable(stage.person, text))
    [seen] = stage.seen(stage.person)
    assert (seen.text, seen.id) == (text, receipt.message_id)


async def test_a_group_is_written_to_like_a_person(rich: Stage) -> None:
    receipt = await rich.channel.send(Sendable(rich.group, "本周六清洗水箱", is_group=True))
    assert [(seen.id, seen.text) for seen in rich.seen(rich.group)] == [(receipt.message_id, "本周六清洗水箱")]


async def test_the_longest_text_passes_and_one_more_is_rejected(stage: Stage) -> None:
    longest = stage.channel.text_limit
    text = "🔔" * (longest // length("🔔", stage.channel.text_unit))
    text += "a" * (longest - length(text, stage.channel.text_unit))
    await stage.channel.send(Sendable(stage.person, text))
    with pytest.raises(Rejected):
        await stage.channel.send(Sendable(stage.person, f"{text}a"))
    assert [seen.text for seen in stage.seen(stage.person)] == [text]


async def test_the_parts_of_a_long_text_all_pass(stage: Stage) -> None:
    text = "\n".join(f"{number}. 王女士 {'🔔物业费' * 20}" for number in range(200))
    parts = split(text, stage.channel.text_limit, stage.channel.text_unit)
    for part in parts:
        await stage.channel.send(Sendable(stage.person, part))
    assert len(parts) > 1
    assert "\n".join(seen.text for seen in stage.seen(stage.person)) == text


async def test_an_empty_text_is_rejected(stage: Stage) -> None:
    with pytest.raises(Rejected):
        await stage.channel.send(Sendable(stage.person, ""))


async def test_a_press_comes_back_with_its_token(rich: Stage) -> None:
    receipt = await rich.channel.send(Sendable(rich.person, "账单", CHOICES))
    assert [seen.labels for seen in rich.seen(rich.person)] == [(("去缴费",), ("已缴",))]
    rich.press(rich.person, receipt.message_id, "已缴")
    [pressed] = await received(rich, 1)
    assert (pressed.chat, pressed.sender, pressed.choice) == (rich.person, rich.person, TOKEN)
    assert (pressed.message_id, pressed.text, pressed.event) == (receipt.message_id, "", "")
    assert pressed.press_id
    await rich.channel.acknowledge(pressed, "收到,谢谢您")
    assert rich.toasts() == ["收到,谢谢您"]


async def test_a_token_that_no_button_can_hold_is_rejected(rich: Stage) -> None:
    with pytest.raises(Rejected):
        await rich.channel.send(Sendable(rich.person, "账单", [[{"label": "已缴", "token": "x" * 65}]]))


async def test_a_message_is_replaced_in_place(rich: Stage) -> None:
    first = await rich.channel.send(Sendable(rich.person, "账单", CHOICES))
    again = await rich.channel.send(Sendable(rich.person, "已登记", edits=first.message_id))
    assert again == first
    assert [(seen.id, seen.text, seen.labels) for seen in rich.seen(rich.person)] == [(first.message_id, "已登记", ())]


async def test_replacing_a_message_by_the_same_is_no_failure(rich: Stage) -> None:
    first = await rich.channel.send(Sendable(rich.person, "账单", CHOICES))
    assert await rich.channel.send(Sendable(rich.person, "账单", CHOICES, edits=first.message_id)) == first
    assert len(rich.seen(rich.person)) == 1


@pytest.mark.parametrize("gone", ["987654", "not-an-id"])
async def test_what_cannot_be_replaced_is_said_anew(stage: Stage, gone: str) -> None:
    receipt = await stage.channel.send(Sendable(stage.person, "已登记", edits=gone))
    assert [(seen.id, seen.text) for seen in stage.seen(stage.person)] == [(receipt.message_id, "已登记")]


async def test_a_message_is_taken_back_and_one_that_is_gone_is_no_failure(rich: Stage) -> None:
    first = await rich.channel.send(Sendable(rich.person, "发错了"))
    await rich.channel.send(Sendable(rich.person, "这条留下"))
    for _ in range(2):
        await rich.channel.delete(rich.person, first.message_id)
    assert [seen.text for seen in rich.seen(rich.person)] == ["这条留下"]
    assert await rich.channel.send(Sendable(rich.person, "账单", edits=first.message_id)) != first


async def test_a_post_in_a_group_is_taken_back(rich: Stage) -> None:
    post = await rich.channel.send(Sendable(rich.group, "发错了", is_group=True))
    await rich.channel.delete(rich.group, post.message_id)
    assert rich.seen(rich.group) == []


async def test_a_message_that_is_too_old_stays(rich: Stage) -> None:
    assert rich.channel.takes_back_within == timedelta(hours=48)
    receipt = await rich.channel.send(Sendable(rich.person, "三天前的话"))
    rich.grow_old(rich.person, receipt.message_id, timedelta(hours=49))
    with pytest.raises(Rejected):
        await rich.channel.delete(rich.person, receipt.message_id)
    assert [seen.text for seen in rich.seen(rich.person)] == ["三天前的话"]


async def test_nothing_is_taken_back_from_who_blocked_us(rich: Stage) -> None:
    receipt = await rich.channel.send(Sendable(rich.person, "您好"))
    rich.block()
    with pytest.raises(Unreachable):
        await rich.channel.delete(rich.person, receipt.message_id)


async def test_an_answer_lost_on_the_way_is_in_doubt(stage: Stage) -> None:
    stage.lose_the_answer()
    with pytest.raises(Unknown):
        await stage.channel.send(Sendable(stage.person, "您好"))
    assert [seen.text for seen in stage.seen(stage.person)] == ["您好"]


async def test_nobody_who_never_came_is_written_to(stage: Stage) -> None:
    for chat in (stage.stranger, "999"):
        with pytest.raises((Unreachable, Shut)) as refused:
            await stage.channel.send(Sendable(chat, "您好"))
        assert getattr(refused.value, "permanent", True)
        assert getattr(refused.value, "moved_to", None) is None


async def test_a_blocked_chat_is_unreachable(stage: Stage) -> None:
    stage.block()
    with pytest.raises(Unreachable) as refused:
        await stage.channel.send(Sendable(stage.person, "您好"))
    assert refused.value.permanent
    assert stage.seen(stage.person) == []


async def test_a_request_to_wait_costs_no_attempt(stage: Stage) -> None:
    now = SystemClock().now()
    stage.ask_to_wait()
    with pytest.raises(TryLater) as refused:
        await stage.channel.send(Sendable(stage.person, "您好"))
    assert refused.value.free
    assert refused.value.at is not None
    assert now < refused.value.at < now + timedelta(seconds=61)
    assert stage.seen(stage.person) == []


async def test_kindnesses_never_fail(hearing: Stage) -> None:
    await hearing.channel.busy(hearing.person)
    for chat in ("999", "nobody", ""):
        await hearing.channel.busy(chat)
        await hearing.channel.offer_staff_menu([chat])
    hearing.say("您好", hearing.person)
    [message] = await received(hearing, 1)
    await hearing.channel.acknowledge(message, "")


# in


async def test_a_private_text_comes_in(hearing: Stage) -> None:
    hearing.say("我这个月要缴多少?", hearing.person)
    [message] = await received(hearing, 1)
    assert message.channel == hearing.channel.name
    assert (message.chat, message.sender, message.text) == (hearing.person, hearing.person, "我这个月要缴多少?")
    assert (message.audience, message.addressed, message.choice) == (Audience.PRIVATE, True, None)
    assert (message.sender_name, message.event, message.attachment) == (hearing.person_name, "", None)
    assert abs(message.received_at - SystemClock().now()) < timedelta(minutes=1)


async def test_a_command_comes_in_whole(hearing: Stage) -> None:
    hearing.say(f"/start {TOKEN}", hearing.person)
    [message] = await received(hearing, 1)
    assert message.text == f"/start {TOKEN}"


async def test_a_group_speaks_to_the_bot_by_command_or_by_reply(rich: Stage) -> None:
    receipt = await rich.channel.send(Sendable(rich.group, "本周六清洗水箱", is_group=True))
    rich.say("/help", rich.group)
    rich.say("几点?", rich.group, reply_to=receipt.message_id)
    messages = await received(rich, 2)
    assert [(message.chat, message.sender, message.text) for message in messages] == [
        (rich.group, rich.person, "/help"),
        (rich.group, rich.person, "几点?"),
    ]
    assert all(message.audience is Audience.GROUP and message.addressed for message in messages)


async def test_order_is_kept(hearing: Stage) -> None:
    texts = [f"第{number}句" for number in range(20)]
    for text in texts:
        hearing.say(text, hearing.person)
    assert [message.text for message in await received(hearing, 20)] == texts


async def test_what_was_not_stored_comes_again(hearing: Stage) -> None:
    """A process that dies between the update and its commit loses nothing."""
    hearing.say("我已经缴了", hearing.person)
    reached = asyncio.Event()

    async def never_commits(external_id: str, payload: str) -> None:
        reached.set()
        await asyncio.Event().wait()

    await until(reached, hearing, never_commits)
    assert [message.text for message in await received(hearing, 1)] == ["我已经缴了"]


@pytest.mark.parametrize("payload", ["", "{", "null", "[]", "7", '"text"', "{}", '{"update_id": 1}', "[" * 100_000])
async def test_nonsense_is_nothing(stage: Stage, payload: str) -> None:
    assert stage.channel.parse(payload) is None


# about itself


async def test_it_says_who_it_is_and_how_it_is(stage: Stage) -> None:
    assert stage.channel.health.ok
    assert stage.channel.health.detail == ""
    assert await stage.channel.may_write_first(stage.person, SystemClock().now()) is WriteFirst.YES
    assert stage.channel.text_limit > 0
    assert stage.channel.limits.concurrency > 0


async def test_it_can_be_stopped_at_any_time(stage: Stage) -> None:
    receiving = asyncio.create_task(stage.channel.receive(_ignore))
    await asyncio.sleep(0)
    receiving.cancel()
    assert isinstance((await asyncio.gather(receiving, return_exceptions=True))[0], asyncio.CancelledError)
    await stage.channel.stop()


async def _ignore(external_id: str, payload: str) -> None:
    return None
