"""Telegram's updates in the bot's own terms. Anything may arrive here: what makes no sense is nothing, not an error."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from domain.messages import Attachment, Audience, IncomingMessage
from domain.text import well_formed

CHANNEL = "telegram"
ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
CALLBACK_VERSION = "1:"
AUDIENCES = {"private": Audience.PRIVATE, "group": Audience.GROUP, "supergroup": Audience.GROUP}
NAMED_KINDS = ("voice", "sticker", "document", "location")
# An animation comes with a `document` and a venue with a `location` as well, so these are looked for first.
OTHER_KINDS = (
    "animation", "audio", "video", "video_note", "venue", "contact", "poll", "dice", "story", "game", "paid_media",
    "checklist",
)  # fmt: skip
ID_END = 2**53  # the Bot API promises ids of at most 52 significant bits
TEXT_MAX = 8192  # twice what Telegram lets a person type
NAME_MAX, TITLE_MAX, DATA_MAX = 80, 120, 64
COMMAND = re.compile(r"(/\w+)(?:@(\w+))?(\s.*)?", re.DOTALL)  # word, whose, what follows
UNREADABLE = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError)
Json = Mapping[str, Any]


def parse(payload: str, bot_id: int, bot_name: str, now: datetime) -> IncomingMessage | None:
    """One stored update as a message, or None when there is nothing in it for us. Never raises.

    `received_at` is when the person wrote or changed the message; a press carries no time of its own and gets `now`.
    """
    try:
        update = json.loads(payload)
        if "callback_query" in update:
            return _pressed(update, update["callback_query"], now)
        if "my_chat_member" in update:
            return _membership(update, update["my_chat_member"])
        if "edited_message" in update:
            return _edited(update, update["edited_message"], bot_id, bot_name)
        message = update["message"]
        return _service(update, message) or _written(update, message, bot_id, bot_name)
    except UNREADABLE:
        return None


def _written(update: Json, message: Json, bot_id: int, bot_name: str) -> IncomingMessage | None:
    """What a person wrote or sent. Other bots, channels and administrators who hide their name are not heard."""
    base = _base(update, message["chat"], message["from"], _moment(message["date"]))
    if base is None or message["from"].get("is_bot") or "sender_chat" in message:
        return None
    text = _text(message.get("text") or message.get("caption"), TEXT_MAX)
    attachment = _attachment(message)
    if not text and attachment is None:
        return None
    text, addressed = _addressed(text, message, base.audience, bot_id, bot_name)
    return replace(base, text=text, attachment=attachment, addressed=addressed)


def _edited(update: Json, message: Json, bot_id: int, bot_name: str) -> IncomingMessage | None:
    """A message that was changed. In a group, a change of what wasn't for us isn't for us either."""
    written = _written(update, message, bot_id, bot_name)
    if written is None or not written.addressed:
        return None
    return replace(written, event="edited", received_at=_moment(message.get("edit_date", message["date"])))


def _pressed(update: Json, query: Json, now: datetime) -> IncomingMessage | None:
    """A button. Changed clients can send any data: what isn't ours goes on as it is, and fits no button."""
    message = query["message"]
    base = _base(update, message["chat"], query["from"], now)
    if base is None or query["from"].get("is_bot"):
        return None
    return replace(
        base,
        choice=_text(query["data"], DATA_MAX).removeprefix(CALLBACK_VERSION),
        press_id=_text(query["id"], NAME_MAX),
        message_id=_id(message["message_id"]),
    )


def _membership(update: Json, change: Json) -> IncomingMessage | None:
    """What became of the bot in a chat: blocked, returned; or joined, removed, silenced in a group."""
    base = _base(update, change["chat"], change["from"], _moment(change["date"]))
    old, new = _presence(change["old_chat_member"]), _presence(change["new_chat_member"])
    if base is None or old == new:
        return None
    if base.audience is Audience.PRIVATE:
        return replace(base, event="blocked" if new == "removed" else "returned")
    return replace(base, event=f"group_{new}", event_fields={"title": _text(change["chat"].get("title"), TITLE_MAX)})


