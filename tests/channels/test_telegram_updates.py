"""Each kind of update becomes one message, one event, or nothing; hostile ones never more than nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram_updates import parse
from domain.messages import Attachment, Audience, IncomingMessage

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
WRITTEN = NOW - timedelta(hours=5)
DATE = int(WRITTEN.timestamp())
BOT = {"id": 700001, "is_bot": True, "first_name": "暖铃", "username": "nuanling_bot"}
WANG = {"id": 7, "is_bot": False, "first_name": "王", "last_name": "女士", "language_code": "zh-hans"}
HIDDEN_ADMIN = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
PRIVATE = {"id": 7, "type": "private", "first_name": "王"}
GROUP = {"id": -100200, "type": "supergroup", "title": "桂花苑业主群"}
CHANNEL = {"id": -100300, "type": "channel", "title": "物业公告"}
Json = dict[str, Any]


def read(update: object) -> IncomingMessage | None:
    return parse(json.dumps(update), 700001, "nuanling_bot", NOW)


def message(chat: Json = PRIVATE, sender: Json = WANG, **content: Any) -> Json:
    return {"message_id": 12, "from": sender, "chat": chat, "date": DATE, **content}


def said(update: Json, kind: str = "message") -> IncomingMessage:
    found = read({"update_id": 5, kind: update})
    assert found is not None
    return found


def nothing(update: Json, kind: str = "message") -> bool:
    return read({"update_id": 5, kind: update}) is None


# texts


def test_a_private_text() -> None:
    assert said(message(text="我交过了")) == IncomingMessage(
        channel="telegram",
        chat="7",
        sender="7",
        external_id="5",
        received_at=WRITTEN,
        text="我交过了",
        sender_name="王 女士",
        language="zh-hans",
    )


def test_start_brings_its_token() -> None:
    assert said(message(text="/start Zk3pQ-9sVxW_aB7cDeFgHi")).text == "/start Zk3pQ-9sVxW_aB7cDeFgHi"


@pytest.mark.parametrize(
    ("text", "heard", "addressed"),
    [
        ("今天天气不错", "今天天气不错", False),
        ("/help", "/help", True),
        ("/help@nuanling_bot", "/help", True),
        ("/bill@Nuanling_Bot 11月", "/bill 11月", True),
        ("/start@nuanling_bot Zk3pQ", "/start Zk3pQ", True),
        ("/help@other_bot", "/help@other_bot", False),
        ("/help@nuanling_bot2 x", "/help@nuanling_bot2 x", False),
        ("@nuanling_bot 我家欠多少?", "我家欠多少?", True),
        ("@nuanling_bot我家欠多少?", "我家欠多少?", True),
        ("请问@NUANLING_BOT 我家欠多少?", "请问 我家欠多少?", True),
        ("我家欠多少? @nuanling_bot", "我家欠多少?", True),
        ("问问 @nuanling_bot2", "问问 @nuanling_bot2", False),
        ("写信给 wang@nuanling_bot", "写信给 wang@nuanling_bot", False),
        ("İİİ @nuanling_bot 您好", "İİİ 您好", True),
    ],
)
def test_who_a_group_text_speaks_to(text: str, heard: str, addressed: bool) -> None:
    found = said(message(GROUP, text=text))
    assert (found.chat, found.sender, found.audience) == ("-100200", "7", Audience.GROUP)
    assert (found.text, found.addressed) == (heard, addressed)


def test_in_private_everything_speaks_to_us() -> None:
    assert said(message(text="/bill@nuanling_bot")).text == "/bill"
    assert said(message(text="/bill@other_bot")).addressed


def test_a_reply_to_us_speaks_to_us_but_not_a_command_for_another() -> None:
    to_us = {"reply_to_message": message(GROUP, BOT, text="您好")}
    to_wang = {"reply_to_message": message(GROUP, WANG, text="您好")}
    assert said(message(GROUP, text="几点?", **to_us)).addressed
    assert not said(message(GROUP, text="几点?", **to_wang)).addressed
    assert not said(message(GROUP, text="/help@other_bot", **to_us)).addressed


def test_before_it_knows_its_name_it_still_knows_bare_commands() -> None:
    def unnamed(text: str) -> bool:
        found = parse(json.dumps({"update_id": 5, "message": message(GROUP, text=text)}), 700001, "", NOW)
        return found is not None and found.addressed

    assert unnamed("/help")
    assert not unnamed("/help@nuanling_bot")
    assert not unnamed("@ 您好")


# attachments


@pytest.mark.parametrize(
    ("content", "attachment"),
    [
        (
            {"photo": [{"file_id": "small", "file_size": 9}, {"file_id": "large", "file_size": 99}]},
            Attachment("photo", "large", "", 99),
        ),
        ({"voice": {"file_id": "v", "duration": 3, "file_size": 5}}, Attachment("voice", "v", "", 5)),
        ({"sticker": {"file_id": "s", "emoji": "👍"}}, Attachment("sticker", "s")),
        (
            {"document": {"file_id": "d", "file_name": "回单.pdf", "file_size": 7}},
            Attachment("document", "d", "回单.pdf", 7),
        ),
        ({"location": {"latitude": 1.5, "longitude": 2.5}}, Attachment("location")),
        ({"venue": {"title": "银行"}, "location": {"latitude": 1, "longitude": 2}}, Attachment("other")),
        ({"animation": {"file_id": "a"}, "document": {"file_id": "a"}}, Attachment("other", "a")),
        ({"video": {"file_id": "x", "file_size": 1}}, Attachment("other", "x", "", 1)),
        ({"contact": {"phone_number": "1", "first_name": "x"}}, Attachment("other")),
        ({"dice": {"emoji": "🎲", "value": 3}}, Attachment("other")),
    ],
)
def test_attachments_have_a_kind(content: Json, attachment: Attachment) -> None:
    found = said(message(**content))
    assert (found.attachment, found.text) == (attachment, "")


def test_a_caption_is_the_text_of_its_attachment() -> None:
    found = said(message(photo=[{"file_id": "p"}], caption="已转账"))
    assert (found.text, found.attachment) == ("已转账", Attachment("photo", "p"))


# changes, presses


def test_a_changed_message_says_so_and_when() -> None:
    found = said(message(text="12月1日付", edit_date=DATE + 60), "edited_message")
    assert (found.event, found.text, found.received_at) == ("edited", "12月1日付", WRITTEN + timedelta(minutes=1))


def test_in_a_group_a_change_counts_only_when_it_is_for_us() -> None:
    assert nothing(message(GROUP, text="今天天气很好", edit_date=DATE), "edited_message")
    assert said(message(GROUP, text="@nuanling_bot 您好", edit_date=DATE), "edited_message").event == "edited"


def press(data: object = "1:Zk3pQ", chat: Json = PRIVATE, **changes: Any) -> Json:
    shown = message(chat, BOT, text="账单")
    return {"id": "4000", "from": WANG, "message": shown, "chat_instance": "1", "data": data, **changes}


def test_a_press() -> None:
    found = said(press(chat=GROUP), "callback_query")
    assert (found.chat, found.sender, found.audience) == ("-100200", "7", Audience.GROUP)
    assert (found.choice, found.press_id, found.message_id, found.text) == ("Zk3pQ", "4000", "12", "")
    assert found.received_at == NOW  # the message was sent hours ago


def test_a_press_below_a_message_too_old_to_be_shown() -> None:
    old = {"chat": PRIVATE, "message_id": 3, "date": 0}
    found = said(press(message=old), "callback_query")
    assert (found.choice, found.message_id, found.received_at) == ("Zk3pQ", "3", NOW)


@pytest.mark.parametrize(
    ("data", "choice"),
    [("", ""), (None, ""), ("2:x", "2:x"), ("bill.show", "bill.show"), ("x" * 500, "x" * 64), ("\0\ud83d", "\ufffd")],
)
def test_forged_data_goes_on_as_it_is(data: str | None, choice: str) -> None:
    assert said(press(data), "callback_query").choice == choice


@pytest.mark.parametrize("changes", [{"message": None}, {"from": BOT}, {"id": 7}, {"message": {}}])
def test_a_press_without_its_parts_is_nothing(changes: Json) -> None:
    assert nothing(press(**changes), "callback_query")


# the life of chats


def change(old: Json, new: Json, chat: Json = GROUP, sender: Json = WANG) -> Json:
    return {
        "chat": chat,
        "from": sender,
        "date": DATE,
        "old_chat_member": {"user": BOT, **old},
        "new_chat_member": {"user": BOT, **new},
    }


OUT, KICKED, IN, ADMIN = {"status": "left"}, {"status": "kicked"}, {"status": "member"}, {"status": "administrator"}
MUTED = {"status": "restricted", "is_member": True, "can_send_messages": False}
MUTED_AND_OUT = MUTED | {"is_member": False}
NO_PICTURES = MUTED | {"can_send_messages": True}


@pytest.mark.parametrize(
    ("old", "new", "event"),
    [
        (OUT, IN, "group_joined"),
        (KICKED, ADMIN, "group_joined"),
        (IN, KICKED, "group_removed"),
        (ADMIN, OUT, "group_removed"),
        (IN, MUTED, "group_silenced"),
        (MUTED, IN, "group_joined"),
        (MUTED, MUTED_AND_OUT, "group_removed"),
        (NO_PICTURES, MUTED, "group_silenced"),
    ],
)
def test_what_became_of_us_in_a_group(old: Json, new: Json, event: str) -> None:
    found = said(change(old, new), "my_chat_member")
    assert (found.event, found.event_fields) == (event, {"title": "桂花苑业主群"})
    assert (found.chat, found.sender, found.audience) == ("-100200", "7", Audience.GROUP)
    assert said(change(old, new, sender=HIDDEN_ADMIN), "my_chat_member").event == event


@pytest.mark.parametrize(("old", "new"), [(IN, ADMIN), (ADMIN, IN), (IN, NO_PICTURES), (OUT, KICKED)])
def test_what_changes_nothing_for_us_is_nothing(old: Json, new: Json) -> None:
    assert nothing(change(old, new), "my_chat_member")


def test_a_person_blocks_and_returns() -> None:
    assert said(change(IN, KICKED, PRIVATE), "my_chat_member").event == "blocked"
    assert said(change(KICKED, IN, PRIVATE), "my_chat_member").event == "returned"


@pytest.mark.parametrize("sender", [WANG, HIDDEN_ADMIN, None])
def test_a_group_that_moves_says_so_twice(sender: Json | None) -> None:
    basic = {"id": -200, "type": "group", "title": "桂花苑业主群"}
    leaving = message(basic, migrate_to_chat_id=-100200)
    arriving = message(GROUP, migrate_from_chat_id=-200)
    for notice in (leaving, arriving):
        if sender is None:
            del notice["from"]
        else:
            notice["from"] = sender
        found = said(notice)
        assert (found.event, found.event_fields) == ("group_migrated", {"old": "-200", "new": "-100200"})


def test_a_new_title() -> None:
    found = said(message(GROUP, new_chat_title="桂花苑\0二期"))
    assert (found.event, found.event_fields) == ("group_renamed", {"title": "桂花苑二期"})


# nothing


@pytest.mark.parametrize(
    "update",
    [
        message(GROUP, BOT, text="您好"),
        message(GROUP, BOT | {"id": 99}, text="另一个机器人"),
        message(GROUP, HIDDEN_ADMIN, text="管理员", sender_chat=GROUP),
        message(GROUP, {"id": 777000, "is_bot": False, "first_name": "Telegram"}, text="公告", sender_chat=CHANNEL),
        message(CHANNEL, text="公告"),
        message(GROUP, new_chat_members=[WANG]),
        message(GROUP, left_chat_member=WANG),
        message(GROUP, pinned_message=message(GROUP, text="x")),
        message(text=""),
        message(),
    ],
)
def test_what_is_not_for_us_is_nothing(update: Json) -> None:
    assert nothing(update)


@pytest.mark.parametrize(
    "kind", ["channel_post", "edited_channel_post", "inline_query", "poll", "chat_member", "future"]
)
def test_other_kinds_are_nothing(kind: str) -> None:
    assert nothing(message(text="您好"), kind)


def test_what_a_database_refuses_is_taken_out() -> None:
    found = said(message(text="我\0交\ud83d了", sender=WANG | {"first_name": "王\0"}))
    assert (found.text, found.sender_name) == ("我交\ufffd了", "王 女士")


@pytest.mark.parametrize("number", [2**53, -(2**63), 10**400, True, 7.5, "7", None])
def test_what_is_no_id_is_nothing(number: object) -> None:
    assert nothing(message(PRIVATE | {"id": number}, text="您好"))
    assert nothing(message(sender=WANG | {"id": number}, text="您好"))
    assert read({"update_id": number, "message": message(text="您好")}) is None


# hostile shapes

SAMPLES: tuple[Json, ...] = (
    {"update_id": 5, "message": message(text="@nuanling_bot 您好", reply_to_message=message(GROUP, BOT, text="x"))},
    {"update_id": 5, "message": message(photo=[{"file_id": "p", "file_size": 1}], caption="x")},
    {"update_id": 5, "message": message(GROUP, document={"file_id": "d", "file_name": "n", "file_size": 1})},
    {"update_id": 5, "edited_message": message(text="x", edit_date=DATE)},
    {"update_id": 5, "callback_query": press()},
    {"update_id": 5, "my_chat_member": change(IN, MUTED)},
    {"update_id": 5, "message": message(GROUP, migrate_to_chat_id=-7)},
    {"update_id": 5, "message": message(GROUP, new_chat_title="x")},
)
REMOVED = object()
WRONG = st.one_of(
    st.sampled_from(
        [REMOVED, None, True, {}, [], "", "x", 0, -1, 1.5, 2**53, -(2**63), 10**400, float("inf"), [[]], [None]]
    ),
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    ),
)


def paths(value: object, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a JSON value."""
    found = [here] if here else []
    if isinstance(value, Mapping):
        found += [path for key, inner in value.items() for path in paths(inner, (*here, key))]
    if isinstance(value, list):
        found += [path for number, inner in enumerate(value) for path in paths(inner, (*here, number))]
    return found


