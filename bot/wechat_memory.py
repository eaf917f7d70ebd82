"""The memory of a channel on WeChat's platforms, kept in the database: what bot/channels/wechat_memory.py asks for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import update

from bot.channels.wechat_memory import Fitting, Said, Token
from domain.allowances import notices_left, spendable
from domain.clock import Clock, local_date
from models import dialogue, in_band, platforms
from models.base import Database
from models.outbox import Outbox
from models.platforms import AccessToken

FORCED_APART = timedelta(seconds=30)
FORCED_A_DAY = 20
BEIJING = ZoneInfo("Asia/Shanghai")


class DatabaseMemory:
    """One account's memory. `account` names its token: two accounts of one platform have two."""

    def __init__(self, database: Database, clock: Clock, channel: str, account: str) -> None:
        self._database = database
        self._clock = clock
        self._channel = channel
        self._own = account
        self._account = f"{channel}/{account}"[:80]
        self._news = asyncio.Event()

    # the token

    def beside(self, what: str) -> DatabaseMemory:
        return DatabaseMemory(self._database, self._clock, self._channel, f"{self._own}/{what}")

    async def token(self) -> Token | None:
        async with self._database.read() as session:
            row = await platforms.token_of(session, self._account)
        if row is None or not row.token or row.expires_at is None:
            return None
        return Token(row.token, row.expires_at, row.doubted)

    async def may_fetch(self) -> bool:
        async with self._database.write() as session:
            return await platforms.take_fetch(session, self._account, self._clock.now())

    async def may_force(self) -> bool:
        now = self._clock.now()
        today = local_date(now, BEIJING)
        async with self._database.write() as session:
            row = await platforms.token_of(session, self._account)
            if row is None:
                return False
            times = row.forced_times if row.forced_on == today else 0
            if times >= FORCED_A_DAY or (row.forced_at is not None and now - row.forced_at < FORCED_APART):
                return False
            row.forced_at, row.forced_on, row.forced_times = now, today, times + 1
            return True

    async def keep_token(self, token: Token | None) -> None:
        row: dict[str, object] = {"fetching_until": None}
        if token is not None:
            row |= {"token": token.text, "expires_at": token.expires_at, "doubted": token.doubted}
        async with self._database.write() as session:
            await session.execute(update(AccessToken).where(AccessToken.account == self._account).values(**row))

    async def doubt(self, text: str) -> None:
        mine = (AccessToken.account == self._account, AccessToken.token == text)
        async with self._database.write() as session:
            await session.execute(update(AccessToken).where(*mine).values(doubted=True))

    # callbacks

    async def nonce_used(self, nonce: str) -> bool:
        async with self._database.read() as session:
            return await platforms.nonce_used(session, self._channel, nonce)

    async def note(self, nonce: str, user: str, allows: str) -> None:
        now = self._clock.now()
        async with self._database.write() as session:
            await platforms.use_nonce(session, self._channel, nonce, now)
            if allows == "unfollowed":
                await platforms.close_allowances(session, self._channel, user)
            elif allows:
                await platforms.open_allowance(session, self._channel, user, allows, now)

    async def answer(self, external_id: str, fitting: Fitting) -> Sequence[Said] | None:
        async with self._database.read() as session:
            if not await in_band.handled(session, self._channel, external_id):
                return None
        async with self._database.write() as session:
            rows = await in_band.take(
                session,
                self._channel,
                external_id,
                self._clock.now(),
                lambda waiting: fitting([_said(row) for row in waiting]),
            )
        return [_said(row) for row in rows]

    def listen(self) -> asyncio.Event:
        return self._news

    def wake(self) -> None:
        """Something was handled: whoever waits looks again."""
        self._news.set()
        self._news = asyncio.Event()

    # what people allow

    async def spend(self, user: str) -> str | None:
        async with self._database.write() as session:
            return await platforms.spend(session, self._channel, user, self._clock.now())

    async def spend_notice(self, user: str, template_id: str) -> bool:
        async with self._database.write() as session:
            return await platforms.spend_notice(session, self._channel, user, template_id)

    async def notices_left(self, user: str) -> Mapping[str, int]:
        async with self._database.read() as session:
            return notices_left(await platforms.allowances(session, self._channel, user))

    async def paid(self, user: str) -> None:
        async with self._database.write() as session:
            await platforms.open_allowance(session, self._channel, user, "payment", self._clock.now())

    async def give_back(self, user: str, kind: str) -> None:
        async with self._database.write() as session:
            await platforms.give_back(session, self._channel, user, kind)

    async def shut(self, user: str, kind: str | None = None) -> None:
        async with self._database.write() as session:
            await platforms.close_allowances(session, self._channel, user, kind)

    async def writable(self, user: str, now: datetime) -> bool:
        async with self._database.read() as session:
            return spendable(await platforms.allowances(session, self._channel, user), now) is not None

    async def show_menu(self, chat: str, choices: Sequence[Sequence[Mapping[str, str]]]) -> None:
        menu = [(each["token"], each["label"]) for row in choices for each in row if "token" in each]
        async with self._database.write() as session:
            await dialogue.show_menu(session, self._channel, chat, chat, self._clock.now(), menu)

    async def count_error(self, code: int) -> None:
        async with self._database.write() as session:
            today = local_date(self._clock.now(), BEIJING)
            await platforms.count_error(session, self._channel, str(code), today)


def _said(row: Outbox) -> Said:
    return Said(row.text, json.loads(row.choices))
