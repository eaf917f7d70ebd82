"""The fake Telegram's wire: polling, webhook, limits, faults through both HTTP transports, a process of its own."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import httpcore
import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from telegram.error import Conflict, NetworkError, RetryAfter, TelegramError, TimedOut
from telegram.ext import ExtBot
from telegram.request import BaseRequest, HTTPXRequest

from bot.channels.telegram_request import AiohttpRequest
from tests.telegram_server.loopback import Loopback
from tests.telegram_server.people import Person
from tests.telegram_server.server import TelegramServer

Bot = ExtBot[None]
MakeBot = Callable[[], Bot]


@pytest.fixture(autouse=True)
def _durations_as_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest_asyncio.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer(seed=7) as running:
        yield running


def bot_through(server: TelegramServer, transport: str) -> Bot:
    def request() -> BaseRequest:
        return AiohttpRequest(8, 5.0, 5.0) if transport == "aiohttp" else HTTPXRequest()

    return ExtBot(server.token, base_url=server.base_url, request=request(), get_updates_request=request())


@pytest_asyncio.fixture(params=["httpx", "aiohttp"])
async def bot(server: TelegramServer, request: pytest.FixtureRequest) -> AsyncIterator[Bot]:
    async with bot_through(server, request.param) as ready:
        yield ready


@pytest.fixture
def wang(server: TelegramServer) -> Person:
    person = server.user("王女士")
    person.start()
    return person


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


# -- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "delivered", "outer", "inner"),
    [
        ("reset_before", 0, NetworkError, (httpcore.ReadError, aiohttp.ClientOSError)),
        ("reset_after", 1, NetworkError, (httpcore.ReadError, aiohttp.ClientOSError)),
        ("hang_before", 0, TimedOut, (httpcore.ReadTimeout, aiohttp.SocketTimeoutError)),
        ("hang_after", 1, TimedOut, (httpcore.ReadTimeout, aiohttp.SocketTimeoutError)),
        ("server_error", 0, NetworkError, (NetworkError,)),
        ("server_error_after", 1, NetworkError, (NetworkError,)),
        ("garbage", 1, TelegramError, (ValueError,)),
        ("empty", 1, TelegramError, (ValueError,)),
        ("too_many_requests", 0, RetryAfter, (RetryAfter,)),
    ],
)
async def test_what_each_fault_does_and_how_the_sdk_tells_it(
    server: TelegramServer,
    bot: Bot,
    wang: Person,
    kind: str,
    delivered: int,
    outer: type[TelegramError],
    inner: tuple[type[Exception], ...],
) -> None:
    server.limits.blocks_every_method = False
    server.faults.add(kind, method="sendMessage", times=1)
    with pytest.raises(outer) as caught:
        await bot.send_message(wang.id, "第一", read_timeout=0.5)
    assert any(isinstance(error, inner) for error in chain(caught.value))
    assert len(server.from_bot(wang)) == delivered
    await bot.send_message(wang.id, "第二")
    assert [call.text for call in server.accepted("sendMessage")] == ["第一"] * delivered + ["第二"]
    assert [call.fault for call in server.calls if call.method == "sendMessage"] == [kind, None]


async def test_while_down_connections_are_refused_and_memory_stays(
    server: TelegramServer, bot: Bot, wang: Person
) -> None:
    await server.go_down()
    await asyncio.sleep(0.01)  # the bot's side notices that its kept connection is gone
    with pytest.raises(NetworkError) as caught:
        await bot.send_message(wang.id, "没有人听")
    refused = (httpcore.ConnectError, aiohttp.ClientConnectorError)
    assert any(isinstance(error, refused) for error in chain(caught.value))
    await server.come_back()
    assert (await bot.send_message(wang.id, "回来了")).text == "回来了"
    assert [call.text for call in server.accepted("sendMessage")] == ["回来了"]


async def test_faults_by_chat_and_probability_repeat_with_their_seed(server: TelegramServer, wang: Person) -> None:
    li = server.user("李先生")
    li.start()

    async def outcome(running: TelegramServer) -> list[int]:
        running.faults.add("server_error", chat=100_001, probability=0.5, status=500)
        async with httpx.AsyncClient(base_url=f"{running.base_url}{running.token}") as client:
            return [
                (await client.post("/sendMessage", json={"chat_id": chat, "text": "a"})).status_code
                for chat in (100_001, 100_002) * 10
            ]

    seen = await outcome(server)
    async with TelegramServer(seed=7) as second:
        for name in ("王女士", "李先生"):
            second.user(name).start()
        assert await outcome(second) == seen
    assert set(seen[0::2]) == {200, 500}
    assert set(seen[1::2]) == {200}


async def test_bytes_that_are_no_text_are_refused(server: TelegramServer, wang: Person) -> None:
    bodies = [
        (b"chat_id=%d&text=\xff" % wang.id, "application/x-www-form-urlencoded"),
        (b'{"chat_id": %d, "text": "\\ud800"}' % wang.id, "application/json"),
        (b"{", "application/json"),
    ]
    async with httpx.AsyncClient(base_url=f"{server.base_url}{server.token}") as client:
        for body, media_type in bodies:
            answer = await client.post("/sendMessage", content=body, headers={"content-type": media_type})
            assert (answer.status_code, answer.json()["ok"]) == (400, False)
    assert server.from_bot(wang) == []


async def test_slow_answers_arrive(server: TelegramServer, bot: Bot, wang: Person) -> None:
    server.faults.add("slow", delay_ms=100, times=1)
    assert (await bot.send_message(wang.id, "慢")).text == "慢"
    with pytest.raises(ValueError, match="no fault is called 'typo'"):
        server.faults.add("typo")


# -- limits -----------------------------------------------------------------------------------------------------------


async def send_until_refused(bot: Bot, chats: list[int]) -> tuple[int, int]:
    """(how many went through, seconds to wait)"""
    for sent, chat in enumerate(chats):
        try:
            await bot.send_message(chat, "a")
        except RetryAfter as refusal:
            wait = refusal.retry_after
            return sent, wait if isinstance(wait, int) else int(wait.total_seconds())
    return len(chats), 0


async def test_limits_by_chat_group_and_overall(server: TelegramServer, bot: Bot, wang: Person) -> None:
    now = 1000.0
    server.limits.enabled, server.limits.blocks_every_method, server.limits.clock = True, False, lambda: now
    assert await send_until_refused(bot, [wang.id] * 9) == (3, 3)
    now += 1
    assert await send_until_refused(bot, [wang.id]) == (0, 2)
    now += 2
    assert await send_until_refused(bot, [wang.id]) == (1, 0)

    group = server.group("暖铃小区")
    now += 1
    assert await send_until_refused(bot, [group.id] * 30) == (20, 60)
    now += 59.5
    assert await send_until_refused(bot, [group.id]) == (0, 1)

    now += 10
    people = [server.user(f"住户{number}") for number in range(40)]
    for person in people:
        person.start()
    assert await send_until_refused(bot, [person.id for person in people]) == (30, 1)
    assert server.limits.too_many_requests == 5


async def test_a_429_blocks_every_method_until_it_has_passed(server: TelegramServer, bot: Bot, wang: Person) -> None:
    now = 1000.0
    server.limits.clock = lambda: now
    server.faults.add("too_many_requests", retry_after_seconds=5, times=1)
    assert await send_until_refused(bot, [wang.id]) == (0, 5)
    now += 2
    with pytest.raises(RetryAfter):
        await bot.get_me()
    assert server.calls[-1].description == "Too Many Requests: retry after 3"
    assert server.limits.too_many_requests == 2
    now += 3
    assert await send_until_refused(bot, [wang.id]) == (1, 0)


async def until(condition: Callable[[], bool]) -> None:
    """Gives way to the others until it is so."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the parties have no event to share
            await asyncio.sleep(0.01)


