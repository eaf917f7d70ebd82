"""The locks on the sandbox's door: loopback hosts only, a token, small bodies, headers that let nothing else in."""

from __future__ import annotations

import json
import secrets
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.channels.sandbox_platform import NotPossible
from bot.content import CONTENT
from domain.wording import LANGUAGES, flatten, tongue

log = structlog.get_logger(__name__)
HOSTS = ["127.0.0.1", "localhost"]  # any other name may be a foreign page's, pointed at this machine
BODY_BYTES_MAX = 64 * 1024
TOKEN_HEADER = "x-sandbox-token"
LANGUAGE_COOKIE = "nuanling_language"
HEADERS = {
    b"content-security-policy": b"default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    b"img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"cross-origin-opener-policy": b"same-origin",
}

Endpoint = Callable[[Request], Awaitable[Response]]


class Door:
    """Who may come in, and what a refused request is told, in the page's language."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.words = {
            language: flatten(tomllib.loads((CONTENT / f"sandbox.{language}.toml").read_text(encoding="utf-8")))
            for language in LANGUAGES
        }

    def cookie(self, request: Request) -> str:
        return f"nuanling_sandbox_{request.url.port or 80}"  # cookies don't know ports: one name for each

    def entered(self, request: Request) -> bool:
        return self.fits(request.cookies.get(self.cookie(request), ""))

    def fits(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), self.token.encode())

    def language(self, request: Request) -> str:
        return tongue(request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE) or "zh")

    def words_in(self, language: str, world: str) -> dict[str, str]:
        """The page's words; those that `[in_{world}.…]` has are a world's own, such as a school's for its families."""
        own = f"in_{world}."
        words = self.words[language]
        return words | {name.removeprefix(own): text for name, text in words.items() if name.startswith(own)}

    def refuse(self, request: Request, status: int, reason: str, **fields: str) -> HTTPException:
        """The refusal in one line; `reason` names it in content/sandbox.*.toml."""
        return HTTPException(status, self.words[self.language(request)][f"error.{reason}"].format(**fields))

    def reading(self, endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            if not self.entered(request):
                raise self.refuse(request, 403, "token")
            return await endpoint(request)

        return guarded

    def writing(self, endpoint: Endpoint) -> Endpoint:
        """Only from this page: the token stands in a header too, which no other site can set."""

        async def guarded(request: Request) -> Response:
            origin = request.headers.get("origin")
            foreign = origin is not None and origin != f"{request.url.scheme}://{request.url.netloc}"
            if foreign or not self.entered(request) or not self.fits(request.headers.get(TOKEN_HEADER, "")):
                raise self.refuse(request, 403, "token")
            request.state.body = await self._body(request)
            try:
                return await endpoint(request)
            except NotPossible as impossible:
                raise self.refuse(request, 409, impossible.code) from None

        return guarded

    async def _body(self, request: Request) -> Mapping[str, Any]:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_BYTES_MAX:
                raise self.refuse(request, 413, "too_big")
        try:
            found = json.loads(body or b"{}")
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise self.refuse(request, 400, "json")
        return found

    def field(self, request: Request, name: str, default: str | None = None) -> str:
        """A text of the request's body."""
        value = request.state.body.get(name, default)
        if not isinstance(value, str):
            raise self.refuse(request, 400, "field", name=name)
        return value


async def refused(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, HTTPException)
    return JSONResponse({"error": wrong.detail}, wrong.status_code)


async def failed(request: Request, wrong: Exception) -> Response:
    """A fault of ours: the page gets a reference, the log the rest."""
    reference = secrets.token_hex(3)
    log.error("page failed", reference=reference, path=request.url.path, exc_info=wrong)
    return JSONResponse({"error": f"这一步没有成功,编号 {reference} · this did not work, reference {reference}"}, 500)
