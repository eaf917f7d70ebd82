"""wechatpy's client made safe for asyncio: one token for all, no retries of its own, fixed times, a few threads."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from bot.channels.wechat_errors import Code, Do, meaning, of_library
from bot.channels.wechat_memory import Memory, Token
from domain.clock import Clock, monotonic
from domain.errors import ChannelDown, Rejected, TryLater, Unknown

THREADS = 8
TOKEN_WAIT_SECONDS = 10.0  # for another process that is fetching it
MARGIN_SECONDS = 240  # the platform has a new token ready five minutes before the old one ends
NO_FORCE = "the token is refused and may not be forced again yet: is another program using this account?"
_token: contextvars.ContextVar[str] = contextvars.ContextVar("access token of this call", default="")


@dataclass(frozen=True)
class Timeouts:
    """In seconds; the lane allows 20 in all."""

    connect: float = 5.0
    answer: float = 10.0
    total: float = 18.0


TIMEOUTS = Timeouts()


class Elsewhere(HTTPAdapter):
    """Sends every request to the configured server: wechatpy has the platform's address in several places."""

    def __init__(self, base_url: str) -> None:
        super().__init__(pool_connections=2, pool_maxsize=THREADS, max_retries=0)
        self._base = urlsplit(base_url)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        wanted = urlsplit(request.url or "")
        path = self._base.path.rstrip("/") + wanted.path
        request.url = wanted._replace(scheme=self._base.scheme, netloc=self._base.netloc, path=path).geturl()
        return super().send(request, *args, **kwargs)


class Client(WeChatClient):  # type: ignore[misc]
    """`access_token` is that of the call under way; nothing is fetched behind our back."""

    def __init__(self, app_id: str, secret: str, base_url: str, timeouts: Timeouts) -> None:
        super().__init__(app_id, secret, timeout=(timeouts.connect, timeouts.answer), auto_retry=False)
        self._http.trust_env = False
        for scheme in ("https://", "http://"):
            self._http.mount(scheme, Elsewhere(base_url))

    @property
    def access_token(self) -> str:
        return _token.get()

    def stable_token(self, force: bool) -> tuple[str, int]:
        """A token and the seconds it lives. Asked in the ordinary way the platform gives out the same one while it lives."""
        wanted = {
            "grant_type": "client_credential",
            "appid": self.appid,
            "secret": self.secret,
            "force_refresh": force,
        }
        told = self.post("stable_token", params={"access_token": ""}, data=wanted)
        text = told.get("access_token") if isinstance(told, dict) else None
        if not isinstance(text, str) or not text:
            raise TryLater("the platform gave no token")
        return text, max(1, int(told.get("expires_in", 7200)))


Fetch = Callable[[bool], Awaitable[tuple[str, int]]]


class TokenOwner:
    """The one place that asks for tokens. Kept in the database, fetched by one caller at a time, forced with care."""

    def __init__(self, fetch: Fetch, memory: Memory, clock: Clock) -> None:
        self._fetch = fetch
        self._memory = memory
        self._clock = clock
        self._lock = asyncio.Lock()
        self._known: Token | None = None

    async def current(self) -> str:
        """A token that should work. Raises a DeliveryError when none is to be had."""
        if (known := self._usable(self._known)) is not None:
            return known.text
        async with self._lock:
            self._known = self._usable(self._known) or self._usable(await self._memory.token())
            if self._known is None:
                self._known = await self._renewed("", force=False)
            return self._known.text

    async def after_refusal(self, refused: str) -> str:
        """The token to try once more with: what another has fetched meanwhile, else one refresh.

        A token that the platform still gives out after refusing it twice is replaced by force, 20 times a day at most.
        """
        async with self._lock:
            stored = await self._memory.token()
            if stored is not None and stored.text != refused and self._usable(stored) is not None:
                self._known = stored
                return stored.text
            force = stored is not None and stored.doubted
            if force and not await self._memory.may_force():
                raise ChannelDown(NO_FORCE)
            self._known = await self._renewed(refused, force=force)
            return self._known.text

    async def refused_again(self, text: str) -> None:
        """The token was refused after its refresh, too."""
        self._known = None
        await self._memory.doubt(text)

    async def _renewed(self, old: str, *, force: bool) -> Token:
        patience = monotonic() + TOKEN_WAIT_SECONDS
        while not await self._memory.may_fetch():
            await asyncio.sleep(0.1)
            if monotonic() > patience:
                raise TryLater("another process is fetching the token")
        token: Token | None = None
        try:
            stored = self._usable(await self._memory.token())
            if stored is not None and stored.text != old:
                return stored  # whoever had the right before us has done it
            text, seconds = await self._fetch(force)
            margin = min(MARGIN_SECONDS, seconds / 10)
            token = Token(text, self._clock.now() + timedelta(seconds=seconds - margin))
        finally:
            await self._memory.keep_token(token)
        return token

    def _usable(self, token: Token | None) -> Token | None:
        return token if token is not None and token.text and token.expires_at > self._clock.now() else None


