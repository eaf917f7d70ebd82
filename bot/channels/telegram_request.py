"""How python-telegram-bot's calls leave: over aiohttp, which under load sends several times faster than the SDK's httpx."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import aiohttp
import httpx
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

KEPT_SECONDS = 30.0  # an idle connection is kept for so long


@dataclass(eq=False)
class AiohttpRequest(BaseRequest):
    """A pool of `connections`. Times in seconds: to wait for one and connect, and the longest silence of an answer.

    A failed call raises TimedOut or NetworkError from aiohttp's own error, which says whether the request left.
    """

    connections: int
    connect_seconds: float
    silence_seconds: float
    proxy: httpx.Proxy | None = None
    _session: aiohttp.ClientSession | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._detour: dict[str, Any] = {}
        if self.proxy is not None:
            self._detour["proxy"] = str(self.proxy.url)
        if self.proxy is not None and self.proxy.auth is not None:
            self._detour["proxy_headers"] = {"Proxy-Authorization": aiohttp.encode_basic_auth(*self.proxy.auth)}

    @property
    def read_timeout(self) -> float:
        return self.silence_seconds

    async def initialize(self) -> None:
        """Nothing: the session is made by the first call, inside of the loop that it belongs to."""

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        *_: Any,
        **__: Any,
    ) -> tuple[int, bytes]:
        """(HTTP status, body). Of the times of a single call only `read_timeout` is heard: nothing of ours sets another."""
        if self._session is None:
            self._session = self._open()
        options = dict(self._detour)
        if read_timeout is not BaseRequest.DEFAULT_NONE:
            options["timeout"] = self._times(read_timeout)
        data = _body(request_data) if request_data is not None else None
        try:
            async with self._session.request(method, url, data=data, allow_redirects=False, **options) as answer:
                return answer.status, await answer.read()
        except TimeoutError as late:
            raise TimedOut(type(late).__name__) from late
        except (aiohttp.ClientError, OSError) as wrong:
            raise NetworkError(type(wrong).__name__) from wrong

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self.connections, keepalive_timeout=KEPT_SECONDS, ssl=httpx.create_ssl_context()
        )
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self.USER_AGENT},
            timeout=self._times(self.silence_seconds),
        )

    def _times(self, silence_seconds: float | None) -> aiohttp.ClientTimeout:
        connect = self.connect_seconds
        return aiohttp.ClientTimeout(connect=connect, sock_connect=connect, sock_read=silence_seconds)


class Fields:
    """A call's fields as plain JSON; has all that is read of the SDK's RequestData. Strings go as they are."""

    contains_files = False
    multipart_data: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, fields: Mapping[str, object]) -> None:
        self.json_parameters = {
            name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in fields.items()
        }


def _body(request: RequestData | Fields) -> aiohttp.FormData:
    """The fields of a call and its files. Names of files go as they are: quoted, a Chinese one would arrive as %E6…"""
    form = aiohttp.FormData(quote_fields=False)
    for name, text in request.json_parameters.items():
        form.add_field(name, text)
    for name, (filename, content, kind) in (request.multipart_data or {}).items() if request.contains_files else ():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form
