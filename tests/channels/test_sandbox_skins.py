"""The sandbox in the look of 公众号 and 企微: the same windows, templates and taps as on the platforms themselves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.channels.channel import Sendable
from bot.channels.sandbox import SandboxChannel
from bot.channels.sandbox_platform import BOT, NotPossible, Platform, Profile, Room
from bot.channels.sandbox_skins import NOTICE, Skin
from domain.clock import ManualClock, SystemClock
from domain.confirmations import Fate
from domain.errors import DeliveryError, Rejected, Shut, Unreachable
from domain.messages import Kind, WriteFirst
from tests.channels.test_wechat_sending import REMINDER

WANG, LI, CHEN, ROOM = "wang", "li", "chen", "group"
CHOICES = [[{"label": "就这样", "token": "t1"}, {"label": "网页", "url": "https://fees.example.org/"}]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(SystemClock().now())


@pytest.fixture
def platform(clock: ManualClock) -> Platform:
    platform = Platform()
    platform.join(Profile(WANG, "王女士", "owner", account="S-1"))
    platform.join(Profile(LI, "李先生", "owner"))
    platform.join(Profile(CHEN, "陈立", "staff", note="collector", started=True))
    platform.open_room(Room(ROOM, "桂花苑业主群", [WANG, CHEN]))
    platform.wear(WANG, Skin.WECHAT)
    platform.start(WANG, clock.now())
    return platform


@pytest.fixture
def channel(platform: Platform, clock: ManualClock) -> SandboxChannel:
    return SandboxChannel(platform, clock)


def said(platform: Platform, chat: str = WANG) -> list[str]:
    return [line.text for line in platform.chats.get(chat, []) if line.sender == BOT]


# 公众号


@pytest.mark.parametrize(("kind", "number"), [("message", 5), ("menu", 3), ("follow", 3)])
async def test_it_shuts_where_the_platform_would(
    channel: SandboxChannel, platform: Platform, clock: ManualClock, kind: str, number: int
) -> None:
    clock.advance(timedelta(days=3))  # what following allowed is long over
    if kind == "message":
        platform.say(WANG, WANG, clock.now(), text="您好")
    elif kind == "menu":
        platform.click(WANG, "bill", clock.now())
    else:
        platform.start(WANG, clock.now())
    receipts = Sendable(WANG, "收到了", kind=Kind.RECEIPT)
    for _ in range(number):
        assert await channel.may_write_first(WANG, clock.now()) is WriteFirst.YES
        await channel.send(receipts)
    assert await channel.may_write_first(WANG, clock.now()) is WriteFirst.ONLY_TEMPLATE
    with pytest.raises(Shut) as refused:
        await channel.send(receipts)
    assert (refused.value.why, len(said(platform))) == ("window_shut", number)


async def test_an_answer_in_its_breath_costs_nothing_and_a_late_one_does(
    channel: SandboxChannel, platform: Platform, clock: ManualClock
) -> None:
    platform.say(WANG, WANG, clock.now(), text="账单")
    for number in range(1, 9):
        await channel.send(Sendable(WANG, f"第{number}句", [[{"label": "账单", "token": "t"}]]))
    assert said(platform) == ["\n\n".join([*(f"第{n}句\n\n· 账单" for n in range(1, 8)), "第8句\n\n1 账单"])]
    left = {each.kind: each.left for each in platform.follower(WANG).open_allowances()}
    assert left["message"] == 5
    clock.advance(timedelta(seconds=5))
    await channel.send(Sendable(WANG, "您这个月…"))
    assert sum(each.left or 0 for each in platform.follower(WANG).open_allowances()) == 5 + 3 - 1
    await channel.send(Sendable(WANG, "字" * 700))  # longer than one message of the platform
    assert [len(text) for text in said(platform)[-2:]] == [682, 18]


async def test_a_reminder_is_a_card_and_needs_no_window(
    channel: SandboxChannel, platform: Platform, clock: ManualClock
) -> None:
    clock.advance(timedelta(days=3))
    await channel.send(replace(REMINDER, chat=WANG))
    [line] = [line for line in platform.chats[WANG] if line.sender == BOT]
    assert (line.text, line.choices) == ("", [])
    assert dict(map(tuple, line.card)) == {  # type: ignore[arg-type]
        "title": "reminder",
        "thing1": "3栋12**",
        "thing2": "翠湖花园物业服务中心",
        "amount3": "286.40元",
        "time4": "2026年12月10日",
    }
    with pytest.raises(Shut):
        await channel.send(replace(REMINDER, chat=WANG, template="broadcast.money"))


async def test_a_receipt_is_a_message_while_one_is_allowed_then_a_card(
    channel: SandboxChannel, platform: Platform, clock: ManualClock
) -> None:
    receipt = Sendable(
        WANG, "收到 330.96 元。", kind=Kind.RECEIPT, template="receipt.thanks", fields={"amount": "330.96"}
    )
    await channel.send(receipt)
    clock.advance(timedelta(days=3))
    await channel.send(receipt)
    first, second = [line for line in platform.chats[WANG] if line.sender == BOT]
    assert (first.text, second.text) == ("收到 330.96 元。", "")
    assert second.card == [["title", "receipt"], ["amount3", "330.96元"]]


async def test_buttons_are_a_menu_with_digits(platform: Platform, clock: ManualClock) -> None:
    menus: list[tuple[str, object]] = []

    async def show_menu(chat: str, choices: object) -> None:
        menus.append((chat, choices))

    channel = SandboxChannel(platform, clock, show_menu)
    await channel.send(Sendable(WANG, "可以分三期。", CHOICES))
    assert said(platform) == ["可以分三期。\n\n1 就这样\n网页: https://fees.example.org/"]
    assert menus == []  # an answer's menu is remembered with the answer
    await channel.send(Sendable(WANG, "谢谢您。", CHOICES, kind=Kind.RECEIPT))
    assert menus == [(WANG, CHOICES)]


async def test_each_yes_brings_one_notice_of_what_has_no_template(
    channel: SandboxChannel, platform: Platform, clock: ManualClock
) -> None:
    clock.advance(timedelta(days=3))
    news = replace(REMINDER, chat=WANG, template="broadcast.money")
    for _ in range(2):
        platform.agree(WANG, clock.now())
    told = [channel.parse(payload) for _, payload, _ in list(platform._updates)[-2:]]
    assert [(each.event, dict(each.event_fields)) for each in told if each] == [("agreed", {"accepted": NOTICE})] * 2
    await channel.send(replace(REMINDER, chat=WANG))  # a reminder has a template of its own and uses up no notice
    for _ in range(2):
        await channel.send(news)
    with pytest.raises(Shut):
        await channel.send(news)
    titles = [line.card[0][1] for line in platform.chats[WANG] if line.card]
    assert titles == ["reminder", "notice", "notice"]
    platform.agree(WANG, clock.now())
    platform.unfollow(WANG, clock.now())
    told = [channel.parse(payload) for _, payload, _ in list(platform._updates)[-2:]]
    assert [(each.event, dict(each.event_fields)) for each in told if each] == [
        ("agreed", {"withdrawn": NOTICE}),
        ("blocked", {}),
    ]
    with pytest.raises(NotPossible):
        platform.agree(WANG, clock.now())


async def test_the_bots_own_count_holds_a_notice_back_too(platform: Platform, clock: ManualClock) -> None:
    async def none_left(chat: str, template_id: str) -> bool:
        return False

    channel = SandboxChannel(platform, clock, spend_notice=none_left)
    clock.advance(timedelta(days=3))
    platform.agree(WANG, clock.now())
    with pytest.raises(Shut):
        await channel.send(replace(REMINDER, chat=WANG, template="broadcast.money"))


async def test_who_leaves_is_not_written_to_and_a_payment_opens_wide(
    channel: SandboxChannel, platform: Platform, clock: ManualClock
) -> None:
    clock.advance(timedelta(days=3))
    platform.paid("S-1", clock.now())
    for _ in range(12):
        await channel.send(Sendable(WANG, "收到了", kind=Kind.RECEIPT))
    platform.unfollow(WANG, clock.now())
    with pytest.raises(Unreachable):
        await channel.send(replace(REMINDER, chat=WANG))
    _, payload, _ = list(platform._updates)[-1]
    left = channel.parse(payload)
    assert left is not None
    assert (left.event, left.chat) == ("blocked", WANG)
    platform.start(WANG, clock.now())
    await channel.send(replace(REMINDER, chat=WANG))


async def test_nothing_is_taken_back(channel: SandboxChannel, platform: Platform) -> None:
    receipt = await channel.send(Sendable(WANG, "您好"))
    with pytest.raises(Rejected):
        await channel.delete(WANG, receipt.message_id)


# 企微


@pytest.fixture
async def task(channel: SandboxChannel, platform: Platform, clock: ManualClock) -> str:
    """A notice for the group that waits for Mr Chen's tap."""
    platform.wear(ROOM, Skin.WECOM)
    receipt = await channel.send(Sendable(ROOM, "本月物业费可以缴了。", is_group=True, kind=Kind.ANNOUNCEMENT))
    assert not receipt.confirmed
    confirmer = await channel.tasks.confirmer_of(ROOM)
    assert confirmer == CHEN
    return (await channel.tasks.create([ROOM], confirmer, "本月物业费可以缴了。")).message_id