# -- updates ----------------------------------------------------------------------------------------------------------


async def test_long_polling_confirms_by_offset(server: TelegramServer, bot: Bot, wang: Person) -> None:
    [first] = await bot.get_updates()
    assert await bot.get_updates() == (first,)
    poll = asyncio.create_task(bot.get_updates(offset=first.update_id + 1, timeout=10))
    await until(lambda: server.calls[-1].params.get("timeout") == "10")
    wang.say("一")
    [second] = await poll
    assert second.update_id == first.update_id + 1
    for text in ("二", "三", "四"):
        wang.say(text)
    assert len(await bot.get_updates(limit=2)) == 2
    [newest] = await bot.get_updates(offset=-1)
    assert newest.message is not None
    assert newest.message.text == "四"
    assert len(server.updates.pending) == 1
    assert await bot.get_updates(offset=newest.update_id + 1) == ()


async def test_allowed_updates_filter_what_is_queued_from_then_on(
    server: TelegramServer, bot: Bot, wang: Person
) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    wang.say("不要这个")
    sent = await bot.send_message(wang.id, "账单")
    wang.forge("data", sent.message_id)
    start, press = await bot.get_updates()
    assert (start.message is not None, press.callback_query is not None) == (True, True)
    await bot.get_updates(allowed_updates=[])
    wang.say("要这个")
    assert len(await bot.get_updates()) == 3


async def test_a_second_poller_ends_the_first(server: TelegramServer, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=10))
    await until(lambda: server.calls[-1].method == "getUpdates")
    assert await bot.get_updates() == ()
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await first


