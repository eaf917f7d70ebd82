"""The sandbox page: its routes, and the locks on its door (loopback, host, token, size)."""

from __future__ import annotations

import asyncio
import json
import secrets
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels.sandbox_platform import EVERYONE, FAULTS, NotPossible
from bot.content import CONTENT
from bot.demo_homes import raw
from bot.demo_residents import ATTACHMENTS
from bot.demo_stage import Demo
from bot.web import sandbox_facts as facts
from bot.web import sandbox_views as views
from bot.web.server import application as office_application
from domain.wording import LANGUAGES, flatten, tongue

log = structlog.get_logger(__name__)
HERE = Path(__file__).parent
HOSTS = ["127.0.0.1", "localhost"]
BODY_BYTES_MAX = 64 * 1024
HEARTBEAT_SECONDS = 15
JUMPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}
HEADERS = {
    b"content-security-policy": b"default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
    b"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"cross-origin-opener-policy": b"same-origin",
}

Endpoint = Callable[[Request], Awaitable[Response]]


def application(demo: Demo, token: str) -> Starlette:
    """The demo's web side: the page for whoever has the token, and the office's own health routes."""
    page = Page(demo, token)
    get = {
        "/state": page.state,
        "/events": page.events,
        "/chats/{chat}": page.chat,
        "/outbox": page.outbox,
        "/outbox/{row:int}": page.why,
        "/households/{code}": page.household,
        "/households/{code}/export": page.export,
        "/board": page.board,
        "/jobs": page.jobs,
        "/tour": page.tour,
    }
    post = {
        "/say": page.say,
        "/press": page.press,
        "/start": page.begin_chat,
        "/pay": page.pay,
        "/clock": page.move_clock,
        "/faults": page.set_fault,
        "/scenario": page.play,
    }

    async def office(scope: Scope, receive: Receive, send: Send) -> None:
        """Health and metrics of the world that runs now."""
        await office_application(demo.app)(scope, receive, send)

    return Starlette(
        routes=[
            Route("/", lambda request: RedirectResponse("/sandbox"), methods=["GET"]),
            Route("/sandbox", page.show, methods=["GET"]),
            Mount("/sandbox/static", StaticFiles(directory=HERE / "static")),
            *(Route(f"/sandbox/api{path}", page.reading(end), methods=["GET"]) for path, end in get.items()),
            *(Route(f"/sandbox/api{path}", page.writing(end), methods=["POST"]) for path, end in post.items()),
            Mount("/", app=office),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False), Middleware(Guarded)],
        exception_handlers={HTTPException: _refused, Exception: _failed},
    )


class Guarded:
    """Security headers on every answer, and no request body beyond the limit."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *HEADERS.items()]}
            await send(message)

        await self.app(scope, receive, with_headers)


async def _refused(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, HTTPException)
    return JSONResponse({"error": wrong.detail}, wrong.status_code)


async def _failed(request: Request, wrong: Exception) -> Response:
    """A fault of ours: the page gets a reference, the log the rest."""
    reference = secrets.token_hex(3)
    log.error("page failed", reference=reference, path=request.url.path, exc_info=wrong)
    return JSONResponse({"error": f"这一步没有成功,编号 {reference} · this did not work, reference {reference}"}, 500)


def words(language: str) -> dict[str, str]:
    """The page's own words."""
    return flatten(tomllib.loads((CONTENT / f"sandbox.{language}.toml").read_text(encoding="utf-8")))


