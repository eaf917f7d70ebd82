"""WechatServer: the project's own Official Account platform on loopback, for tests, benchmarks and a bot run by hand."""

import asyncio
import json
import socket
import struct
import sys
from contextlib import suppress
from types import TracebackType
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.telegram_server.faults import Fault
from tests.telegram_server.loopback import Loopback
from tests.wechat_server.callbacks import Callbacks, Person
from tests.wechat_server.interfaces import INTERFACES
from tests.wechat_server.pages import SCRIPT, checked_config, tapped
from tests.wechat_server.world import Call, Follower, Json, Message, Refused, ScriptedError, World


class WechatServer(World):
    """`async with WechatServer() as server:` — then point a bot's wechat.base_url at `server.url`.

    What is stored is in World, what people do in Person; `callbacks.url` is where the bot listens.
    """

    def __init__(self, *, port: int = 0, callback: str = "", token_seconds: float = 7200.0) -> None:
        super().__init__(token_seconds=token_seconds)
        self.callbacks = Callbacks(self, callback)
        routes = [
            Route("/cgi-bin/{path:path}", self._interface, methods=["GET", "POST"]),
            Route("/wxaapi/{path:path}", self._interface, methods=["GET", "POST"]),
            Route("/open/js/{name}.js", self._script),
            Route("/_page/{what}", self._on_page, methods=["POST"]),
            Route("/_control/{path:path}", self._control, methods=["GET", "POST"]),
        ]
        self._loopback = Loopback(Starlette(routes=routes), port)

    async def __aenter__(self) -> "WechatServer":
        """Starts listening."""
        await self._loopback.come_back()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops listening."""
        await self.callbacks.close()
        await self._loopback.go_down()

    @property
    def url(self) -> str:
        """Where it listens; a bot's base_url."""
        return self._loopback.url

    async def go_down(self) -> None:
        """Refuses new connections and cuts those that are open."""
        await self._loopback.go_down()

    async def come_back(self) -> None:
        """Listens again."""
        await self._loopback.come_back()

    def person(self, openid: str = "") -> Person:
        """A WeChat user; they follow nobody yet."""
        openid = openid or f"oPerson-{next(self.numbers):04}-abcdefghijkl"
        follower = self.people.setdefault(openid, Follower(openid))
        return Person(follower, self.callbacks)

    def fail(self, path: str, code: int, times: int = 1, message: str = "scripted", after: int = 0) -> None:
        """Answer calls of an interface with a code: the next ones, or those after some that go through."""
        self.errors.append(ScriptedError(path, code, times, message, after))

    def accepted(self, path: str) -> list[Call]:
        """The calls of an interface that were carried out."""
        return [call for call in self.calls if call.path == path and call.code == 0]

    async def wait_for(self, person: Person, number: int, timeout_seconds: float = 20.0) -> Message:
        """A person's message by its number, counted from 1, as soon as it is there."""
        async with asyncio.timeout(timeout_seconds):
            while len(person.got) < number:
                self.news.clear()
                await self.news.wait()
        return person.got[number - 1]

    # -- the account's calls --------------------------------------------------------------------------------------

    async def _interface(self, request: Request) -> Response:
        path = request.path_params["path"]
        body = dict(request.query_params) | await read_json(request)
        token = str(body.pop("access_token", ""))
        call = Call(path, body, at=self.now())
        self.calls.append(call)
        fault = self.faults.strike(path, None)
        if fault is not None and not fault.accepts:
            return await self._misbehave(fault, request, {})
        try:
            self.scripted(path)
            answer = {"errcode": 0, "errmsg": "ok"} | self._carried_out(path, token, body, request)
        except Refused as refused:
            call.code = refused.code
            answer = {"errcode": refused.code, "errmsg": refused.message}
        if fault is not None:
            return await self._misbehave(fault, request, answer)
        if isinstance(answer.get("media"), bytes):
            return Response(answer["media"], media_type="image/jpeg")
        return _answered(answer)

    def _carried_out(self, path: str, token: str, body: Json, request: Request) -> Json:
        ip = request.client.host if request.client else ""
        if path in ("stable_token", "token"):
            force = path == "token" or body.get("force_refresh") in (True, "true")
            return self.give_token(str(body.get("appid")), str(body.get("secret")), force=force, ip=ip)
        self.check_token(token)
        if path == "media/get":
            return self.sent_media(body)
        if path not in INTERFACES:
            raise Refused(48001, "api unauthorized")
        return INTERFACES[path](self, body, self.callbacks.event)

    def sent_media(self, body: Json) -> Json:
        """What somebody sent less than three days ago."""
        found = self.media.get(str(body.get("media_id")))
        if found is None:
            raise Refused(40007, "invalid media_id")
        return {"media": found}

    async def _misbehave(self, fault: Fault, request: Request, answer: Json) -> Response:
        if fault.kind in ("slow", "hang_before", "hang_after"):
            await asyncio.sleep(fault.delay_ms / 1000 or 60)
        if fault.kind.startswith("reset"):
            _reset(request.scope["state"]["transport"])
        if fault.kind in ("garbage", "empty"):
            return Response("<html>busy</html>" if fault.kind == "garbage" else "")
        if fault.kind.startswith("server_error"):
            return Response(status_code=fault.status)
        return _answered(answer)

    # -- web pages ------------------------------------------------------------------------------------------------

    async def _script(self, request: Request) -> Response:
        """WeChat's script, for whoever the reader's browser says it is."""
        text = SCRIPT.read_text(encoding="utf-8").replace("{openid}", request.headers.get("x-wechat-openid", ""))
        return Response(text.replace("{here}", self.url), media_type="text/javascript")

    async def _on_page(self, request: Request) -> Response:
        """What the script asks of the platform: is the page signed, and what did the reader say."""
        body = await read_json(request)
        openid = str(body.get("openid", ""))
        try:
            if request.path_params["what"] == "config":
                checked_config(self, body["config"], body["url"])
                told: Json = {}
            else:
                person, accepts = self.person(openid), bool(body["accepts"])
                say = person.agree if accepts else person.decline
                asked = list(body["templates"])
                told = tapped(self, openid, asked, accepts=accepts, agree=lambda: say(*asked))
        except Refused as refused:
            told = {"errcode": refused.code, "errmsg": refused.message}
        return JSONResponse({"errcode": 0} | told, headers={"access-control-allow-origin": "*"})

    # -- by hand and from other processes -------------------------------------------------------------------------

    async def _control(self, request: Request) -> Response:
        """people/{id}/{follow,unfollow,say,click,scan,agree,pay,got}, calls, callback, errors, skip, templates, notices, menu."""
        what, _, rest = str(request.path_params["path"]).partition("/")
        body = await read_json(request)
        if what == "people":
            openid, _, action = rest.partition("/")
            person = self.person(openid)
            if action and action != "got":
                getattr(person, action)(*body.get("with", []))
            got = [vars(message) for message in person.got]
            return JSONResponse({"openid": person.openid, "broken": person.follower.broken, "got": got})
        if what == "callback":
            self.callbacks.url = str(body["url"])
        elif what == "errors":
            self.fail(str(body["path"]), int(body["code"]), int(body.get("times", 1)))
        elif what == "skip":
            self.skipped_seconds += float(body["seconds"])
        elif what == "templates":
            self.templates |= body
        elif what == "notices":
            self.notice_templates |= body
        return JSONResponse(
            {"calls": [vars(call) for call in self.calls], "menu": self.menu, "tokens": self.token_calls}
        )


async def read_json(request: Request) -> Json:
    """The body as an object; {} for anything else."""
    raw = await request.body()
    with suppress(ValueError):
        found = json.loads(raw.decode("utf-8", "replace") or "{}")
        if isinstance(found, dict):
            return found
    return {}


def _answered(answer: Json) -> Response:
    return Response(json.dumps(answer, ensure_ascii=False), media_type="application/json; encoding=utf-8")


def _reset(transport: Any) -> None:
    """Cuts the connection with a TCP reset, not with a polite end."""
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def serve(server: WechatServer, section: str) -> None:
    """Runs until killed; the first line on stdout is the URL, the second the account as JSON, then a section for config.toml."""
    async with server:
        account = server.settings(server.url)
        lines = [f"{key} = {json.dumps(value)}\n" for key, value in account.items()]
        sys.stdout.write(f"{server.url}\n{json.dumps(account)}\n\n[{section}]\n{''.join(lines)}")
        sys.stdout.flush()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
