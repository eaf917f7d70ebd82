"""The HTTP side of the bot: one ASGI app, kept thin so that it outruns every client. Carries faults out, logs calls."""

import asyncio
import json
import socket
import struct
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from tests.telegram_server import chats, messages, profile
from tests.telegram_server.faults import Fault
from tests.telegram_server.parameters import Parameters, read_parameters
from tests.telegram_server.refusals import Refused, too_many_requests
from tests.telegram_server.world import Call, World

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

METHODS: dict[str, Callable[[World, Parameters], Any]] = messages.METHODS | chats.METHODS | profile.METHODS
LONGEST_POLL_SECONDS = 50
JSON_TYPE = b"application/json"


class Wire:
    """ASGI app: /bot<token>/<method>, /file/bot<token>/<path>; everything else goes to the control app."""

    def __init__(self, world: World, control: App) -> None:
        self.world = world
        self.control = control
        self._from_webhook: asyncio.Future[bytes] | None = None
        world.updates.on_method_in_answer = self._method_in_answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        path = scope["path"]
        if path.startswith("/bot"):
            await self._bot_call(path, scope, receive, send)
        elif path.startswith("/file/bot"):
            await self._download(path, send)
        else:
            await self.control(scope, receive, send)

    async def _bot_call(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        token, _, method = path.removeprefix("/bot").partition("/")
        try:
            self._check_token(token)
            params = await read_parameters(scope, await _body(receive))
        except Refused as refusal:
            await _answer(send, refusal.status, json.dumps(refusal.as_json()).encode())
            return
        call = self._log(method, params)
        fault = self.world.faults.strike(method, call.chat)
        call.fault = fault.kind if fault else None
        body = b""
        if fault is None or fault.accepts:
            body = await self._carry_out(call, params, receive)
        if fault is None:
            await _answer(send, call.status or HTTPStatus.OK, body)
        else:
            await self._misbehave(fault, call, body, scope, receive, send)

    def _check_token(self, token: str) -> None:
        if token != self.world.token:
            number, _, secret = token.partition(":")
            raise Refused(401, "Unauthorized") if number.isdecimal() and secret else Refused(404, "Not Found")

    def _log(self, method: str, params: Parameters) -> Call:
        chat = params.integer("chat_id") or None
        text = params.values.get("text", params.values.get("caption"))
        number = len(self.world.calls) + 1
        call = Call(number, method, chat, text, params.for_log(), time.monotonic(), time.time())
        self.world.calls.append(call)
        return call

    async def _carry_out(self, call: Call, params: Parameters, receive: Receive | None) -> bytes:
        """Runs the method and notes in the call how it went. Returns the body of the answer."""
        limits = self.world.limits
        name = call.method.lower()
        limited = name.startswith(("send", "edit")) and name != "sendchataction"
        try:
            if seconds := limits.seconds_blocked():
                limits.too_many_requests += 1
                raise too_many_requests(seconds)
            if limited and (seconds := limits.seconds_to_wait(call.chat or 0)):
                limits.refuse(seconds)
                raise too_many_requests(seconds)
            if name == "getupdates":
                result = await self._get_updates(params, receive)
            elif name in METHODS:
                result = METHODS[name](self.world, params)
            else:
                raise Refused(404, "Not Found: method not found")
        except Refused as refusal:
            call.status, call.description = refusal.status, refusal.description
            return json.dumps(refusal.as_json()).encode()
        if limited:
            limits.count(call.chat or 0)
        call.accepted, call.status = True, 200
        if isinstance(result, dict):
            call.message_id = result.get("message_id")
        return json.dumps({"ok": True, "result": result}, ensure_ascii=False).encode()

    async def _get_updates(self, params: Parameters, receive: Receive | None) -> Any:
        updates = self.world.updates
        updates.allow(params.json("allowed_updates", "allowed updates"))
        timeout = min(max(params.integer("timeout"), 0), LONGEST_POLL_SECONDS)
        poll = asyncio.ensure_future(updates.poll(params.integer("offset"), params.integer("limit", 100), timeout))
        if receive is None or timeout == 0:
            return await poll
        gone = asyncio.ensure_future(_until_disconnected(receive))
        await asyncio.wait({poll, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not poll.done():
            poll.cancel()
            return []
        return poll.result()

    async def _misbehave(
        self, fault: Fault, call: Call, body: bytes, scope: Scope, receive: Receive, send: Send
    ) -> None:
        match fault.kind:
            case "reset_before" | "reset_after":
                _reset(scope["state"]["transport"])
                await _until_disconnected(receive)
            case "hang_before" | "hang_after":
                await _until_disconnected(receive)
            case "garbage":
                await _answer(send, HTTPStatus.OK, b"<html>busy</html>", b"text/html")
            case "empty":
                await _answer(send, HTTPStatus.OK, b"")
            case "slow":
                await asyncio.sleep(fault.delay_ms / 1000)
                await _answer(send, call.status or HTTPStatus.OK, body)
            case "too_many_requests":
                self.world.limits.refuse(fault.retry_after_seconds)
                await self._refuse(send, call, too_many_requests(fault.retry_after_seconds))
            case _:
                await self._refuse(send, call, Refused(fault.status, HTTPStatus(fault.status).phrase))

    async def _refuse(self, send: Send, call: Call, refusal: Refused) -> None:
        call.status, call.description = refusal.status, refusal.description
        await _answer(send, refusal.status, json.dumps(refusal.as_json()).encode())

    async def _download(self, path: str, send: Send) -> None:
        token, _, file_path = path.removeprefix("/file/bot").partition("/")
        found = next((file for file in self.world.files.values() if file.path == file_path), None)
        if token != self.world.token or found is None:
            await _answer(send, HTTPStatus.NOT_FOUND, json.dumps(Refused(404, "Not Found").as_json()).encode())
        else:
            await _answer(send, HTTPStatus.OK, found.content, b"application/octet-stream")

    def _method_in_answer(self, content: Any) -> None:
        """A webhook may answer an update with one method call; its result is told to nobody."""
        method = content.get("method") if isinstance(content, dict) else None
        if method and str(method).lower() in METHODS and not str(method).lower().startswith("get"):
            params = Parameters({name: value for name, value in content.items() if name != "method"})
            self._from_webhook = asyncio.ensure_future(self._carry_out(self._log(method, params), params, None))


async def _body(receive: Receive) -> bytes:
    message = await receive()
    if not message.get("more_body"):
        return bytes(message.get("body", b""))
    parts = [message.get("body", b"")]
    while message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)


async def _answer(send: Send, status: int, body: bytes, media_type: bytes = JSON_TYPE) -> None:
    headers = [(b"content-type", media_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _reset(transport: asyncio.Transport) -> None:
    """Cuts the connection with a TCP reset, not with a polite end."""
    connection = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
