"""What WeCom pushes to the app, in the bot's own terms. Anything may arrive here: nonsense is nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from wechatpy.enterprise import parse_message

from bot.channels.wechat_updates import COMMAND, TEXT_MAX, Update
from bot.channels.wecom_chats import CHANNEL, CUSTOMER, CUSTOMER_GROUP, MEMBER
from domain.messages import ENTERED, Attachment, Audience, IncomingMessage
from domain.text import well_formed

KINDS = {
    "image": "photo",
    "voice": "voice",
    "video": "other",
    "location": "location",
    "link": "other",
    "file": "document",
}
CONTACT = {
    "add_external_contact": "returned",
    "add_half_external_contact": "returned",
    "del_external_contact": "blocked",
    "del_follow_user": "blocked",
}
GROUP = {"create": "group_joined", "dismiss": "group_removed"}
RENAMED = "change_name"
SUBSCRIBED, OPENED = "subscribe", "enter_agent"  # a colleague now sees the app; a colleague opens it
TITLE_MAX = 120
Json = Mapping[str, Any]


def describe(xml: str) -> Update:
    """As much as the callback must know. Raises ValueError when this is no message of the platform's."""
    try:
        data = _read(xml)
        event = _event(data)
        user, us = _member(data["FromUserName"]), str(data["ToUserName"])[:64]
        known = _number(data.get("MsgId")) or _hashed(data, event)
    except Exception as wrong:  # expat, wechatpy and we ourselves find fault in many ways
        raise ValueError(type(wrong).__name__) from None
    return Update(known, user, us, "", asks=event in ("", "click", SUBSCRIBED))


def renamed_group(payload: str) -> str:
    """The customers' group whose name is new to us and has to be asked for; empty: none."""
    try:
        data = _read(json.loads(payload)["xml"])
        new = str(data.get("ChangeType")) == "create" or str(data.get("UpdateDetail")) == RENAMED
        chat = str(data.get("ChatId", ""))
        return chat if _event(data) == "change_external_chat" and new and CUSTOMER_GROUP.fullmatch(chat) else ""
    except Exception:  # what can't be read has no group
        return ""


def with_title(payload: str, title: str) -> str:
    """The payload with the group's name beside it."""
    return json.dumps(json.loads(payload) | {"title": well_formed(title)[:TITLE_MAX]}, ensure_ascii=False)


def parse(payload: str) -> IncomingMessage | None:
    """A stored callback as a message, None when there is nothing in it for us. Never raises."""
    try:
        kept = json.loads(payload)
        return _message(_read(kept["xml"]), datetime.fromisoformat(kept["answer_by"]), str(kept.get("title", "")))
    except Exception:  # what the platform may invent tomorrow must not stop what comes after it
        return None


def _message(data: Json, answer_by: datetime, title: str) -> IncomingMessage | None:
    user, event = _member(data["FromUserName"]), _event(data)
    base = IncomingMessage(
        channel=CHANNEL,
        chat=user,
        sender=user,
        external_id="",
        received_at=datetime.fromtimestamp(int(data["CreateTime"]), UTC),
    )
    if event:
        return _happened(base, event, data, answer_by, title)
    base = replace(base, answer_by=answer_by)
    kind = str(data["MsgType"]).lower()
    if kind == "text":
        text = _text(data.get("Content"))
        return replace(base, text=text) if text else None
    return replace(base, attachment=Attachment(KINDS.get(kind, "other"), _text(data.get("MediaId"))[:200]))


def _happened(base: IncomingMessage, event: str, data: Json, answer_by: datetime, title: str) -> IncomingMessage | None:
    """Seeing the app, opening it, its menu, and what becomes of customers and their groups. Who joined or left a group is nobody's business."""
    change = str(data.get("ChangeType", ""))
    if event == SUBSCRIBED:  # what pressing Start is elsewhere
        return replace(base, text="/start", answer_by=answer_by)
    if event == OPENED:
        return replace(base, event=ENTERED)
    if event == "click":
        key = _text(data.get("EventKey"))
        said = f"/{key}" if COMMAND.fullmatch(key) else key
        return replace(base, text=said, answer_by=answer_by) if key else None
    if event == "change_external_contact" and change in CONTACT:
        customer = str(data["ExternalUserID"])
        if not CUSTOMER.fullmatch(customer):
            return None
        return replace(base, chat=customer, sender=customer, event=CONTACT[change])
    if event == "change_external_chat" and CUSTOMER_GROUP.fullmatch(str(data["ChatId"])):
        here = replace(base, chat=str(data["ChatId"]), sender="", audience=Audience.GROUP)
        fields = {"title": title} if title else {}
        if change in GROUP:
            return replace(here, event=GROUP[change], event_fields=fields)
        if str(data.get("UpdateDetail", "")) == RENAMED and title:
            return replace(here, event="group_renamed", event_fields=fields)
    return None


def _read(xml: str) -> Json:
    data: Json = parse_message(xml)._data
    return data


def _event(data: Json) -> str:
    return str(data["Event"]).lower() if str(data["MsgType"]).lower() == "event" else ""


def _hashed(data: Json, event: str) -> str:
    """Events have no number of their own."""
    names = (
        "FromUserName",
        "CreateTime",
        "EventKey",
        "ChangeType",
        "UserID",
        "ExternalUserID",
        "ChatId",
        "UpdateDetail",
    )
    parts = (event, *(data.get(name) for name in names))
    return "event/" + hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _member(value: object) -> str:
    if not isinstance(value, str) or not MEMBER.fullmatch(value):
        raise ValueError("not a userid")
    return value


def _number(value: object) -> str:
    text = str(value or "")
    return text if text.isascii() and text.isdecimal() and len(text) <= 20 and int(text) else ""


def _text(value: object) -> str:
    return well_formed(value)[:TEXT_MAX] if isinstance(value, str) else ""