async def test_nothing_is_posted_before_the_tap(
    channel: SandboxChannel, platform: Platform, clock: ManualClock, task: str
) -> None:
    assert platform.chats.get(ROOM, []) == []
    assert [each.fate for each in await channel.tasks.results(task)] == [Fate.WAITING]
    platform.confirm(task, clock.now())
    [line] = platform.chats[ROOM]
    assert (line.sender, line.text) == (CHEN, "本月物业费可以缴了。")
    assert [(each.fate, each.at) for each in await channel.tasks.results(task)] == [(Fate.SENT, clock.now())]
    with pytest.raises(NotPossible):
        platform.confirm(task, clock.now())


async def test_one_a_day_three_reminders_and_no_tap_after_the_end(
    channel: SandboxChannel, platform: Platform, clock: ManualClock, task: str
) -> None:
    platform.confirm(task, clock.now())
    second = (await channel.tasks.create([ROOM], CHEN, "还有一条")).message_id
    platform.confirm(second, clock.now())
    assert [each.fate for each in await channel.tasks.results(second)] == [Fate.FULL]
    third = (await channel.tasks.create([ROOM], CHEN, "第三条")).message_id
    for _ in range(3):
        await channel.tasks.remind(third)
    with pytest.raises(Rejected):
        await channel.tasks.remind(third)
    await channel.tasks.cancel(third)
    with pytest.raises(NotPossible):
        platform.confirm(third, clock.now())
    assert [line.text for line in platform.chats[ROOM]] == ["本月物业费可以缴了。"]


