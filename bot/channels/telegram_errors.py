"""What a failed call to Telegram means for the message: read from the whole chain of causes, never from the wrapper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import aiohttp
import httpcore
import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from domain.errors import ChannelDown, DeliveryError, Rejected, TryLater, Unknown, Unreachable

# The request certainly did not leave: measured per transport, see tests/channels/test_telegram_errors.py. Through
# httpx-aiohttp even a reset after the request looks like httpx.ConnectTimeout, so the aiohttp cause decides there.
NOT_SENT = (
    httpx.PoolTimeout,
    httpcore.ConnectError,
    httpcore.ConnectTimeout,
    httpx.ProxyError,
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
)
# Texts of a 400 that speak of the address, not of the message.
ADDRESS_GONE = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "have no rights to send",
    "not enough rights to send",
    "chat_write_forbidden",
    "group chat was deactivated",
    "user is deactivated",
    "topic_closed",
)


def meaning(error: BaseException, now: datetime) -> DeliveryError:
    """What to do about a failed call. The detail names classes only: these exceptions' texts carry the token."""
    detail = " < ".join(type(each).__name__ for each in chain(error))
    match error:
        case RetryAfter():
            wait = error.retry_after
            pause = wait if isinstance(wait, timedelta) else timedelta(seconds=wait)
            return TryLater(detail, at=now + pause, free=True, lane_wide=True)
        case ChatMigrated():
            return Unreachable(detail, permanent=False, moved_to=str(error.new_chat_id))
        case Forbidden():
            return Unreachable(detail, permanent=True)
        case InvalidToken():
            return ChannelDown(f"{detail}: the token is refused: check telegram.token with @BotFather")
        case Conflict():
            return ChannelDown(f"{detail}: another program uses this token, or a webhook is set: stop the other one")
        case BadRequest():
            text = error.message.lower()
            if any(words in text for words in ADDRESS_GONE):
                return Unreachable(detail, permanent=True)
            return Rejected(f"{detail}: {error.message[:100]}")
        case TelegramError() | httpx.HTTPError() | OSError() | KeyError() | TypeError():
            if any(isinstance(each, NOT_SENT) for each in chain(error)):
                return TryLater(detail)
            return Unknown(detail)
        case _:
            return Unknown(detail)


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception and what it came from, outermost first."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__