Call = Callable[[Any], Any]


def media(client: Any, media_id: str) -> dict[str, Any]:
    """A file that somebody sent, as {body}; the platform keeps it for three days. A video comes as an address: without."""
    told = client.get("media/get", params={"media_id": media_id})  # the company's client.media goes round its session
    return {} if isinstance(told, dict) else {"body": told.content}


def whole(told: dict[str, Any], bytes_max: int) -> bytes:
    """The file itself. Raises Rejected."""
    body = told.get("body")
    if not isinstance(body, bytes) or not body or len(body) > bytes_max:
        raise Rejected("no file, or too large")
    return body


class Api:
    """Calls of one account. `calls` on which the event loop waits run in a few threads of their own."""

    def __init__(self, client: Any, memory: Memory, clock: Clock, timeouts: Timeouts = TIMEOUTS) -> None:
        self._client = client
        self._memory = memory
        self._clock = clock
        self._timeouts = timeouts
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="wechat")
        self.tokens = TokenOwner(self._fetch, memory, clock)

    async def call(self, call: Call) -> dict[str, Any]:
        """Do one call with a token that works. Raises Code, or a DeliveryError for what happened on the wire."""
        async with asyncio.timeout(self._timeouts.total):
            token = await self.tokens.current()
            try:
                return await self._once(call, token)
            except Code as refused:
                if not refused.asks_to(Do.REFRESH):
                    raise
            token = await self.tokens.after_refusal(token)
            try:
                return await self._once(call, token)
            except Code as refused:
                if not refused.asks_to(Do.REFRESH):
                    raise
                await self.tokens.refused_again(token)
                raise ChannelDown(
                    f"{refused.number}: a fresh token is refused: does another program use this account?"
                ) from None

    async def _once(self, call: Call, token: str) -> dict[str, Any]:
        try:
            result = await self._in_thread(call, token)
        except WeChatClientException as wrong:
            fault = of_library(wrong)
            if isinstance(fault, Code) and fault.known is None:
                await self._memory.count_error(fault.number)
            raise fault from None
        except (requests.RequestException, OSError, ValueError) as wrong:
            raise meaning(wrong, self._clock.now()) from None
        if not isinstance(result, dict):
            raise Unknown("the answer is no JSON object")
        return result

    async def _fetch(self, force: bool) -> tuple[str, int]:
        """Ask for a token. Whatever goes wrong on the way, no message was sent by it."""
        try:
            text, seconds = await self._in_thread(lambda client: client.stable_token(force), "")
        except (WeChatClientException, requests.RequestException, OSError, ValueError) as wrong:
            fault = of_library(wrong) if isinstance(wrong, WeChatClientException) else wrong
            told = meaning(fault, self._clock.now())
            raise told if isinstance(told, TryLater) else TryLater(f"no token: {told.detail}") from None
        return str(text), int(seconds)

    async def _in_thread(self, call: Call, token: str) -> Any:
        context = contextvars.copy_context()
        context.run(_token.set, token)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, context.run, call, self._client)

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._client._http.close()
