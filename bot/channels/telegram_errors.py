"""What a failed call to Telegram means for the message: read from the whole chain of causes, never from the wrapper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import aiohttp
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter

from domain.errors import ChannelDown, DeliveryError, Rejected, TryLater, Unknown, Unreachable

# The request certainly did not leave: measured, see tests/channels/test_telegram_errors.py.
NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)
# Words of a 400 that speak of the address, not of the message.
ADDRESS_GONE = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "have no rights to send",
    "not enough rights to send",
    "chat_write_forbidden",
    "chat_restricted",
    "group chat was deactivated",
    "group chat was upgraded",
    "user is deactivated",
    "topic_closed",
)
# Words of a 400 to an edit: the message already says this; the message can't be replaced. To a deletion: it is gone.
UNCHANGED = ("message is not modified",)
NOT_EDITABLE = ("message to edit not found", "message can't be edited", "no text in the message", "message_id_invalid")
GONE = ("message to delete not found",)
UNTOLD_WAIT = timedelta(seconds=10)  # for a 429 that doesn't say how long


def meaning(error: BaseException, now: datetime) -> DeliveryError:
    """What to do about a failed call. Raises nothing.

    The detail holds names of classes, and of a refusal its first words: the texts of wire errors carry the token, and
    what Telegram quotes in a refusal is ours.
    """
    detail = " < ".join(type(each).__name__ for each in chain(error))
    match error:
        case DeliveryError():
            return error
        case RetryAfter():
            wait = error.retry_after
            pause = wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
            return TryLater(detail, at=now + pause, free=True, lane_wide=True)
        case ChatMigrated():
            return Unreachable(detail, permanent=False, moved_to=str(error.new_chat_id))
        case Forbidden():
            return Unreachable(f"{detail}: {_unquoted(error.message)}", permanent=True)
        case InvalidToken():
            return ChannelDown(f"{detail}: the token is refused: check telegram.token with @BotFather")
        case Conflict():
            return ChannelDown(f"{detail}: another program uses this token, or a webhook is set: stop the other one")
        case BadRequest():  # before NetworkError, which it is one of
            kind = Unreachable if says(error, ADDRESS_GONE) else Rejected
            return kind(f"{detail}: {_unquoted(error.message)}")
        case NetworkError() if error.message.startswith("Too Many Requests"):
            return TryLater(detail, at=now + UNTOLD_WAIT, free=True, lane_wide=True)
    if any(isinstance(each, NOT_SENT) for each in chain(error)):
        return TryLater(detail)
    return Unknown(detail)


def says(error: BadRequest, words: tuple[str, ...]) -> bool:
    text = error.message.lower()
    return any(each in text for each in words)


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and what it came from, outermost first."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _unquoted(refusal: str) -> str:
    """The words of a refusal up to where it begins to quote."""
    return re.split(r"[\"“]|(?<!\w)'", refusal, maxsplit=1)[0][:100].strip()