def _presence(member: Json) -> str:
    """joined, silenced (may read, not write) or removed."""
    status = member["status"]
    if status in ("left", "kicked") or (status == "restricted" and not member["is_member"]):
        return "removed"
    return "silenced" if status == "restricted" and not member["can_send_messages"] else "joined"


def _service(update: Json, message: Json) -> IncomingMessage | None:
    """A notice about a group. Whoever caused it may be hidden, or a bot."""
    here = message["chat"]["id"]
    if "migrate_to_chat_id" in message:
        event, fields = "group_migrated", {"old": _id(here), "new": _id(message["migrate_to_chat_id"])}
    elif "migrate_from_chat_id" in message:
        event, fields = "group_migrated", {"old": _id(message["migrate_from_chat_id"]), "new": _id(here)}
    elif "new_chat_title" in message:
        event, fields = "group_renamed", {"title": _text(message["new_chat_title"], TITLE_MAX)}
    else:
        return None
    base = _base(update, message["chat"], message.get("from") or {}, _moment(message["date"]))
    return base and replace(base, event=event, event_fields=fields)


def _base(update: Json, chat: Json, sender: Json, at: datetime) -> IncomingMessage | None:
    """Who, where and when; None for a channel. Only notices may come without a sender."""
    audience = AUDIENCES.get(chat["type"])
    if audience is None:
        return None
    name = " ".join(part for key in ("first_name", "last_name") if (part := _text(sender.get(key), NAME_MAX)))
    return IncomingMessage(
        channel=CHANNEL,
        chat=_id(chat["id"]),
        sender=_id(sender["id"]) if sender else "",
        external_id=_id(update["update_id"]),
        received_at=at,
        audience=audience,
        sender_name=name[:NAME_MAX],
        language=_text(sender.get("language_code"), 8),
    )


def _addressed(text: str, message: Json, audience: Audience, bot_id: int, bot_name: str) -> tuple[str, bool]:
    """The text as it would be said in private, without our name in it; and whether it speaks to us."""
    private = audience is Audience.PRIVATE
    if command := COMMAND.fullmatch(text):
        word, name, rest = command.groups("")
        ours = not name or name.lower() == bot_name.lower()
        return (word + rest, True) if ours else (text, private)
    # No \b: Chinese may follow at once, and to Telegram only these characters continue a name.
    mention = rf"(?<![A-Za-z0-9_])@{re.escape(bot_name)}(?![A-Za-z0-9_])"
    if bot_name and re.search(mention, text, re.IGNORECASE):
        return re.sub(rf"\s*{mention}\s*", " ", text, flags=re.IGNORECASE).strip(), True
    replied = message.get("reply_to_message") or {}
    return text, private or (replied.get("from") or {}).get("id") == bot_id


def _attachment(message: Json) -> Attachment | None:
    if photos := message.get("photo"):
        return _file("photo", photos[-1])  # the largest
    for kind in OTHER_KINDS:
        if isinstance(message.get(kind), dict):
            return _file("other", message[kind])
    for kind in NAMED_KINDS:
        if isinstance(message.get(kind), dict):
            return _file(kind, message[kind])
    return None


def _file(kind: str, found: Json) -> Attachment:
    size = found.get("file_size") or 0
    return Attachment(kind, _text(found.get("file_id"), 200), _text(found.get("file_name"), TITLE_MAX), int(_id(size)))


def _id(value: object) -> str:
    """A whole number of the size Telegram promises. Raises ValueError."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= ID_END:
        raise ValueError("not an id")
    return str(value)


def _text(value: object, longest: int) -> str:
    """Words; nothing counts as none. Raises TypeError for anything else."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError("not a text")
    return well_formed(value)[:longest]


def _moment(value: object) -> datetime:
    """Seconds since 1970. Raises ValueError or OverflowError."""
    return datetime.fromtimestamp(int(_id(value)), UTC)