class Page:
    """The endpoints, each a few lines over the demo."""

    def __init__(self, demo: Demo, token: str) -> None:
        self._demo = demo
        self._token = token
        self._templates = Jinja2Templates(directory=HERE / "templates")
        self._words = {language: words(language) for language in LANGUAGES}
        self._tasks: set[asyncio.Task[None]] = set()

    # the door

    def _cookie(self, request: Request) -> str:
        return f"nuanling_sandbox_{request.url.port or 80}"  # cookies don't know ports: one name for each

    def _entered(self, request: Request, given: str | None = None) -> bool:
        token = request.cookies.get(self._cookie(request), "") if given is None else given
        return secrets.compare_digest(token.encode(), self._token.encode())

    def _language(self, request: Request) -> str:
        return tongue(request.query_params.get("lang") or request.cookies.get("nuanling_language") or "zh")

    def reading(self, endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            if not self._entered(request):
                raise HTTPException(403, self._say(request, "error.token"))
            return await endpoint(request)

        return guarded

    def writing(self, endpoint: Endpoint) -> Endpoint:
        """Only from this page: the token stands in a header too, which no other site can set."""

        async def guarded(request: Request) -> Response:
            origin = request.headers.get("origin")
            foreign = origin is not None and origin != f"{request.url.scheme}://{request.url.netloc}"
            if foreign or not self._entered(request) or not self._entered(request, request.headers.get("x-sandbox-token", "")):
                raise HTTPException(403, self._say(request, "error.token"))
            request.state.body = await self._body(request)
            try:
                return await endpoint(request)
            except NotPossible as refused:
                raise HTTPException(409, self._say(request, f"error.{refused.code}")) from None

        return guarded

    async def _body(self, request: Request) -> Mapping[str, Any]:
        raw_body = b""
        async for chunk in request.stream():
            raw_body += chunk
            if len(raw_body) > BODY_BYTES_MAX:
                raise HTTPException(413, self._say(request, "error.too_big"))
        try:
            body = json.loads(raw_body or b"{}")
        except (ValueError, RecursionError):
            raise HTTPException(400, self._say(request, "error.json")) from None
        if not isinstance(body, dict):
            raise HTTPException(400, self._say(request, "error.json"))
        return body

    def _field(self, request: Request, name: str, default: str | None = None) -> str:
        value = request.state.body.get(name, default)
        if not isinstance(value, str):
            raise HTTPException(400, self._say(request, "error.field", name=name))
        return value

    def _say(self, request: Request, name: str, **fields: str) -> str:
        return self._words[self._language(request)][name].format(**fields)

    # the page

    async def show(self, request: Request) -> Response:
        """The page for who has the token, else a door that asks for it."""
        language = self._language(request)
        given = request.query_params.get("token")
        if given is not None and self._entered(request, given):
            there = RedirectResponse("/sandbox", 303)
            there.set_cookie(self._cookie(request), self._token, path="/sandbox", httponly=True, samesite="strict")
            return there
        entered = self._entered(request)
        context = {
            "t": self._words[language],
            "words": self._words[language],
            "language": language,
            "token": self._token if entered else "",
            "wrong": given is not None,
            "scenarios": list(raw("scenarios")),
            "faults": FAULTS,
        }
        answer = self._templates.TemplateResponse(request, "sandbox.html" if entered else "door.html", context)
        answer.headers["cache-control"] = "no-store"
        return answer

    async def state(self, request: Request) -> Response:
        return JSONResponse(views.state(self._demo))

    async def events(self, request: Request) -> Response:
        """What changes, as it changes (server-sent events)."""
        return StreamingResponse(
            self._stream(), media_type="text/event-stream", headers={"cache-control": "no-store", "x-accel-buffering": "no"}
        )

    async def _stream(self) -> AsyncIterator[str]:
        news = self._demo.hub.open()
        try:
            yield "retry: 1000\n\n"
            while True:
                try:
                    what, fields = await asyncio.wait_for(news.get(), HEARTBEAT_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if what == "bye":
                    return
                yield f"event: {what}\ndata: {json.dumps(dict(fields), ensure_ascii=False)}\n\n"
        finally:
            self._demo.hub.close(news)

    async def chat(self, request: Request) -> Response:
        demo = self._demo
        async with demo.app.database.read() as session:
            lines = await views.chat(session, demo.platform, request.path_params["chat"], demo.clock.now())
        return JSONResponse({"lines": lines})

    async def outbox(self, request: Request) -> Response:
        async with self._demo.app.database.read() as session:
            rows = await views.outbox(session, self._demo.platform, dict(request.query_params))
            return JSONResponse({"rows": rows, "choices": await views.choices(session)})

    async def why(self, request: Request) -> Response:
        demo = self._demo
        async with demo.app.database.read() as session:
            found = await views.why(session, demo.platform, demo.app.office, request.path_params["row"], demo.clock.now())
        return self._or_404(request, found)

    async def household(self, request: Request) -> Response:
        demo = self._demo
        async with demo.app.database.read() as session:
            found = await facts.household(session, demo.app.office, request.path_params["code"], demo.clock.now())
        return self._or_404(request, found)

    async def export(self, request: Request) -> Response:
        demo, code = self._demo, request.path_params["code"]
        async with demo.app.database.read() as session:
            found = await facts.export(session, demo.app.office, code, demo.clock.now())
        answer = self._or_404(request, found)
        answer.headers["content-disposition"] = f'attachment; filename="{code}.json"'
        return answer

    def _or_404(self, request: Request, found: Mapping[str, Any] | None) -> Response:
        if found is None:
            raise HTTPException(404, self._say(request, "error.not_found"))
        return Response(json.dumps(found, ensure_ascii=False, indent=1), media_type="application/json")

    async def board(self, request: Request) -> Response:
        demo = self._demo
        async with demo.app.database.read() as session:
            since = demo.app.office.today(demo.scenario.starts_at)
            return JSONResponse(await facts.board(session, demo.app.office, demo.clock.now(), since))

    async def jobs(self, request: Request) -> Response:
        demo = self._demo
        async with demo.app.database.read() as session:
            return JSONResponse(await facts.jobs(session, demo.app.office, demo.clock.now()))

    async def tour(self, request: Request) -> Response:
        """The steps of the one-minute show, with the people they speak of."""
        seats = views.chats_by_place(self._demo.platform)
        language = self._language(request)
        steps = [
            {**step, "chat": seats.get(step.get("chat", ""), step.get("chat", "")), "caption": step["caption"][language]}
            for step in raw("tour")["step"]
        ]
        return JSONResponse({"steps": [{**step, "as": seats.get(step.get("as", ""), step.get("as", ""))} for step in steps]})

    # what a visitor does

    async def say(self, request: Request) -> Response:
        kind = self._field(request, "attachment", "")
        if kind and kind not in ATTACHMENTS:
            raise HTTPException(400, self._say(request, "error.field", name="attachment"))
        line = self._demo.platform.say(
            self._field(request, "as"),
            self._field(request, "chat"),
            self._demo.clock.now(),
            text=self._field(request, "text", ""),
            attachment=ATTACHMENTS.get(kind),
            reply_to=self._field(request, "reply_to", ""),
        )
        return JSONResponse({"id": int(line.id)})

    async def press(self, request: Request) -> Response:
        wanted = [self._field(request, name) for name in ("as", "chat", "message", "token")]
        self._demo.platform.press(*wanted, self._demo.clock.now())
        return JSONResponse({})

    async def begin_chat(self, request: Request) -> Response:
        line = self._demo.platform.start(
            self._field(request, "as"), self._demo.clock.now(), self._field(request, "token", "")
        )
        return JSONResponse({"id": int(line.id)})

    async def pay(self, request: Request) -> Response:
        """Money arrives, as the bank would report it."""
        demo, fen = self._demo, request.state.body.get("fen")
        if fen is not None and (not isinstance(fen, int) or isinstance(fen, bool) or not 0 < fen <= 10_000_000):
            raise HTTPException(400, self._say(request, "error.field", name="fen"))
        if not await demo.residents.pay(self._field(request, "account"), demo.clock.now(), fen):
            raise HTTPException(409, self._say(request, "error.nothing_open"))
        await demo.app.tick(demo.clock.now(), only="thanks", on_demand=True)
        demo.hub.tell("money", {})
        return JSONResponse({})

    async def move_clock(self, request: Request) -> Response:
        demo, action = self._demo, self._field(request, "action")
        if demo.moving:
            raise HTTPException(409, self._say(request, "error.moving"))
        if action in ("pause", "go"):
            demo.hold(action == "pause")
        elif action in JUMPS or action == "next":
            to = demo.clock.now() + JUMPS[action] if action in JUMPS else await demo.next_event()
            self._in_background(self._forward(to))
            return JSONResponse({**demo.clock_state(), "moving": True})
        else:
            raise HTTPException(400, self._say(request, "error.field", name="action"))
        return JSONResponse(demo.clock_state())

    async def _forward(self, to: datetime) -> None:
        try:
            await self._demo.forward(to)
        except Exception as wrong:
            log.error("the clock stumbled", exc_info=wrong)
            self._demo.tell_clock()

    def _in_background(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def set_fault(self, request: Request) -> Response:
        chat, kind = self._field(request, "chat"), self._field(request, "kind", "")
        platform = self._demo.platform
        if kind and kind not in FAULTS:
            raise HTTPException(400, self._say(request, "error.field", name="kind"))
        if chat != EVERYONE and chat not in platform.profiles and chat not in platform.rooms:
            raise HTTPException(404, self._say(request, "error.not_found"))
        platform.set_fault(chat, kind)
        return JSONResponse({})

    async def play(self, request: Request) -> Response:
        """Begin a scenario afresh."""
        name = self._field(request, "name")
        if name not in raw("scenarios"):
            raise HTTPException(400, self._say(request, "error.field", name="name"))
        if self._demo.moving:
            raise HTTPException(409, self._say(request, "error.moving"))
        await self._demo.reset(name)
        return JSONResponse({})
