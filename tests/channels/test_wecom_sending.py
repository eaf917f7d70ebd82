"""What goes out on WeCom by each sort of chat, what is known again, what is never tried; and what the platform tells of residents."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.channels.channel import Sendable
from bot.channels.wecom import WecomChannel
from bot.lanes import Lane
from bot.settings import ConfigError, Wecom, load
from bot.wechat_memory import DatabaseMemory
from domain.clock import ManualClock, SystemClock
from domain.errors import DeliveryError, Rejected, TryLater, Unknown, Unreachable
from domain.messages import Address, Audience, Kind, OutgoingMessage, WriteFirst
from models.base import Database
from models.outbox import Context, Outbox
from models.posting import post
from tests.cast import office
from tests.channels.test_contract import received
from tests.channels.wecom_stage import APP_MESSAGE, WecomStage
from tests.wechat_server.wecom import WecomServer

CARD = Sendable("zhao", "有一条群发在等您点“发送”。", kind=Kind.STAFF_CARD)


# to members


async def test_the_same_card_in_doubt_arrives_once(
    wecom: WecomChannel, wecom_server: WecomServer, wecom_stage: WecomStage
) -> None:
    wecom_server.faults.add("reset_after", method=APP_MESSAGE, times=1)
    with pytest.raises(Unknown) as doubt:
        await wecom.send(CARD)
    assert doubt.value.repeat_until is not None
    assert timedelta(minutes=4) < doubt.value.repeat_until - SystemClock().now() < timedelta(minutes=5)
    await wecom.send(CARD)
    first, second = [call.body for call in wecom_server.calls if call.path == APP_MESSAGE]
    assert first == second
    assert first["enable_duplicate_check"] == 1
    assert len(wecom_server.people["zhao"].got) == 1


async def test_an_answer_that_is_the_same_twice_is_said_twice(
    wecom: WecomChannel, wecom_server: WecomServer, wecom_stage: WecomStage
) -> None:
    for _ in range(2):
        await wecom.send(Sendable("zhao", "今天没有待办。"))
    assert len(wecom_server.people["zhao"].got) == 2
    wecom_server.faults.add("reset_after", method=APP_MESSAGE, times=1)
    with pytest.raises(Unknown) as doubt:
        await wecom.send(Sendable("zhao", "今天没有待办。"))
    assert doubt.value.repeat_until is None


@pytest.mark.parametrize("minute", [0, 30])
async def test_a_digest_spares_the_rush_and_a_card_does_not(
    wecom_settings: Wecom, sqlite: Database, wecom_server: WecomServer, wecom_stage: WecomStage, minute: int
) -> None:
    clock = ManualClock(SystemClock().now().replace(minute=minute, second=7))
    channel = WecomChannel(wecom_settings, clock, DatabaseMemory(sqlite, clock, "wecom", "rush"))
    with pytest.raises(TryLater) as later:
        await channel.send(Sendable("zhao", "早上好", kind=Kind.STAFF_CARD, template="digest.morning"))
    assert later.value.free
    assert later.value.at is not None
    assert timedelta(seconds=50) < later.value.at - clock.now() < timedelta(seconds=110)
    await channel.send(CARD)
    assert len(wecom_server.people["zhao"].got) == 1


# to staff groups


async def test_a_robot_calls_whom_the_words_name(wecom: WecomChannel, wecom_server: WecomServer) -> None:
    words = "@zhao 和 @13800005678 请看一下，还有 @li. 邮箱 a@b.example 不算"
    await wecom.send(Sendable("robot:duty", words, is_group=True, mentions_all=True))
    [robot] = wecom_server.robots.values()
    assert robot.got[0]["content"] == words
    assert robot.got[0]["mentioned_mobile_list"] == ["13800005678"]
    assert robot.got[0]["mentioned_list"] == ["zhao", "li", "@all"]


async def test_buttons_in_a_group_are_left_out_and_links_stay(wecom: WecomChannel, wecom_server: WecomServer) -> None:
    chat = wecom_server.appchat()
    choices = [[{"label": "看板", "url": "https://fees.example.org/"}, {"label": "同意", "token": "t"}]]
    await wecom.send(Sendable(f"appchat:{chat}", "早报", choices, is_group=True))
    assert wecom_server.appchats[chat].got == ["早报\n\n看板: https://fees.example.org/"]


async def test_a_robot_taken_out_of_its_group_is_unreachable(wecom: WecomChannel, wecom_server: WecomServer) -> None:
    next(iter(wecom_server.robots.values())).removed = True
    with pytest.raises(Unreachable):
        await wecom.send(Sendable("robot:duty", "早报", is_group=True))
    for chat in ("robot:unknown", "appchat:unknown"):
        with pytest.raises((Rejected, Unreachable)):
            await wecom.send(Sendable(chat, "早报", is_group=True))


async def test_twenty_a_minute_for_each_key_and_no_refusal_by_the_platform(
    wecom: WecomChannel, wecom_server: WecomServer, sqlite: Database
) -> None:
    """A lane that has thirty posts for one robot sends no more than the platform takes, and loses none."""
    clock = SystemClock()
    async with sqlite.write() as session:
        for number in range(30):
            message = OutgoingMessage("test", f"第{number}条", audience=Audience.STAFF, kind=Kind.STAFF_CARD)
            await post(
                session, Address("wecom", "robot:duty"), message, key=f"k{number}", now=clock.now(), context=Context()
            )
    lane = Lane(sqlite, wecom, office(), clock)
    await lane.start()
    for _ in range(200):
        await lane._step()
    [robot] = wecom_server.robots.values()
    assert 1 <= len(robot.got) <= 20
    calls = [call for call in wecom_server.calls if call.path == "webhook/send"]
    assert [call.code for call in calls] == [0] * len(calls)
    await lane._finish()
    async with sqlite.read() as session:
        states = {row.state for row in await session.scalars(select(Outbox))}
    assert states <= {"queued", "sent", "retry"}


async def test_a_robots_key_is_in_no_log_and_no_error(
    wecom: WecomChannel, wecom_server: WecomServer, caplog: pytest.LogCaptureFixture
) -> None:
    from bot.log import QUIET

    caplog.set_level(logging.DEBUG)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    told = []
    for fault in ("reset_before", "reset_after", "garbage", "server_error_after"):
        wecom_server.faults.add(fault, method="webhook/send", times=1)
        with pytest.raises(DeliveryError) as wrong:
            await wecom.send(Sendable("robot:duty", "早报", is_group=True))
        told.append(f"{wrong.value!r} {wrong.value.detail} {wrong.value.__cause__!r}")
    await wecom_server.go_down()
    with pytest.raises(TryLater) as down:
        await wecom.send(Sendable("robot:duty", "早报", is_group=True))
    told.append(f"{down.value!r} {down.value.detail} {down.value.__cause__!r}")
    [key] = wecom_server.robots
    assert key not in "".join(told) + caplog.text


def test_two_names_for_one_key_are_refused(wecom_settings: Wecom, tmp_path: Path) -> None:
    """The platform counts by key: two lanes' worth of posts would be refused."""
    path = tmp_path / "config.toml"
    lines = [
        f"{name} = {str(value).lower() if isinstance(value, bool) else repr(value)}"
        for name, value in wecom_settings.model_dump(exclude={"robots"}).items()
    ]
    robots = "".join(f'[[wecom.robots]]\nname = "{name}"\nkey = "693a91f6-0000"\n' for name in ("a", "b"))
    path.write_text("[wecom]\n" + "\n".join(lines) + "\n" + robots, encoding="utf-8")
    with pytest.raises(ConfigError, match="same key"):
        load(path, {})