async def test_a_poller_that_vanishes_loses_nothing(server: TelegramServer, bot: Bot, wang: Person) -> None:
    [start] = await bot.get_updates()
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    target = f"/bot{server.token}/getUpdates?timeout=50&offset={start.update_id + 1}"
    writer.write(f"GET {target} HTTP/1.1\r\nhost: a\r\n\r\n".encode())
    await until(lambda: server.calls[-1].params.get("timeout") == "50")
    wang.say("它没看到这个")
    writer.transport.abort()
    [update] = await bot.get_updates(offset=start.update_id + 1, timeout=5)
    assert update.message is not None
    assert update.message.text == "它没看到这个"


class Hook:
    """A webhook that can fail, and remembers what it was sent."""

    def __init__(self) -> None:
        self.failures = 0
        self.answer: dict[str, Any] = {}
        self.received: list[tuple[str | None, dict[str, Any]]] = []
        self.app = Starlette(routes=[Route("/{path:path}", self.receive, methods=["POST"])])

    async def receive(self, request: Request) -> Response:
        if self.failures:
            self.failures -= 1
            return Response(status_code=500)
        self.received.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), await request.json()))
        return JSONResponse(self.answer)


async def test_webhook(server: TelegramServer, bot: Bot, wang: Person) -> None:
    server.updates.first_webhook_wait_seconds = 0.01
    hook = Hook()
    async with Loopback(hook.app) as receiver:
        hook.failures = 2
        await bot.set_webhook(f"{receiver.url}/telegram/webhook", secret_token="s3cret_-")
        for text in ("一", "二", "三"):
            wang.say(text)
        with pytest.raises(Conflict, match="webhook is active"):
            await bot.get_updates()
        await until(lambda: len(hook.received) == 4)
        assert {secret for secret, _ in hook.received} == {"s3cret_-"}
        assert [update["message"]["text"] for _, update in hook.received] == ["/start", "一", "二", "三"]
        info = await bot.get_webhook_info()
        assert (info.pending_update_count, info.url) == (0, f"{receiver.url}/telegram/webhook")
        assert info.last_error_message == "Wrong response from the webhook: 500 Internal Server Error"

        hook.answer = {"method": "sendMessage", "chat_id": wang.id, "text": "随手回答"}
        wang.say("四")
        assert (await server.wait_for_message(wang))["text"] == "随手回答"
        await bot.delete_webhook()
        wang.say("五")
        assert [update.message.text for update in await bot.get_updates() if update.message] == ["五"]


# -- a process of its own ---------------------------------------------------------------------------------------------


async def test_as_a_process_driven_over_http(tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(root / "tests/telegram_server"), "--port", "0", cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        url, token = [(await process.stdout.readline()).decode().strip() for _ in range(2)]
        async with (
            httpx.AsyncClient(base_url=f"{url}/_control") as control,
            ExtBot(token, base_url=f"{url}/bot") as bot,
        ):

            async def post(path: str, **given: Any) -> Any:
                answer = await control.post(path, json=given)
                assert answer.status_code == 200, answer.text
                return answer.json()

            wang = (await post("/users", first_name="王女士"))["id"]
            group = (await post("/groups", title="暖铃小区", members=[wang]))["id"]
            await post(f"/users/{wang}/start", token="abc")
            await post(f"/users/{wang}/say", text="/help@nuanling_bot", chat=group)
            seen = [update.message.text for update in await bot.get_updates() if update.message and update.message.text]
            assert seen == ["/start abc", "/help@nuanling_bot"]

            keyboard = {"inline_keyboard": [[{"text": "缴费", "callback_data": "pay"}]]}
            await bot.send_message(wang, "账单", api_kwargs={"reply_markup": keyboard})
            waited = (await control.get("/wait", params={"chat": wang, "timeout": 5})).json()
            assert waited["text"] == "账单"
            await post(f"/users/{wang}/press", label_or_data="缴费")
            await post("/faults", kind="server_error", method="sendMessage", times=1)
            with pytest.raises(NetworkError):
                await bot.send_message(wang, "坏了")
            calls = (await control.get("/calls", params={"method": "sendMessage"})).json()
            assert [(call["text"], call["accepted"], call["status"]) for call in calls] == [
                ("账单", True, 200),
                ("坏了", False, 502),
            ]
            texts = [message.get("text") for message in (await control.get("/messages", params={"chat": wang})).json()]
            assert texts == ["/start abc", "账单"]
            assert (await post("/limits", enabled=True))["enabled"] is True
            mistake = await control.post(f"/users/{wang}/fly", json={})
            assert (mistake.status_code, "people can't 'fly'" in mistake.json()["error"]) == (400, True)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
