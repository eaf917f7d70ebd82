"""The sandbox page: its routes, each a few lines over the running demo."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates
from starlette.types import Receive, Scope, Send

from bot.channels.sandbox_platform import EVERYONE, FAULTS
from bot.channels.sandbox_skins import Skin
from bot.demo_cycle import Cycle
from bot.demo_homes import raw, worlds
from bot.demo_residents import ATTACHMENTS
from bot.demo_stage import Demo
from bot.web import sandbox_facts as facts
from bot.web import sandbox_views as views
from bot.web.limits import WithHeaders
from bot.web.sandbox_door import HEADERS, HOSTS, Door, Endpoint, failed, refused
from bot.web.server import application as office_application
from bot.wechat_account import read_menu

log = structlog.get_logger(__name__)
HERE = Path(__file__).parent
HEARTBEAT_SECONDS = 15
PAYMENT_FEN_MAX = 10_000_000
JUMPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7)}


def application(demo: Demo, token: str) -> Starlette:
    """The demo's web side: the page for whoever has the token, and the office's own health routes."""
    door = Door(token)
    page = Page(demo, door)
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
        "/cycle": page.cycle_state,
        "/chats/{chat}/{line:int}/file": page.file,
    }
    post = {
        "/say": page.say,
        "/press": page.press,
        "/start": page.begin_chat,
        "/pay": page.pay,
        "/clock": page.move_clock,
        "/faults": page.set_fault,
        "/scenario": page.play,
        "/world": page.enter,
        "/cycle": page.move_cycle,
        "/skin": page.wear,
        "/click": page.click,
        "/unfollow": page.unfollow,
        "/agree": page.agree,
        "/confirm": page.confirm,
    }

    async def office(scope: Scope, receive: Receive, send: Send) -> None:
        """Health and metrics of the world that runs now."""
        await office_application(demo.app)(scope, receive, send)

    return Starlette(
        routes=[
            *(
                Route(path, lambda request: RedirectResponse("/sandbox"), methods=["GET"])
                for path in ("/", "/sandbox/")
            ),
            Route("/sandbox", page.show, methods=["GET"]),
            Mount("/sandbox/static", StaticFiles(directory=HERE / "static")),
            *(
                Route(f"/sandbox/api{path}", door.reading(page.ready(end)), methods=["GET"])
                for path, end in get.items()
            ),
            *(
                Route(f"/sandbox/api{path}", door.writing(page.ready(end)), methods=["POST"])
                for path, end in post.items()
            ),
            Mount("/", app=office),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False),
            Middleware(WithHeaders, HEADERS),
        ],
        exception_handlers={HTTPException: refused, Exception: failed},
    )


class Page:
    """The endpoints."""

    def __init__(self, demo: Demo, door: Door) -> None:
        self._demo = demo
        self._door = door
        self._cycle = Cycle(demo)
        self._templates = Jinja2Templates(directory=HERE / "templates")
        self._menu = read_menu()["button"]  # of the 公众号
        self._tasks: set[asyncio.Task[None]] = set()

    def ready(self, endpoint: Endpoint) -> Endpoint:
        """Wait while one world is replaced by another."""

        async def when_ready(request: Request) -> Response:
            await self._demo.ready.wait()
            return await endpoint(request)

        return when_ready

    # the page

    async def show(self, request: Request) -> Response:
        """The page for who has the token, else a door that asks for it."""
        language = self._door.language(request)
        given = request.query_params.get("token")
        if given is not None and self._door.fits(given):
            there = RedirectResponse("/sandbox", 303)
            there.set_cookie(
                self._door.cookie(request), self._door.token, path="/sandbox", httponly=True, samesite="strict"
            )
            return there
        entered = self._door.entered(request)
        context = {
            "t": (words := self._door.words_in(language, self._demo.world)),
            "words": words,
            "language": language,
            "token": self._door.token if entered else "",
            "wrong": given is not None,
            "worlds": worlds(),
            "faults": FAULTS,
            "menu": self._menu,
        }
        answer = self._templates.TemplateResponse(request, "sandbox.html" if entered else "door.html", context)
        answer.headers["cache-control"] = "no-store"
        return answer

    async def state(self, request: Request) -> Response:
        return JSONResponse(views.state(self._demo))

    async def events(self, request: Request) -> Response:
        """What changes, as it changes (server-sent events)."""
        return StreamingResponse(
            self._stream(),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
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
        look = views.look(demo.platform, request.path_params["chat"], demo.clock.now())
        return JSONResponse({"lines": lines, **look})

    async def outbox(self, request: Request) -> Response:
        async with self._demo.app.database.read() as session:
            rows = await views.outbox(session, self._demo.platform, dict(request.query_params))
            return JSONResponse({"rows": rows, "choices": await views.choices(session)})

    async def why(self, request: Request) -> Response:
        demo = self._demo
        async with demo.app.database.read() as session:
            found = await views.why(
                session, demo.platform, demo.app.office, request.path_params["row"], demo.clock.now()
            )
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
            raise self._door.refuse(request, 404, "not_found")
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
        """The steps of the world's show, with the people they speak of."""
        seats = views.chats_by_place(self._demo.platform)
        language = self._door.language(request)
        steps = [
            {
                **step,
                "chat": seats.get(step.get("chat", ""), step.get("chat", "")),
                "caption": step["caption"][language],
            }
            for step in self._demo.scenario.told("tour")["step"]
        ]
        return JSONResponse(
            {"steps": [{**step, "as": seats.get(step.get("as", ""), step.get("as", ""))} for step in steps]}
        )

    async def cycle_state(self, request: Request) -> Response:
        """The steps of the world's whole cycle, and how far it is."""
        return JSONResponse(self._cycle.state(self._door.language(request)))

    async def file(self, request: Request) -> Response:
        """A paper or a sheet that the bot put into a chat, as its reader would save it."""
        chat, line = request.path_params["chat"], request.path_params["line"]
        found = self._demo.platform.bots_line(chat, str(line))
        attachment = (found.attachment if found else None) or {}
        path = Path(attachment.get("path", ""))
        if not attachment.get("path") or not await asyncio.to_thread(path.is_file):
            raise self._door.refuse(request, 404, "not_found")
        return FileResponse(path, filename=attachment["name"])

    # what a visitor does

    async def say(self, request: Request) -> Response:
        kind = self._door.field(request, "attachment", "")
        if kind and kind not in ATTACHMENTS:
            raise self._door.refuse(request, 400, "field", name="attachment")
        line = self._demo.platform.say(
            self._door.field(request, "as"),
            self._door.field(request, "chat"),
            self._demo.clock.now(),
            text=self._door.field(request, "text", ""),
            attachment=ATTACHMENTS.get(kind),
            reply_to=self._door.field(request, "reply_to", ""),
        )
        return JSONResponse({"id": int(line.id)})

    async def press(self, request: Request) -> Response:
        sender, chat, message, token = (self._door.field(request, name) for name in ("as", "chat", "message", "token"))
        self._demo.platform.press(sender, chat, message, token, self._demo.clock.now())
        return JSONResponse({})

    async def begin_chat(self, request: Request) -> Response:
        line = self._demo.platform.start(
            self._door.field(request, "as"), self._demo.clock.now(), self._door.field(request, "token", "")
        )
        return JSONResponse({"id": int(line.id)})

    async def pay(self, request: Request) -> Response:
        """Money arrives, as the bank would report it."""
        demo, fen = self._demo, request.state.body.get("fen")
        if fen is not None and (not isinstance(fen, int) or isinstance(fen, bool) or not 0 < fen <= PAYMENT_FEN_MAX):
            raise self._door.refuse(request, 400, "field", name="fen")
        if not await demo.residents.pay(self._door.field(request, "account"), demo.clock.now(), fen):
            raise self._door.refuse(request, 409, "nothing_open")
        demo.platform.paid(self._door.field(request, "account"), demo.clock.now())
        await demo.app.tick(demo.clock.now(), only="thanks", on_demand=True)
        demo.hub.tell("money", {})
        return JSONResponse({})

    async def move_clock(self, request: Request) -> Response:
        demo, action = self._demo, self._door.field(request, "action")
        if action == "stop":
            if demo.moving or self._cycle.playing:
                demo.halt()
            return JSONResponse(demo.clock_state())
        self._only_at_rest(request)
        if action in ("pause", "go"):
            demo.hold(action == "pause")
        elif action in JUMPS or action == "next":
            to = demo.clock.now() + JUMPS[action] if action in JUMPS else await demo.next_event()
            self._in_background(self._forward(to))
            return JSONResponse({**demo.clock_state(), "moving": True})
        else:
            raise self._door.refuse(request, 400, "field", name="action")
        return JSONResponse(demo.clock_state())

    async def _forward(self, to: datetime) -> None:
        try:
            await self._demo.forward(to)
        except Exception as wrong:
            log.error("the clock stumbled", exc_info=wrong)
            self._demo.tell_clock()

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def set_fault(self, request: Request) -> Response:
        chat, kind = self._door.field(request, "chat"), self._door.field(request, "kind", "")
        platform = self._demo.platform
        if kind and kind not in FAULTS:
            raise self._door.refuse(request, 400, "field", name="kind")
        if chat != EVERYONE and chat not in platform.profiles and chat not in platform.rooms:
            raise self._door.refuse(request, 404, "not_found")
        platform.set_fault(chat, kind)
        return JSONResponse({})

    # as on WeChat's platforms

    async def wear(self, request: Request) -> Response:
        """Give a chat the look and the rules of another platform."""
        skin = self._door.field(request, "skin")
        if skin not in [*Skin]:
            raise self._door.refuse(request, 400, "field", name="skin")
        self._demo.platform.wear(self._door.field(request, "chat"), Skin(skin))
        return JSONResponse({})

    async def click(self, request: Request) -> Response:
        self._demo.platform.click(
            self._door.field(request, "as"), self._door.field(request, "key"), self._demo.clock.now()
        )
        return JSONResponse({})

    async def agree(self, request: Request) -> Response:
        """Say yes to one more one-time notice."""
        self._demo.platform.agree(self._door.field(request, "as"), self._demo.clock.now())
        return JSONResponse({})

    async def unfollow(self, request: Request) -> Response:
        self._demo.platform.unfollow(self._door.field(request, "as"), self._demo.clock.now())
        return JSONResponse({})

    async def confirm(self, request: Request) -> Response:
        """A colleague taps "send"; the bot hears of it when it next asks the platform."""
        self._demo.platform.confirm(self._door.field(request, "task"), self._demo.clock.now())
        return JSONResponse({})

    async def play(self, request: Request) -> Response:
        """Begin a scenario afresh."""
        name = self._door.field(request, "name")
        if name not in raw("scenarios"):
            raise self._door.refuse(request, 400, "field", name="name")
        self._only_at_rest(request)
        await self._demo.reset(name)
        return JSONResponse({})

    async def enter(self, request: Request) -> Response:
        """Go over to another world, as it was left; this one stays as it is."""
        name = self._door.field(request, "name")
        if name not in worlds():
            raise self._door.refuse(request, 400, "field", name="name")
        self._only_at_rest(request)
        await self._demo.enter(name)
        return JSONResponse({})

    async def move_cycle(self, request: Request) -> Response:
        """Begin the whole cycle (the world starts afresh), play its next step, or go on without it."""
        action = self._door.field(request, "action")
        self._only_at_rest(request)
        if action == "begin":
            await self._cycle.begin()
        elif action == "next":
            await self._cycle.step()
        elif action == "leave":
            self._cycle.leave()
        else:
            raise self._door.refuse(request, 400, "field", name="action")
        return JSONResponse(self._cycle.state(self._door.language(request)))

    def _only_at_rest(self, request: Request) -> None:
        """Neither while the clock is on its way, nor in the middle of a step."""
        if self._demo.moving or self._cycle.playing:
            raise self._door.refuse(request, 409, "moving")
