"""Asks Telegram who our bot is, with a plain request: for commands that run without the bot."""

from __future__ import annotations

from dataclasses import dataclass

from bot.settings import Telegram

TIMEOUT_SECONDS = 5.0


class TelegramFault(Exception):
    """Telegram did not say who we are; the message says why, without the token."""

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused  # the token itself is wrong


@dataclass(frozen=True)
class Me:
    name: str  # without @
    reads_groups: bool  # privacy mode is off: plain messages in groups arrive


async def ask(settings: Telegram) -> Me:
    """Telegram's getMe. Raises TelegramFault."""
    import httpx

    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, proxy=settings.proxy or None) as client:
            response = await client.get(f"{settings.base_url}{settings.token}/getMe")
        body = response.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as wrong:
        raise TelegramFault(f"no answer ({type(wrong).__name__})") from None
    if response.status_code in (401, 404):
        raise TelegramFault("the token is not valid", refused=True)
    result = body.get("result") if isinstance(body, dict) and body.get("ok") else None
    if not isinstance(result, dict) or not isinstance(result.get("username"), str):
        raise TelegramFault(f"an answer that is none (HTTP {response.status_code})")
    return Me(result["username"], bool(result.get("can_read_all_group_messages")))