async def test_what_people_say_there_reaches_no_program(
    channel: SandboxChannel, platform: Platform, clock: ManualClock, task: str
) -> None:
    before = len(platform._updates)
    platform.say(WANG, ROOM, clock.now(), text="@小铃 我家多少钱")
    platform.wear(LI, Skin.WECOM)
    platform.start(LI, clock.now())
    assert len(platform._updates) == before
    with pytest.raises(Rejected):
        await channel.send(Sendable(LI, "您好"))
    assert await channel.may_write_first(LI, clock.now()) is WriteFirst.STAFF_MUST_CONFIRM


# both


def test_a_look_is_for_residents_alone(platform: Platform) -> None:
    for chat, skin in ((CHEN, Skin.WECHAT), (CHEN, Skin.WECOM), (ROOM, Skin.WECHAT), ("nobody", Skin.WECHAT)):
        with pytest.raises(NotPossible):
            platform.wear(chat, skin)


async def test_a_restart_forgets_no_window_and_no_task(tmp_path: Path, clock: ManualClock) -> None:
    journal = tmp_path / "chats.jsonl"
    first = Platform(journal)
    first.join(Profile(WANG, "王女士"))
    first.join(Profile(CHEN, "陈立", "staff", note="collector", started=True))
    first.open_room(Room(ROOM, "桂花苑业主群", [WANG, CHEN]))
    first.wear(WANG, Skin.WECHAT)
    first.wear(ROOM, Skin.WECOM)
    first.start(WANG, clock.now())
    channel = SandboxChannel(first, clock)
    clock.advance(timedelta(seconds=5))
    await channel.send(Sendable(WANG, "您好"))
    task = (await channel.tasks.create([ROOM], CHEN, "停水")).message_id
    again = SandboxChannel(Platform(journal), clock)
    assert again.platform.skins == {WANG: "wechat", ROOM: "wecom"}
    assert again.platform.followers == first.followers
    assert [each.fate for each in await again.tasks.results(task)] == [Fate.WAITING]
    again.platform.confirm(task, clock.now())
    assert [line.text for line in again.platform.chats[ROOM]] == ["停水"]


async def test_many_senders_at_once_spend_no_more_than_is_allowed(
    channel: SandboxChannel, platform: Platform, clock: ManualClock
) -> None:
    clock.advance(timedelta(days=3))
    platform.say(WANG, WANG, clock.now(), text="您好")
    receipt = Sendable(WANG, "收到了", kind=Kind.RECEIPT)
    told = await asyncio.gather(*(channel.send(receipt) for _ in range(20)), return_exceptions=True)
    assert len([each for each in told if not isinstance(each, DeliveryError)]) == len(said(platform)) == 5
