"""wechatpy's client of WeCom, made safe in the same way as the Official Account's: one token per app, no retries, few at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from wechatpy.enterprise import WeChatClient
from wechatpy.exceptions import WeChatClientException

from bot.channels.wechat_api import Api, Call, Client, Elsewhere, Timeouts
from bot.channels.wechat_errors import Code, meaning
from domain.clock import Clock
from domain.errors import ChannelDown, DeliveryError, TryLater

AT_ONCE = 4  # of one interface: the platform refuses the sixth with 45033
WRONG_SECRET, TOO_OFTEN = 40001, 45009
PAUSE = timedelta(minutes=1)


class CorpClient(WeChatClient):  # type: ignore[misc]
    """One app of one company."""

    access_token = Client.access_token  # that of the call under way

    def __init__(self, corp_id: str, secret: str, base_url: str, timeouts: Timeouts) -> None:
        super().__init__(corp_id, secret, timeout=(timeouts.connect, timeouts.answer), auto_retry=False)
        self._http.trust_env = False
        for scheme in ("https://", "http://"):
            self._http.mount(scheme, Elsewhere(base_url))

    def stable_token(self, force: bool) -> tuple[str, int]:
        """A token and the seconds it lives. The platform gives out the same one while it lives; it knows no force."""
        wanted = {"corpid": self.corp_id, "corpsecret": self.secret, "access_token": None}
        try:
            told = self.get("gettoken", params=wanted)
        except WeChatClientException as refused:
            if refused.errcode == WRONG_SECRET:
                raise ChannelDown("40001: the secret is refused: check wecom.secret, it is the app's own") from None
            raise
        text = told.get("access_token") if isinstance(told, dict) else None
        if not isinstance(text, str) or not text:
            raise TryLater("the platform gave no token")
        return text, max(1, int(told.get("expires_in", 7200)))


class CorpApi(Api):
    """Calls of one app; never more than four of one interface at once. Each raises a DeliveryError and nothing else."""

    def __init__(self, client: CorpClient, memory: Any, clock: Clock, timeouts: Timeouts) -> None:
        super().__init__(client, memory, clock, timeouts)
        self._rooms: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))
        self._limit_seconds = timeouts.total

    async def post(self, path: str, data: dict[str, Any]) -> dict[str, Any]:
        return await self.through(path, lambda: self.call(lambda client: client.post(path, data=data)))

    async def through(self, path: str, ask: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """One call of an interface, when it is its turn."""
        async with self._rooms[path]:
            try:
                return await ask()
            except Code as code:
                raise self._read(code) from None
            except DeliveryError:
                raise
            except Exception as wrong:
                raise meaning(wrong, self._clock.now()) from None

    async def robot(self, key: str, data: dict[str, Any]) -> dict[str, Any]:
        """A robot is called by its key alone. Twenty a minute for each: another robot needn't wait for this one."""
        call: Call = lambda client: client.post(  # noqa: E731
            "webhook/send", params={"key": key, "access_token": None}, data=data
        )

        async def ask() -> dict[str, Any]:
            async with asyncio.timeout(self._limit_seconds):
                return await self._once(call, "")

        try:
            return await self.through("webhook/send", ask)
        except TryLater as later:
            later.lane_wide = False
            raise

    def _read(self, code: Code) -> DeliveryError:
        """As the table of both platforms has it; one number means a day there and a moment here."""
        if code.number == TOO_OFTEN:
            at = self._clock.now() + PAUSE
            return TryLater("45009: too often", at=at, free=True, lane_wide=True)
        return meaning(code, self._clock.now())
