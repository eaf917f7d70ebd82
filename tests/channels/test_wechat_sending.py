"""What goes out on WeChat and by which way: templates, notices, customer messages, and what is refused before it is tried."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.channels.channel import Sendable
from bot.channels.wechat import WechatChannel
from bot.channels.wechat_memory import Said
from bot.channels.wechat_templates import filled, guessed, keys_of
from bot.channels.wechat_words import fitting, in_cdata, menu_of, pieces, together
from bot.settings import Template, Wechat
from bot.wechat_memory import DatabaseMemory
from domain.clock import ManualClock, SystemClock
from domain.errors import Rejected, Shut, Unknown, Unreachable
from domain.messages import Kind, WriteFirst
from domain.text import length
from models.base import Database
from models.dialogue import Dialogue
from tests.channels.wechat_stage import CUSTOMER
from tests.wechat_server.callbacks import Person
from tests.wechat_server.server import WechatServer

TEMPLATE, NOTICE = "TPL-0001", "TPL-notice"
CONTENT = "房号：{{thing1.DATA}}\n单位：{{thing2.DATA}}\n金额：{{amount3.DATA}}\n日期：{{time4.DATA}}"
SEND = "message/template/send"
FIELDS = {
    "room": "3栋12**",
    "office": "翠湖花园物业服务中心",
    "total": "286.40",
    "due_on": "2026-12-10",
    "who": "陈女士",
}
REMINDER = Sendable(
    "", "您好", kind=Kind.REMINDER, template="reminder.gentle", fields=FIELDS, key="remind/1/2/gentle"
)  # chat is filled in


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(SystemClock().now())


@pytest.fixture
def ledger(sqlite: Database, wechat_settings: Wechat, clock: ManualClock) -> DatabaseMemory:
    return DatabaseMemory(sqlite, clock, "wechat", wechat_settings.app_id)


@pytest.fixture
async def channel(
    wechat_settings: Wechat, ledger: DatabaseMemory, clock: ManualClock, wechat_server: WechatServer
) -> WechatChannel:
    wechat_server.templates[TEMPLATE] = wechat_server.notice_templates[NOTICE] = CONTENT
    named = {"reminder": Template(id=TEMPLATE)}
    made = WechatChannel(wechat_settings.model_copy(update={"templates": named}), clock, ledger)
    await made.start()
    return made


@pytest.fixture
def wang(wechat_server: WechatServer) -> Person:
    person = wechat_server.person()
    person.follower.following = True
    return person


async def wrote(person: Person, ledger: DatabaseMemory, server: WechatServer, kind: str = "message") -> None:
    """The person did something that allows messages: the platform and we both know it."""
    server.open_window(person.follower, kind)
    await ledger.note(f"{kind}-{len(server.calls)}", person.openid, kind)


# the ledger


@pytest.mark.parametrize(("kind", "number"), [("message", 5), ("menu", 3), ("follow", 3)])
async def test_we_stop_where_the_platform_would(
    channel: WechatChannel, ledger: DatabaseMemory, wechat_server: WechatServer, wang: Person, clock: ManualClock,
    kind: str, number: int,
) -> None:  # fmt: skip
    await wrote(wang, ledger, wechat_server, kind)
    for _ in range(number):
        assert await channel.may_write_first(wang.openid, clock.now()) is WriteFirst.YES
        await channel.send(Sendable(wang.openid, "您好"))
    assert await channel.may_write_first(wang.openid, clock.now()) is WriteFirst.ONLY_TEMPLATE
    with pytest.raises(Shut) as refused:
        await channel.send(Sendable(wang.openid, "您好"))
    assert refused.value.why == "window_shut"
    assert (
        len(wechat_server.accepted(CUSTOMER)) == len([c for c in wechat_server.calls if c.path == CUSTOMER]) == number
    )


async def test_the_window_shuts_and_opens_anew(
    channel: WechatChannel, ledger: DatabaseMemory, wechat_server: WechatServer, wang: Person, clock: ManualClock
) -> None:
    await wrote(wang, ledger, wechat_server)
    clock.advance(timedelta(hours=48))
    with pytest.raises(Shut):
        await channel.send(Sendable(wang.openid, "您好"))
    assert [call for call in wechat_server.calls if call.path == CUSTOMER] == []
    await wrote(wang, ledger, wechat_server)
    await channel.send(Sendable(wang.openid, "您好"))


async def test_after_a_payment_nothing_is_counted(
    channel: WechatChannel, ledger: DatabaseMemory, wechat_server: WechatServer, wang: Person
) -> None:
    await wrote(wang, ledger, wechat_server, "payment")
    for _ in range(12):
        await channel.send(Sendable(wang.openid, "您好"))
    assert len(wang.got) == 12


@pytest.mark.parametrize("code", [45015, 45047])
async def test_the_platforms_count_is_the_right_one(
    channel: WechatChannel, ledger: DatabaseMemory, wechat_server: WechatServer, wang: Person, code: int
) -> None:
    await wrote(wang, ledger, wechat_server)
    wechat_server.fail(CUSTOMER, code)
    for _ in range(2):
        with pytest.raises(Shut):
            await channel.send(Sendable(wang.openid, "您好"))
    assert len([call for call in wechat_server.calls if call.path == CUSTOMER]) == 1


async def test_what_certainly_was_not_sent_is_given_back(
    channel: WechatChannel, ledger: DatabaseMemory, wechat_server: WechatServer, wang: Person
) -> None:
    await wrote(wang, ledger, wechat_server)
    for code in (-1, 45011, 48001):
        wechat_server.fail(CUSTOMER, code)
        with pytest.raises(Exception, match=str(code)):
            await channel.send(Sendable(wang.openid, "您好"))
    for _ in range(5):
        await channel.send(Sendable(wang.openid, "您好"))
    assert len(wang.got) == 5


async def test_who_left_allows_nothing(
    channel: WechatChannel, ledger: DatabaseMemory, wechat_server: WechatServer, wang: Person, clock: ManualClock
) -> None:
    await wrote(wang, ledger, wechat_server)
    await ledger.note("n", wang.openid, "unfollowed")
    assert await channel.may_write_first(wang.openid, clock.now()) is WriteFirst.ONLY_TEMPLATE


# templates


async def test_a_reminder_goes_as_a_template_filled_by_its_types(
    channel: WechatChannel, wechat_server: WechatServer, wang: Person
) -> None:
    receipt = await channel.send(replace(REMINDER, chat=wang.openid))
    [got] = wang.got
    assert (got.kind, got.message_id) == ("template", receipt.message_id)
    assert got.data == {
        "thing1": "3栋12**",
        "thing2": "翠湖花园物业服务中心",
        "amount3": "286.40元",
        "time4": "2026年12月10日",
    }


async def test_a_repeated_template_message_is_known_by_its_id(
    channel: WechatChannel, wechat_server: WechatServer, wang: Person
) -> None:
    wechat_server.faults.add("reset_after", method=SEND, times=1)
    message = replace(REMINDER, chat=wang.openid)
    with pytest.raises(Unknown) as doubt:
        await channel.send(message)
    assert doubt.value.repeat_until is not None
    await channel.send(message)
    assert len(wechat_server.accepted(SEND)) == 2
    assert len(wang.got) == 1


async def test_a_template_needs_a_follower(channel: WechatChannel, wechat_server: WechatServer) -> None:
    for chat in (wechat_server.person().openid, "oNobody-000000000000"):
        with pytest.raises(Unreachable):
            await channel.send(replace(REMINDER, chat=chat))


async def test_with_the_days_quota_gone_it_goes_as_a_message_or_waits(
    channel: WechatChannel, ledger: DatabaseMemory, wechat_server: WechatServer, wang: Person
) -> None:
    wechat_server.template_a_day = 0
    with pytest.raises(Shut) as refused:
        await channel.send(replace(REMINDER, chat=wang.openid))
    assert refused.value.until is not None
    await wrote(wang, ledger, wechat_server)
    await channel.send(replace(REMINDER, chat=wang.openid))
    assert [message.kind for message in wang.got] == ["customer"]


async def test_what_a_template_lacks_is_not_sent_by_it(
    channel: WechatChannel, wechat_server: WechatServer, wang: Person
) -> None:
    with pytest.raises(Shut):
        await channel.send(replace(REMINDER, chat=wang.openid, fields={"room": "3栋12**"}))
    assert [call for call in wechat_server.calls if call.path == SEND] == []


def test_fields_are_cut_to_what_their_types_hold() -> None:
    data = filled(
        {"thing1": "{long}", "name2": "{long}", "phrase3": "{long}", "phone_number4": "{phone}", "date5": "{day}"},
        {"long": "长" * 50, "phone": "021-5555 0101", "day": "2026-12-01"},
    )
    assert data is not None
    values = {key: each["value"] for key, each in data.items()}
    assert [len(values[key]) for key in ("thing1", "name2", "phrase3")] == [20, 10, 5]
    assert (values["phone_number4"], values["date5"]) == ("021-55550101", "2026年12月01日")


def test_a_field_that_is_missing_fills_nothing() -> None:
    assert filled({"thing1": "{room}"}, {"room": ""}) is None
    assert filled(guessed(keys_of("{{thing1.DATA}}{{const2.DATA}}"), {"room": "1"}), {"room": "1"}) is None
    assert filled({}, {"room": "1"}) is None


# words


async def test_a_menu_is_numbered_and_remembered(
    channel: WechatChannel, ledger: DatabaseMemory, sqlite: Database, wechat_server: WechatServer, wang: Person
) -> None:
    await wrote(wang, ledger, wechat_server)
    rows = [
        [{"label": "查账单", "token": "t1"}, {"label": "网页", "url": "https://x.example/1"}],
        [{"label": "分期", "token": "t2"}],
    ]
    await channel.send(Sendable(wang.openid, "您好", rows, kind=Kind.RECEIPT))
    assert wang.got[0].text == "您好\n\n1 查账单\n网页: https://x.example/1\n2 分期"
    async with sqlite.read() as session:
        state = await session.get(Dialogue, ("wechat", wang.openid, wang.openid))
    assert state is not None
    assert state.menu == '[["t1", "\\u67e5\\u8d26\\u5355"], ["t2", "\\u5206\\u671f"]]'


async def test_what_the_platform_finds_too_long_goes_in_halves(
    channel: WechatChannel, ledger: DatabaseMemory, wechat_server: WechatServer, wang: Person
) -> None:
    await wrote(wang, ledger, wechat_server)
    wechat_server.fail(CUSTOMER, 45002)
    text = "\n".join(f"第{number}行 🔔" for number in range(40))
    await channel.send(Sendable(wang.openid, text))
    assert "\n".join(message.text for message in wang.got) == text
    assert len(wang.got) == 2


LONG = "字" * 682  # its menu goes by itself


async def test_a_message_in_two_parts_needs_room_for_both(
    channel: WechatChannel, ledger: DatabaseMemory, wechat_server: WechatServer, wang: Person
) -> None:
    await wrote(wang, ledger, wechat_server)
    menu = [[{"label": "查账单", "token": "t"}]]
    for _ in range(4):
        await channel.send(Sendable(wang.openid, "您好"))
    with pytest.raises(Shut):
        await channel.send(Sendable(wang.openid, LONG, menu))
    assert len(wang.got) == 4
    await channel.send(Sendable(wang.openid, "您好"))  # what was left was not lost by it
    assert len(wang.got) == 5


@pytest.mark.parametrize("code", [45015, 45047, 45011, -1, 48001])
async def test_when_a_part_has_arrived_nobody_says_it_all_again(
    channel: WechatChannel, ledger: DatabaseMemory, wechat_server: WechatServer, wang: Person, code: int
) -> None:
    await wrote(wang, ledger, wechat_server)
    wechat_server.fail(CUSTOMER, code, after=1)
    with pytest.raises(Unknown, match="only a part arrived"):
        await channel.send(Sendable(wang.openid, LONG, [[{"label": "查账单", "token": "t"}]], kind=Kind.RECEIPT))
    assert [message.text for message in wang.got] == [LONG]


@pytest.mark.parametrize("wrong", [{"is_group": True}, {"text": " "}, {"text": "字" * 683}])
async def test_what_no_account_can_send_is_rejected(
    channel: WechatChannel, wang: Person, wrong: dict[str, object]
) -> None:
    message = Sendable(wang.openid, str(wrong.get("text", "您好")), is_group=bool(wrong.get("is_group")))
    with pytest.raises(Rejected):
        await channel.send(message)


async def test_a_card_for_the_staff_goes_to_a_colleagues_own_chat(
    channel: WechatChannel, ledger: DatabaseMemory, wechat_server: WechatServer, wang: Person
) -> None:
    await wrote(wang, ledger, wechat_server)
    card = Sendable(wang.openid, "分期申请", [[{"label": "同意", "token": "t"}]], is_group=True, kind=Kind.STAFF_CARD)
    await channel.send(card)
    assert [message.text for message in wang.got] == ["分期申请\n\n1 同意"]


def test_a_menu_that_does_not_fit_goes_by_itself() -> None:
    choices = [[{"label": "查账单", "token": "t"}]]
    assert pieces(Said("字" * 682, choices)) == ["字" * 682, "1 查账单"]
    assert pieces(Said("您好", choices)) == ["您好\n\n1 查账单"]


def test_only_nine_have_a_digit() -> None:
    menu = menu_of([[{"label": f"项{number}", "token": "t"}] for number in range(1, 12)])
    assert menu.splitlines()[8:] == ["9 项9", "· 项10", "· 项11"]


def test_several_messages_share_one_reply_and_the_last_menu_counts() -> None:
    first, second = Said("甲", [[{"label": "帮助", "token": "a"}]]), Said("乙", [[{"label": "账单", "token": "b"}]])
    assert together([first, second]) == "甲\n\n· 帮助\n\n乙\n\n1 账单"
    long = Said("字" * 600)
    assert fitting([first, second, long, long]) == 3
    assert length(together([first, second, long]), "bytes") <= 2048


def test_nobodys_words_leave_their_section_or_hide_a_link() -> None:
    assert in_cdata("a]]>b") == "a]]]]><![CDATA[>b"
    assert "<a" not in pieces(Said('点<a href="http://evil.example">官网</a>'))[0]