# residents


@pytest.mark.parametrize("chat", ["wm" + "A" * 30, "wr" + "A" * 30])
async def test_a_resident_is_never_written_to_at_once(
    wecom: WecomChannel, wecom_server: WecomServer, chat: str
) -> None:
    before = len(wecom_server.calls)
    assert await wecom.may_write_first(chat, SystemClock().now()) is WriteFirst.STAFF_MUST_CONFIRM
    receipt = await wecom.send(Sendable(chat, "您好", kind=Kind.REMINDER))
    assert not receipt.confirmed
    with pytest.raises(Rejected):
        await wecom.send(Sendable(chat, "您好"))
    assert len(wecom_server.calls) == before


@pytest.mark.parametrize(
    ("change", "event"),
    [("add_external_contact", "returned"), ("del_external_contact", "blocked"), ("del_follow_user", "blocked")],
)
async def test_a_customer_who_comes_or_goes(
    wecom_server: WecomServer, wecom_stage: WecomStage, change: str, event: str
) -> None:
    customer = wecom_server.customer("zhao")
    wecom_server.customer_event(change, customer, "zhao")
    [message] = await received(wecom_stage, 1)
    assert (message.event, message.chat, message.audience) == (event, customer, Audience.PRIVATE)


@pytest.mark.parametrize(
    ("change", "detail", "event", "title"),
    [
        ("create", "", "group_joined", "桂花苑 3 栋"),
        ("dismiss", "", "group_removed", ""),
        ("update", "change_name", "group_renamed", "桂花苑 3 栋"),
    ],
)
async def test_a_group_that_is_made_renamed_or_dissolved(
    wecom_server: WecomServer, wecom_stage: WecomStage, change: str, detail: str, event: str, title: str
) -> None:
    chat = wecom_server.group("zhao", "桂花苑 3 栋")
    wecom_server.group_event(change, chat, detail)
    [message] = await received(wecom_stage, 1)
    assert (message.event, message.chat, message.audience) == (event, chat, Audience.GROUP)
    assert message.event_fields.get("title", "") == title


async def test_who_joins_or_leaves_a_group_is_nobodys_business(
    wecom_server: WecomServer, wecom_stage: WecomStage
) -> None:
    chat = wecom_server.group("zhao")
    wecom_server.group_event("update", chat, "add_member")
    wecom_stage.say("您好", "zhao")
    [message] = await received(wecom_stage, 2)  # both are kept; only one has anything for us
    assert message.text == "您好"