@given(st.data())
def test_no_shape_raises_or_gets_through_with_the_wrong_type(data: st.DataObject) -> None:
    update = json.loads(json.dumps(data.draw(st.sampled_from(SAMPLES))))
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(paths(update)))
        place: Any = update
        for step in path[:-1]:
            place = place[step]
        wrong = data.draw(WRONG)
        if wrong is REMOVED:
            del place[path[-1]]
        else:
            place[path[-1]] = deepcopy(wrong)  # the next round may change it
        if not paths(update):
            break
    found = read(update)
    if found is None:
        return
    for name in ("chat", "sender", "external_id", "text", "sender_name", "language", "event", "message_id", "press_id"):
        value = getattr(found, name)
        assert isinstance(value, str)
        value.encode()
        assert "\0" not in value
    assert found.chat.removeprefix("-").isdecimal()
    assert found.external_id.removeprefix("-").isdecimal()
    assert len(found.chat) <= 17
    assert len(found.text) <= 8192
    assert found.received_at.tzinfo is UTC
    assert found.choice is None or len(found.choice) <= 64
    assert all(isinstance(value, str) for value in found.event_fields.values())
    if found.attachment is not None:
        assert isinstance(found.attachment.file_id, str)
        assert isinstance(found.attachment.size_bytes, int)
