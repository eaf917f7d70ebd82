"""What an Official Account's platform pushes, in the bot's own terms. Anything may arrive here: nonsense is nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from wechatpy import parse_message

from domain.messages import Attachment, IncomingMessage
from domain.text import well_formed

CHANNEL = "wechat"
TEXT_MAX = 8192
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
COMMAND = re.compile(r"[a-z_]{1,32}")
KINDS = {
    "image": "photo",
    "voice": "voice",
    "video": "other",
    "shortvideo": "other",
    "location": "location",
    "link": "other",
}
# What wechatpy's events or our own notes of them mean for the number of messages we may send.
ALLOWS = {
    "subscribe": "follow",
    "subscribe_scan": "follow",
    "scan": "follow",
    "click": "menu",
    "scancode_push": "menu",
    "scancode_waitmsg": "menu",
    # What somebody paid within WeChat itself; WeChat Pay tells a merchant's server instead (WechatChannel.paid).
    "user_pay_from_pay_cell": "payment",
    "merchant_order": "payment",
}
REPORTS = frozenset({"templatesendjobfinish", "subscribe_msg_sent_event"})
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Update:
    """As much as the callback must know. `allows`: see domain/allowances, or `unfollowed`. `asks`: wants an answer."""

    external_id: str
    user: str
    us: str
    allows: str
    asks: bool


def describe(xml: str) -> Update:
    """Raises ValueError when this is no message of the platform's."""
    try:
        data = _read(xml)
        event = _event(data)
        user, us = _id(data["FromUserName"]), _id(data["ToUserName"])
        written = _number(data.get("MsgId"))
        known = written or _hashed(data, event)
    except Exception as wrong:  # expat, wechatpy and we ourselves find fault in many ways
        raise ValueError(type(wrong).__name__) from None
    allows = ALLOWS.get(event, "unfollowed" if event == "unsubscribe" else "" if event else "message")
    return Update(known, user, us, allows, asks=not event or allows in ("follow", "menu"))


def payload_of(xml: str, answer_by: datetime) -> str:
    """What is kept of a callback until it is handled."""
    return json.dumps({"xml": xml, "answer_by": answer_by.isoformat()}, ensure_ascii=False)


def parse(payload: str, now: datetime) -> IncomingMessage | None:
    """A stored callback as a message, None when there is nothing in it for us. Never raises."""
    try:
        kept = json.loads(payload)
        return _message(_read(kept["xml"]), datetime.fromisoformat(kept["answer_by"]))
    except Exception:  # what the platform may invent tomorrow must not stop what comes after it
        return None


def _message(data: Json, answer_by: datetime) -> IncomingMessage | None:
    user, event = _id(data["FromUserName"]), _event(data)
    base = IncomingMessage(
        channel=CHANNEL,
        chat=user,
        sender=user,
        external_id="",
        received_at=datetime.fromtimestamp(int(data["CreateTime"]), UTC),
        answer_by=answer_by,
    )
    if event:
        return _happened(base, event, data)
    kind = str(data["MsgType"]).lower()
    text = _text(data.get("Content") if kind == "text" else data.get("Recognition"))
    if text:
        return replace(base, text=text)
    if kind == "text":
        return None
    return replace(base, attachment=Attachment(KINDS.get(kind, "other"), _text(data.get("MediaId"))[:200]))


def _happened(base: IncomingMessage, event: str, data: Json) -> IncomingMessage | None:
    """An event. Following and scanning are `/start`, with the token of the code; the menu says what its button means."""
    key = _text(data.get("EventKey"))
    if event in ("subscribe", "subscribe_scan", "scan"):
        return replace(base, text=f"/start {key}".strip() if ID.fullmatch(key) else "/start")
    if event in ("click", "scancode_push", "scancode_waitmsg"):
        return replace(base, text=f"/{key}" if COMMAND.fullmatch(key) else key) if key else None
    if event == "unsubscribe":
        return replace(base, event="blocked")
    if event == "templatesendjobfinish":
        status = _text(data["Status"])
        return _report(base, _number(data["MsgID"]), "" if status == "success" else status.partition(":")[2].strip())
    if event == "subscribe_msg_sent_event":
        told = _list(data["SubscribeMsgSentEvent"])[0]
        failed = str(told.get("ErrorCode", "0")) != "0"
        return _report(base, _number(told["MsgID"]), _text(told.get("ErrorStatus")) or "failed" if failed else "")
    if event == "subscribe_msg_popup_event":
        return replace(base, event="agreed", event_fields=_agreements(_list(data["SubscribeMsgPopupEvent"])))
    if (
        event == "subscribe_msg_change_event"
    ):  # in WeChat's settings people only refuse: who allows them again agreed to none
        refused = _agreements(_list(data["SubscribeMsgChangeEvent"]))["refused"]
        return replace(base, event="agreed", event_fields={"withdrawn": refused})
    return None


def _report(base: IncomingMessage, message_id: str, failure: str) -> IncomingMessage:
    return replace(base, event="delivery", event_fields={"message": message_id, "failure": failure[:40]})


def _agreements(told: list[Json]) -> dict[str, str]:
    """The templates that a person agreed to be sent one more notice of, and those they don't want."""
    found: dict[str, list[str]] = {"accept": [], "reject": []}
    for each in told:
        found.setdefault(_text(each.get("SubscribeStatusString")), []).append(_id(each["TemplateId"]))
    return {"accepted": " ".join(found["accept"]), "refused": " ".join(found["reject"])}


def _read(xml: str) -> Json:
    data: Json = parse_message(xml)._data
    return data


def _event(data: Json) -> str:
    return str(data.get("Event", "")).lower() if str(data["MsgType"]).lower() == "event" else ""


def _hashed(data: Json, event: str) -> str:
    """Events have no number of their own. A report on a message has that message's, a choice its templates."""
    parts: tuple[object, ...] = (
        data["FromUserName"],
        data["CreateTime"],
        event,
        data.get("EventKey"),
        data.get("MsgID"),
    )
    if chosen := data.get("SubscribeMsgPopupEvent") or data.get("SubscribeMsgChangeEvent"):
        parts = (*parts, json.dumps(chosen, sort_keys=True))
    return "event/" + hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _list(told: Json) -> list[Json]:
    found = told["List"]
    return found if isinstance(found, list) else [found]


def _id(value: object) -> str:
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise ValueError("not an id")
    return value


def _number(value: object) -> str:
    """A message's number; empty for none and for 0."""
    text = str(value or "")
    return text if text.isascii() and text.isdecimal() and len(text) <= 20 and int(text) else ""


def _text(value: object) -> str:
    return well_formed(value)[:TEXT_MAX] if isinstance(value, str) else ""
