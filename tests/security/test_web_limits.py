"""What one visitor may take of the web server: requests, bytes and seconds; what every answer says to a browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.web.limits import CONNECTIONS_MAX, HEADERS, Bodies, PerAddress, Protocol, WithHeaders, address_of
from bot.web.server import server_config

HOOK = "/telegram/webhook"


class Hurried(Protocol):
    """A head may take a fifth of a second."""

    head_seconds = 0.2


class Seconds:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def count(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def hook(request: Request) -> Response:
    return Response(status_code=200 if request.headers.get("secret") == "right" else 403)


ROUTES = [Route("/", count, methods=["GET", "POST"]), Route(HOOK, hook, methods=["POST"])]


@asynccontextmanager
async def served(*limits: Middleware, protocol: type[Protocol] = Protocol) -> AsyncIterator[int]:
    """A server as the bot runs it, with these limits; its port."""
    config = server_config(Starlette(routes=ROUTES, middleware=limits), "127.0.0.1", 0)
    assert config.http is Protocol
    config.http = protocol
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event to wait for)
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


def client(port: int, own_address: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.AsyncHTTPTransport(local_address=own_address)
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", transport=transport, trust_env=False)


async def statuses(http: httpx.AsyncClient, path: str, times: int, secret: str = "") -> list[int]:
    return [(await http.post(path, headers={"secret": secret})).status_code for _ in range(times)]


async def test_one_address_gets_sixty_a_second_and_the_next_second_sixty_more() -> None:
    clock = Seconds()
    async with (
        served(Middleware(PerAddress, frozenset(), clock=clock)) as port,
        client(port) as http,
        client(port, "127.0.0.2") as other,
    ):
        assert await statuses(http, "/", 70) == [200] * 60 + [429] * 10
        answer = await http.get("/")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert (await other.get("/")).status_code == 200
        clock.now += 0.5
        assert await statuses(http, "/", 32) == [200] * 30 + [429] * 2
        clock.now += 3600
        assert await statuses(http, "/", 61) == [200] * 60 + [429]


async def test_who_knows_the_webhooks_secret_is_not_slowed_down_and_who_does_not_is() -> None:
    clock = Seconds()
    async with served(Middleware(PerAddress, frozenset({HOOK}), clock=clock)) as port, client(port) as http:
        assert await statuses(http, HOOK, 300, "right") == [200] * 300
        assert await statuses(http, HOOK, 70, "wrong") == [403] * 60 + [429] * 10
        assert await statuses(http, "/", 1) == [429]


async def test_the_table_of_addresses_does_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.limits.ADDRESSES_MAX", 3)
    clock = Seconds()
    async with served(Middleware(PerAddress, frozenset(), 1, clock)) as port:
        for number in range(2, 12):
            async with client(port, f"127.0.0.{number}") as http:
                assert await statuses(http, "/", 2) == [200, 429]


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        (None, ""),
    ],
)
def test_a_household_with_many_addresses_is_one_visitor(host: str | None, address: str) -> None:
    assert address_of({"client": (host, 1234) if host else None}) == address


async def test_a_body_that_is_announced_or_turns_out_too_large_is_refused() -> None:
    async def pieces(number: int) -> AsyncIterator[bytes]:
        for _ in range(number):
            yield b"x" * 100

    async with served(Middleware(Bodies, 1000)) as port, client(port) as http:
        assert (await http.post("/", content=b"x" * 1000)).text == "1000"
        assert (await http.post("/", content=b"x" * 1001)).status_code == 413
        assert (await http.post("/", content=pieces(10))).text == "1000"
        assert (await http.post("/", content=pieces(11))).status_code == 413
        assert (await http.get("/")).text == "0"


async def talk(port: int, *pieces: bytes) -> bytes:
    """What a server says until it hangs up, to somebody who says a little and then nothing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    async with asyncio.timeout(20):
        said = await reader.read()
    writer.close()
    return said


async def test_a_body_that_does_not_come_is_given_up() -> None:
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n"
    async with served(Middleware(Bodies, 1000, 0.1)) as port, client(port) as http:
        assert (await talk(port, head)).startswith(b"HTTP/1.1 408 ")
        assert (await talk(port, head, b"123")).startswith(b"HTTP/1.1 408 ")
        assert (await http.post("/", content=b"1234567890")).text == "10"


@pytest.mark.parametrize("length", [b"-1", b"1e9", b"0x10", b"ten", b"9" * 30])
async def test_a_length_that_is_none_is_refused(length: bytes) -> None:
    async with served(Middleware(Bodies, 1000, 0.1)) as port:
        said = await talk(port, b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: " + length + b"\r\n\r\n")
        assert said.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 413 ")), said


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: "])
async def test_a_head_that_does_not_come_is_given_up(said: bytes) -> None:
    async with served(protocol=Hurried) as port:
        assert await talk(port, said) == b""
        whole = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
        said = said or b"P"  # nothing at all is a connection kept alive, for five seconds
        assert (await talk(port, whole, said)).count(b"HTTP/1.1 200") == 1  # also the second one of a connection


async def test_a_connection_in_use_is_never_cut() -> None:
    async with served(protocol=Hurried) as port, client(port) as http:
        ports = set()
        for _ in range(15):
            answer = await http.post("/", content=b"x")
            ports.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
            await asyncio.sleep(0.05)
        assert len(ports) == 1


async def test_every_answer_tells_browsers_what_they_may_not() -> None:
    limits = (Middleware(WithHeaders), Middleware(PerAddress, frozenset(), 5), Middleware(Bodies, 10))
    async with served(*limits) as port, client(port) as http:
        asked = [("GET", "/", b""), ("POST", "/", b"x" * 11), ("GET", "/nothing", b""), ("PUT", "/", b"")]
        answers = [await http.request(method, path, content=body) for method, path, body in asked]
        answers += [await http.get("/") for _ in range(3)]
        assert {answer.status_code for answer in answers} == {200, 404, 405, 413, 429}
        for answer in answers:
            for name, value in HEADERS.items():
                assert answer.headers.get_list(name.decode()) == [value.decode()], (answer.status_code, name)
            assert "server" not in answer.headers


def test_the_server_holds_so_many_connections_and_no_more() -> None:
    assert server_config(Starlette(), "127.0.0.1", 0).limit_concurrency == CONNECTIONS_MAX
