"""Telegram's updates in the bot's own terms. Anything may arrive here: what makes no sense is nothing, not an error."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from domain.messages import Attachment, Audience, IncomingMessage

CHANNEL = "telegram"
ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
CALLBACK_VERSION = "1:"
KINDS = ("voice", "audio", "sticker", "document", "video", "video_note", "animation", "location", "contact", "poll")
GROUPS = ("group", "supergroup")
PRESENT = ("member", "administrator", "creator", "restricted")
TEXT_MAX = 8192  # twice what Telegram itself lets a person type


def parse(payload: str, bot_id: int, bot_name: str) -> IncomingMessage | None:
    """One stored update as a message, or None when there is nothing in it for us."""
    try:
        update = json.loads(payload)
        return _parse(update, bot_id, bot_name.lower())
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError, IndexError, OSError):
        return None


def _parse(update: dict[str, Any], bot_id: int, bot_name: str) -> IncomingMessage | None:
    if "callback_query" in update:
        return _pressed(update, update["callback_query"])
    if "my_chat_member" in update:
        return _membership(update, update["my_chat_member"])
    edited = "edited_message" in update
    message = update.get("edited_message") or update.get("message")
    if not isinstance(message, dict) or not _human(message.get("from")):
        return None
    base = _base(update, message["chat"], message["from"], message.get("date"))
    if base is None:
        return None
    if event := _service(message):
        name, fields = event
        return _with(base, event=name, event_fields=fields)
    text = message.get("text") or message.get("caption") or ""
    text, addressed = _addressed(str(text)[:TEXT_MAX], message, base, bot_id, bot_name)
    attachment = _attachment(message)
    if not text and attachment is None:
        return None
    return _with(
        base,
        text=text,
        attachment=attachment,
        addressed=addressed,
        event="edited" if edited else "",
        message_id=str(message.get("message_id", "")),
    )


def _base(update: dict[str, Any], chat: dict[str, Any], sender: dict[str, Any], date: Any) -> IncomingMessage | None:
    kind = chat.get("type")
    if kind not in ("private", *GROUPS):
        return None
    at = datetime.fromtimestamp(int(date), UTC) if isinstance(date, int) and date > 0 else datetime.fromtimestamp(0, UTC)
    name = " ".join(str(sender.get(key) or "") for key in ("first_name", "last_name")).strip()
    return IncomingMessage(
        channel=CHANNEL,
        chat=str(int(chat["id"])),
        sender=str(int(sender["id"])),
        external_id=str(int(update["update_id"])),
        received_at=at,
        audience=Audience.PRIVATE if kind == "private" else Audience.GROUP,
        sender_name=name[:80],
        language=str(sender.get("language_code") or "")[:8],
    )


def _with(message: IncomingMessage, **changes: Any) -> IncomingMessage:
    return IncomingMessage(**{**vars(message), **changes})


def _human(sender: Any) -> bool:
    return isinstance(sender, dict) and not sender.get("is_bot") and isinstance(sender.get("id"), int)


def _pressed(update: dict[str, Any], query: dict[str, Any]) -> IncomingMessage | None:
    message = query.get("message")
    if not isinstance(message, dict) or not _human(query.get("from")):
        return None
    base = _base(update, message["chat"], query["from"], message.get("date"))
    if base is None:
        return None
    data = str(query.get("data") or "")
    return _with(
        base,
        choice=data.removeprefix(CALLBACK_VERSION)[:64],
        press_id=str(query["id"]),
        message_id=str(message.get("message_id", "")),
    )


def _membership(update: dict[str, Any], change: dict[str, Any]) -> IncomingMessage | None:
    base = _base(update, change["chat"], change["from"], change.get("date"))
    if base is None:
        return None
    old, new = change["old_chat_member"]["status"], change["new_chat_member"]["status"]
    fields = {"title": str(change["chat"].get("title") or "")}
    if base.audience is Audience.PRIVATE:
        event = "blocked" if new == "kicked" else "returned"
    elif new not in PRESENT or (new == "restricted" and not change["new_chat_member"].get("is_member", True)):
        event = "group_removed"
    elif new == "restricted" and not change["new_chat_member"].get("can_send_messages", True):
        event = "group_silenced"
    elif old not in PRESENT or old == "restricted":
        event = "group_joined"
    else:
        return None
    return _with(base, event=event, event_fields=fields)


def _service(message: dict[str, Any]) -> tuple[str, dict[str, str]] | None:
    here = str(message["chat"]["id"])
    if "migrate_to_chat_id" in message:
        return "group_migrated", {"old": here, "new": str(int(message["migrate_to_chat_id"]))}
    if "migrate_from_chat_id" in message:
        return "group_migrated", {"old": str(int(message["migrate_from_chat_id"])), "new": here}
    if "new_chat_title" in message:
        return "group_renamed", {"title": str(message["new_chat_title"])}
    return None


def _addressed(
    text: str, message: dict[str, Any], base: IncomingMessage, bot_id: int, bot_name: str
) -> tuple[str, bool]:
    """The text without the bot's own name, and whether it speaks to the bot."""
    if base.audience is Audience.PRIVATE:
        return text, True
    replied = message.get("reply_to_message") or {}
    to_us = (replied.get("from") or {}).get("id") == bot_id
    if text.startswith("/"):
        _, at, name = text.split(maxsplit=1)[0].partition("@")
        return text, not at or name.lower() == bot_name
    mention = f"@{bot_name}"
    place = text.lower().find(mention) if bot_name else -1
    if place >= 0:
        return f"{text[:place]}{text[place + len(mention) :]}".strip(), True
    return text, to_us


def _attachment(message: dict[str, Any]) -> Attachment | None:
    if photos := message.get("photo"):
        largest = photos[-1]
        return Attachment("photo", str(largest.get("file_id", "")), "", int(largest.get("file_size") or 0))
    for kind in KINDS:
        found = message.get(kind)
        if isinstance(found, dict):
            return Attachment(
                kind,
                str(found.get("file_id") or ""),
                str(found.get("file_name") or "")[:120],
                int(found.get("file_size") or 0),
            )
    return None
