"""What one visitor may take of the web server: requests a second, bytes, seconds; and the headers of every answer."""

from __future__ import annotations

import asyncio
import ipaddress
from asyncio import Transport
from collections import OrderedDict
from collections.abc import Callable, Mapping

import h11
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from domain.clock import monotonic

REQUESTS_PER_SECOND = 60  # of one address
ADDRESSES_MAX = 10_000
BODY_BYTES_MAX = 1024 * 1024
BODY_SECONDS = 10.0
HEAD_SECONDS = 10.0
CONNECTIONS_MAX = 1000
CLOSE = {"connection": "close"}
HEADERS: Mapping[bytes, bytes] = {
    b"content-security-policy": b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    b"cache-control": b"no-store",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"x-robots-tag": b"noindex, nofollow",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
}


class WithHeaders:
    """Security headers on every answer; one that an answer brings itself stays."""

    def __init__(self, app: ASGIApp, headers: Mapping[bytes, bytes] = HEADERS) -> None:
        self._app, self._headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name.lower() for name, _ in message["headers"]}
                more = [(name, value) for name, value in self._headers.items() if name not in own]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        await self._app(scope, receive, with_headers)


class PerAddress:
    """At most so many requests a second from one address; the rest is told to wait (429).

    What a webhook of ours takes in is free: who knows its secret is the platform, which may come as fast as it likes.
    """

    def __init__(
        self,
        app: ASGIApp,
        webhooks: frozenset[str] = frozenset(),
        per_second: int = REQUESTS_PER_SECOND,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._app, self._webhooks, self._per_second, self._clock = app, webhooks, per_second, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # address → (requests left, as of when)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address = address_of(scope)
        if not self._take(address):
            await PlainTextResponse("too many requests", 429, {"retry-after": "1"})(scope, receive, send)
            return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 300 and scope["path"] in self._webhooks:
                self._give_back(address)
            await send(message)

        await self._app(scope, receive, counted)

    def _take(self, address: str) -> bool:
        now = self._clock()
        left, since = self._left.pop(address, (float(self._per_second), now))
        left = min(self._per_second, left + (now - since) * self._per_second)
        enough = left >= 1
        self._left[address] = (left - enough, now)
        if len(self._left) > ADDRESSES_MAX:
            self._left.popitem(last=False)  # the one that was quiet for longest
        return enough

    def _give_back(self, address: str) -> None:
        left, since = self._left.get(address, (0.0, self._clock()))
        self._left[address] = (left + 1, since)


def address_of(scope: Scope) -> str:
    """The visitor's address; of IPv6 the /64, which is what one household is given."""
    host = (scope.get("client") or ("", 0))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return str(host)
    return str(ipaddress.ip_network(f"{address}/64", strict=False)) if address.version == 6 else host


class Bodies:
    """Refuses a body that is too large (413), or that takes too long to arrive (408)."""

    def __init__(self, app: ASGIApp, most: int = BODY_BYTES_MAX, seconds: float = BODY_SECONDS) -> None:
        self._app, self._most, self._seconds = app, most, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self._most:
            await PlainTextResponse("too large", 413, CLOSE)(scope, receive, send)
            return
        until = asyncio.get_running_loop().time() + self._seconds
        taken, whole = 0, False

        async def limited() -> Message:
            nonlocal taken, whole
            if whole:  # only the end of the connection is still to come
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, headers=CLOSE) from None
            if message["type"] == "http.disconnect":
                raise HTTPException(400)  # nobody is there to read it
            taken += len(message.get("body", b""))
            if taken > self._most:
                raise HTTPException(413, headers=CLOSE)
            whole = not message.get("more_body", False)
            return message

        await self._app(scope, limited, send)


class Protocol(H11Protocol):
    """uvicorn's HTTP protocol, which also hangs up on who opens a connection and doesn't say what they want."""

    head_seconds = HEAD_SECONDS

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._waited_after: tuple[object] | None = (self.cycle,)
        self._patience = self.loop.call_later(self.head_seconds, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        self._patience.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        """Hang up when the same head is still under way as at the last look."""
        cycle: object | None = self.cycle  # None before the first request
        begun = cycle is None or self.conn.trailing_data[0] != b""
        waits_after = (cycle,) if begun and self.conn.their_state is h11.IDLE else None
        if waits_after is not None and waits_after == self._waited_after:
            self.transport.close()
            return
        self._waited_after = waits_after
        self._patience = self.loop.call_later(self.head_seconds, self._look)
