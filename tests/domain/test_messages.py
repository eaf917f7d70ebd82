"""What a message is where nothing is said, who goes first, and what is never sent twice; the office's own small answers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from domain.messages import (
    AT_MOST_ONCE,
    CALLING_ALL,
    EDITING,
    PRIORITY,
    UNASKED,
    Answer,
    Attachment,
    Audience,
    Choice,
    IncomingMessage,
    Kind,
    OutgoingMessage,
    Receipt,
    WriteFirst,
)
from domain.office import Office
from domain.policy import Policy
from domain.wording import Wording

NOW = datetime(2026, 11, 22, 17, tzinfo=UTC)


def test_who_is_sent_first_in_a_chat() -> None:
    """Answers before cards, cards before thanks, what was asked for before what was not, money for many last."""
    order = sorted(Kind, key=lambda kind: PRIORITY[kind])
    assert set(order[:2]) == {Kind.REPLY, Kind.STAFF_REPLY}
    assert order[2:5] == [Kind.STAFF_CARD, Kind.RECEIPT, Kind.PROMISE]
    assert set(order[5:7]) == {Kind.REMINDER, Kind.OFFER}
    assert set(order[7:9]) == {Kind.SERVICE, Kind.ANNOUNCEMENT}
    assert set(order[9:]) == {Kind.BROADCAST, Kind.COURTESY}
    assert PRIORITY == {
        Kind.REPLY: 0,
        Kind.STAFF_REPLY: 0,
        Kind.STAFF_CARD: 5,
        Kind.RECEIPT: 10,
        Kind.PROMISE: 20,
        Kind.REMINDER: 30,
        Kind.OFFER: 30,
        Kind.ANNOUNCEMENT: 35,
        Kind.SERVICE: 35,
        Kind.BROADCAST: 40,
        Kind.COURTESY: 45,
    }  # fmt: skip (rows in the database carry these numbers)


def test_what_may_arrive_twice_rather_than_never() -> None:
    assert set(Kind) - AT_MOST_ONCE == {Kind.REPLY, Kind.RECEIPT, Kind.STAFF_CARD}


def test_what_came_in_where_nothing_is_said() -> None:
    message = IncomingMessage("telegram", "7", "8", "9", NOW)
    assert (message.text, message.choice, message.attachment, message.audience) == ("", None, None, Audience.PRIVATE)
    assert (message.addressed, message.answer_by) == (True, None)
    assert (message.sender_name, message.language, message.event, message.event_fields) == ("", "", "", {})
    assert (message.message_id, message.press_id) == ("", "")
    assert Attachment("photo") == Attachment("photo", "", "", 0)


def test_what_goes_out_where_nothing_is_said() -> None:
    message = OutgoingMessage("bill.summary", "words")
    assert (message.fields, message.choices, message.audience, message.kind) == ({}, (), Audience.PRIVATE, Kind.REPLY)
    assert (message.to, message.edit, message.attachment, message.about, message.mentions_all) == (
        None,
        False,
        None,
        None,
        False,
    )
    assert Choice("Pay") == Choice("Pay", "", {}, "", reusable=False)


def test_more_words_follow_the_first() -> None:
    one, two, three = (OutgoingMessage(name, name) for name in ("one", "two", "three"))
    answer = Answer((one,), expect="bind.digits", memory={"invite": "1"}, toast="ok", done="claim/7").also(two, three)
    assert answer == Answer((one, two, three), "bind.digits", {"invite": "1"}, "ok", "claim/7")
    assert Answer() == Answer((), None, {}, "", "")
    assert Receipt().message_id == ""


def test_what_each_channel_can_do() -> None:
    """The sandbox wears every skin; Telegram edits its messages, and calls everyone in no way."""
    assert {"telegram", "sandbox"} == EDITING
    assert {"sandbox"} == CALLING_ALL


def test_whether_a_bot_may_write_first() -> None:
    assert [each.value for each in WriteFirst] == ["yes", "only_template", "staff_must_confirm", "no"]


ZONE = ZoneInfo("Asia/Shanghai")
POLICY = Policy("property", ())


def office(**bot_names: str) -> Office:
    return Office("翠湖物业", "1", "property", ZONE, Wording({}), {"property": POLICY}, bot_names=bot_names)


def test_an_office_knows_its_day_its_policy_and_what_it_was_not_told() -> None:
    known = office()
    assert known.today(NOW) == date(2026, 11, 23)  # already, in Shanghai
    assert known.policy("property") is POLICY
    assert (known.approve_first_run, known.channels, known.policies_to_come, known.language) == (False, (), {}, "zh")


def test_the_link_into_a_private_chat() -> None:
    known = office(telegram="nuanling_bot", wechat="gh_1")
    assert known.start_link("telegram") == "https://t.me/nuanling_bot"
    assert known.start_link("telegram", "bill") == "https://t.me/nuanling_bot?start=bill"
    assert known.start_link("wechat", "bill") == ""
    assert office().start_link("telegram", "bill") == ""


def test_what_nobody_asked_for_goes_as_a_template_first() -> None:
    assert {each.value for each in UNASKED} == {"reminder", "promise", "offer", "broadcast", "courtesy", "service"}
