"""The web door of WeChat's platforms: what passes the gate is stored, then answered in the same breath where possible."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from wechatpy.replies import TextReply

from bot.channels.channel import Store
from bot.channels.wechat_gate import BODY_BYTES_MAX, Gate, Refused
from bot.channels.wechat_memory import Memory
from bot.channels.wechat_updates import Update, payload_of
from bot.channels.wechat_words import fitting, in_cdata, together
from domain.clock import Clock, monotonic

log = structlog.get_logger(__name__)
BODY_SECONDS = 4.0  # for a body to come in: the platform itself gives up after five
ANSWER_SECONDS = 4.0  # so long an answer may take to go back in the same breath
STATUS_SECONDS = 0.8  # after so long the status goes out, and the body when it is known
STORE_TRIES = 3
STORE_PAUSE_SECONDS = 0.3
XML = "application/xml"


@dataclass
class Callback:
    """The door of one account. `outcomes` counts what came of each call."""

    path: str
    gate: Gate
    crypto: Any
    memory: Memory
    clock: Clock
    describe: Callable[[str], Update]
    outcomes: Counter[str] = field(default_factory=Counter)

    def routes(self, store: Store) -> Sequence[BaseRoute]:
        async def check(request: Request) -> Response:
            """The platform makes sure that this address is ours."""
            try:
                return PlainTextResponse(self.gate.echo(_query(request), self.clock.now()))
            except Refused as refused:
                return self._refuse(refused)

        async def receive(request: Request) -> Response:
            try:
                return await self._receive(request, store)
            except Refused as refused:
                return self._refuse(refused)
            except Exception as wrong:
                # Nothing that happens here may reach the person as the platform's notice of a broken service.
                log.error("callback failed", path=self.path, exc_info=wrong)
                return self._refuse(Refused(429, "failed"))

        return (Route(self.path, check, methods=["GET"]), Route(self.path, receive, methods=["POST"]))

    def _refuse(self, refused: Refused) -> Response:
        self.outcomes[refused.reason] += 1
        return Response(status_code=refused.status)

    async def _receive(self, request: Request, store: Store) -> Response:
        arrived = monotonic()
        query, now = _query(request), self.clock.now()
        xml = await self.gate.opened(query, await _body(request), now, self.memory.nonce_used)
        try:
            update = self.describe(xml)
        except ValueError:
            raise Refused(400, "no message") from None
        # First the note: once the update is stored it is being handled, and whoever handles it may hold the database.
        await self.memory.note(query["nonce"], update.user, update.allows)
        await self._keep(store, update, payload_of(xml, now + timedelta(seconds=ANSWER_SECONDS)))
        self.outcomes["stored"] += 1
        if not update.asks:
            return Response()
        answering = asyncio.create_task(self._answer(update, arrived + ANSWER_SECONDS))
        done, _ = await asyncio.wait({answering}, timeout=STATUS_SECONDS - (monotonic() - arrived))
        if done:
            return Response(answering.result(), media_type=XML)
        return StreamingResponse(_when_known(answering), media_type=XML)

    async def _keep(self, store: Store, update: Update, payload: str) -> None:
        """Store it before it is acknowledged; a database that is busy for a moment is asked again."""
        for last in range(STORE_TRIES):
            try:
                await store(update.external_id, payload)
            except Exception:
                if last == STORE_TRIES - 1:
                    raise
                await asyncio.sleep(STORE_PAUSE_SECONDS)
            else:
                return

    async def _answer(self, update: Update, until: float) -> bytes:
        """The reply, encrypted; empty when there is none in time: then it goes out as a message of its own."""
        while True:
            left = until - monotonic()
            heard = self.memory.listen()  # before looking, so that no news is lost
            said = await self.memory.answer(update.external_id, fitting)
            if said is not None or left <= 0:
                break
            await asyncio.gather(asyncio.wait_for(heard.wait(), left), return_exceptions=True)
        if not said:
            self.outcomes["acknowledged"] += 1
            return b""
        self.outcomes["answered"] += 1
        now = int(self.clock.now().timestamp())
        reply = TextReply(source=update.us, target=update.user, time=now, content=in_cdata(together(said)))
        return str(self.crypto.encrypt_message(reply.render(), secrets.token_hex(8), str(now))).encode()


async def _when_known(answering: asyncio.Task[bytes]) -> AsyncIterator[bytes]:
    try:
        yield await answering
    except Exception as wrong:
        log.error("answer failed", exc_info=wrong)


def _query(request: Request) -> Mapping[str, str]:
    return dict(request.query_params)


async def _body(request: Request) -> bytes:
    """At most as many bytes as the gate reads, within a time limit. Raises Refused."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_BYTES_MAX:
                    raise Refused(413, "too large")
    except TimeoutError:
        raise Refused(408, "too slow") from None
    except ClientDisconnect:
        raise Refused(400, "cut off") from None
    return bytes(body)
