"""What the codes of WeChat's platforms mean, as one table, and what an error on the wire means. Both account types use it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum

import requests
import urllib3
from wechatpy.exceptions import WeChatClientException

from domain.errors import ChannelDown, DeliveryError, Rejected, Shut, TryLater, Unknown, Unreachable

BEIJING = timezone(timedelta(hours=8))  # the platform's days
MINUTE = timedelta(seconds=60)
ADDRESS = re.compile(
    r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}(?![\w:])"
)


class Do(StrEnum):
    AGAIN = "again"  # the platform is busy: after a while
    REFRESH = "refresh"  # the token
    STOP = "stop"  # nothing can be sent until an administrator acts
    UNREACHABLE = "unreachable"  # this person
    SHUT = "shut"  # this way to this person, until they act
    TOMORROW = "tomorrow"  # the day's quota is gone
    WAIT = "wait"  # too fast: every chat of the account
    SPLIT = "split"  # too long
    REJECT = "reject"  # this message, for ever


@dataclass(frozen=True)
class Row:
    """`why` is the reason kept with a message that a shut way could not take."""

    do: Do
    words: str
    cure: str = ""
    why: str = ""


TABLE: dict[int, Row] = {
    -1: Row(Do.AGAIN, "the platform is busy"),
    40001: Row(Do.REFRESH, "the token is not valid"),
    40014: Row(Do.REFRESH, "the token is not valid"),
    42001: Row(Do.REFRESH, "the token has expired"),
    40013: Row(Do.STOP, "unknown account id", "check app_id (corp_id for WeCom)"),
    40125: Row(Do.STOP, "the secret is refused", "check app_secret, a reset makes the old one useless"),
    40164: Row(Do.STOP, "this machine is not in the allow-list", "add {ip} to the IP allow-list of the account"),
    60020: Row(Do.STOP, "this machine is not trusted", "add {ip} to the app's trusted IPs"),
    41002: Row(Do.STOP, "no account id was sent", "write app_id"),
    41004: Row(Do.STOP, "no secret was sent", "write app_secret"),
    48001: Row(Do.STOP, "the account may not use this interface", "verify the account, or apply for the interface"),
    48002: Row(Do.STOP, "the app may not use this interface", "give the app this permission"),
    48004: Row(Do.STOP, "the platform has blocked this interface", "read the notice in the account's backend"),
    50002: Row(Do.STOP, "the account is frozen", "read the notice in the account's backend"),
    301002: Row(Do.STOP, "the token belongs to another app", "check agent_id and secret, they must be of one app"),
    40003: Row(Do.UNREACHABLE, "unknown person"),
    43004: Row(Do.UNREACHABLE, "the person doesn't follow the account"),
    43019: Row(Do.UNREACHABLE, "the person is on the account's black list"),
    81013: Row(Do.UNREACHABLE, "none of the recipients can be reached"),
    43101: Row(Do.SHUT, "the person agreed to no further notice", why="no_agreement"),
    45015: Row(Do.SHUT, "the person has not written lately", why="window_shut"),
    45047: Row(Do.SHUT, "the messages that the person allows are used up", why="quota_gone"),
    45009: Row(Do.TOMORROW, "the day's quota is gone", why="quota_gone"),
    45011: Row(Do.WAIT, "too fast"),
    45033: Row(Do.WAIT, "too many at once"),
    # WeCom's own.
    60011: Row(
        Do.STOP, "the app has no right to this", "let the app see everybody, and name it among the apps for customers"
    ),
    60111: Row(Do.UNREACHABLE, "no such member"),
    84061: Row(Do.UNREACHABLE, "the customer is no contact of the company's any more"),
    40096: Row(Do.UNREACHABLE, "unknown customer"),
    90501: Row(Do.UNREACHABLE, "not a group of customers"),
    41048: Row(Do.UNREACHABLE, "none of these customers can be written to"),
    84074: Row(Do.STOP, "the app has no right to this", "name it among the apps for customers (可调用应用)"),
    86001: Row(Do.UNREACHABLE, "unknown group of the app"),
    86003: Row(Do.UNREACHABLE, "unknown group of the app"),
    93000: Row(Do.UNREACHABLE, "the robot's key is wrong, or the robot was taken out of its group"),
    93004: Row(Do.UNREACHABLE, "the robot was switched off"),
    93008: Row(Do.UNREACHABLE, "the app is not in the group"),
    41063: Row(Do.AGAIN, "the task is just being handed out"),
    40058: Row(Do.REJECT, "a parameter is not as the platform wants it"),
    45002: Row(Do.SPLIT, "the text is too long"),
    40037: Row(Do.REJECT, "unknown template", "check the template ids under [wechat.templates]"),
    47003: Row(
        Do.REJECT, "the template's fields are not as it wants them", "check its fields under [wechat.templates]"
    ),
    47001: Row(Do.REJECT, "the platform could not read the message"),
    44004: Row(Do.REJECT, "the text is empty"),
    40008: Row(Do.REJECT, "wrong type of message"),
}
NOT_SENT = (
    requests.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.SSLError,
    urllib3.exceptions.NewConnectionError,  # refused, and names that can't be resolved
    urllib3.exceptions.ConnectTimeoutError,
)


class Code(Exception):
    """The platform answered with a code. `message`: its own words, which go into no log."""

    def __init__(self, number: int, message: str = "") -> None:
        super().__init__(number)
        self.number = number
        self.message = message

    @property
    def known(self) -> Row | None:
        return TABLE.get(self.number)

    def asks_to(self, do: Do) -> bool:
        return self.known is not None and self.known.do is do


def of_code(code: Code, now: datetime) -> DeliveryError:
    """What a code means for a message. A code nobody knows is a refusal: the platform did not take the message."""
    row = code.known
    if row is None:
        return Rejected(f"{code.number}: a code we don't know")
    detail = f"{code.number}: {row.words}" + (f": {row.cure.format(ip=_address(code.message))}" if row.cure else "")
    match row.do:
        case Do.AGAIN:
            return TryLater(detail)
        case Do.REFRESH:
            return TryLater(detail, at=now + timedelta(seconds=30))
        case Do.STOP:
            return ChannelDown(detail)
        case Do.UNREACHABLE:
            return Unreachable(detail)
        case Do.SHUT:
            return Shut(detail, why=row.why)
        case Do.TOMORROW:
            tomorrow = (now.astimezone(BEIJING) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
            return Shut(detail, why=row.why, until=tomorrow)
        case Do.WAIT:
            return TryLater(detail, at=now + MINUTE, free=True, lane_wide=True)
        case _:
            return Rejected(detail)


def meaning(error: BaseException, now: datetime) -> DeliveryError:
    """Anything that a call can end in, as a DeliveryError. Texts and addresses of requests, with their secrets, stay out."""
    match error:
        case DeliveryError():
            return error
        case Code():
            return of_code(error, now)
        case TimeoutError():
            return Unknown("no answer within the time limit")
    if any(isinstance(each, NOT_SENT) for each in chain(error)):
        return TryLater(f"no connection ({type(error).__name__})")
    return Unknown(type(error).__name__)


def of_library(error: WeChatClientException) -> BaseException:
    """wechatpy's one exception: a code of the platform, or a bad HTTP status."""
    if error.errcode is not None:
        return Code(int(error.errcode), str(error.errmsg or ""))
    status = error.response.status_code if error.response is not None else 0
    if status == 429:
        return TryLater("HTTP 429", free=True, lane_wide=True)
    if 400 <= status < 500:
        return ChannelDown(f"HTTP {status}: check base_url")
    return Unknown(f"HTTP {status}")


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and what it came from: causes, contexts, and what requests and urllib3 put into each other."""
    waiting: list[BaseException] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        inner = [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
        waiting += [one for one in inner if isinstance(one, BaseException)]


def _address(message: str) -> str:
    found = ADDRESS.search(message)
    return found[0] if found else "this machine's public IP"
