"""The webhook: only the platform gets in, only updates are kept, and nothing is confirmed before it is stored."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
from starlette.applications import Starlette

from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_receiving import BODY_BYTES_MAX, SECRET_HEADER, Pulse, watch
from bot.channels.telegram_wire import Timeouts, connect
from bot.settings import Telegram
from domain.clock import SystemClock
from tests.telegram_server.loopback import Loopback
from tests.telegram_server.people import Person
from tests.telegram_server.server import TelegramServer

SECRET = "a-Secret_of-the_webhook-0123456789"
QUICK = Timeouts(connect=0.5, answer=0.5, total=2.0, poll=0)


@dataclass
class Desk:
    """A channel in webhook mode, its web server, and what it stored."""

    channel: TelegramChannel
    settings: Telegram
    url: str
    stored: list[tuple[str, str]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    broken: bool = False

    async def store(self, external_id: str, payload: str) -> None:
        if self.broken:
            raise OSError("disk full")
        self.stored.append((external_id, payload))
        self.arrived.set()

    async def post(self, body: bytes, secret: str | None = SECRET) -> int:
        headers = {} if secret is None else {SECRET_HEADER: secret}
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.post(self.url, content=body, headers=headers)).status_code


@pytest.fixture
async def desk(settings: Telegram) -> AsyncIterator[Desk]:
    place = Loopback(Starlette())
    async with place:
        url = f"{place.url}/telegram/webhook"
        settings = settings.model_copy(update={"mode": "webhook", "webhook_url": url, "secret_token": SECRET})
        channel = TelegramChannel(settings, SystemClock())
        desk = Desk(channel, settings, url)
        await place.go_down()
        place = Loopback(Starlette(routes=list(channel.routes(desk.store))), place.port)
        await place.come_back()
        yield desk
        await channel.stop()
        await place.go_down()


@pytest.fixture
def wang(server: TelegramServer) -> Person:
    person = server.user("王女士")
    person.start()
    server.updates.pending.clear()
    return person


async def test_what_happens_on_the_platform_arrives(server: TelegramServer, desk: Desk, wang: Person) -> None:
    wang.say("服务器停机时写的")
    await desk.channel.start()  # what waited is kept
    await desk.arrived.wait()
    desk.arrived.clear()
    wang.say("您好")
    await desk.arrived.wait()
    messages = [desk.channel.parse(payload) for _, payload in desk.stored]
    assert [message.text for message in messages if message] == ["服务器停机时写的", "您好"]
    assert [message.external_id for message in messages if message] == [number for number, _ in desk.stored]
    assert server.updates.webhook is not None
    assert server.updates.webhook.secret_token == SECRET
    assert server.updates.allowed == {"message", "edited_message", "callback_query", "my_chat_member"}


async def test_what_could_not_be_stored_is_not_confirmed(server: TelegramServer, desk: Desk, wang: Person) -> None:
    server.updates.first_webhook_wait_seconds = 0.05
    desk.broken = True
    await desk.channel.start()
    wang.say("我已经缴了")
    assert await desk.post(json.dumps({"update_id": 1}).encode()) == 500
    desk.broken = False
    await desk.arrived.wait()
    [(_, payload)] = desk.stored
    assert json.loads(payload)["message"]["text"] == "我已经缴了"
    assert desk.channel.webhook_outcomes["stored"] == 1


@pytest.mark.parametrize("secret", [None, "", SECRET[:-1], f"{SECRET}x", SECRET.lower(), "x" * 10_000])
async def test_without_the_secret_nothing_gets_in(desk: Desk, secret: str | None) -> None:
    for body in (b'{"update_id": 7}', b"x" * (BODY_BYTES_MAX + 1), b""):
        assert await desk.post(body, secret) == 403
    assert desk.stored == []
    assert desk.channel.webhook_outcomes == {"forbidden": 3}


async def test_a_secret_of_odd_bytes_is_refused(desk: Desk) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(desk.url, content=b"{}", headers={SECRET_HEADER.encode(): "geheim-ü".encode()})
    assert answer.status_code == 403


async def test_an_empty_secret_lets_nobody_in(settings: Telegram) -> None:
    channel = TelegramChannel(settings.model_copy(update={"mode": "webhook"}), SystemClock())
    desk = Desk(channel, settings, "")
    async with Loopback(Starlette(routes=list(channel.routes(desk.store)))) as place:
        desk.url = f"{place.url}/telegram/webhook"
        assert await desk.post(b'{"update_id": 7}', "") == 403
        assert await desk.post(b'{"update_id": 7}', None) == 403
    await channel.stop()
    assert desk.stored == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b"{",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"update_id": null}',
        b'{"update_id": true}',
        b'{"update_id": "7"}',
        b'{"update_id": -7}',
        b'{"update_id": 7.5}',
        b'{"update_id": %d}' % 2**63,
        b'{"update_id": ' + b"9" * 5000 + b"}",
    ],
)
async def test_what_is_no_update_is_let_go_and_counted(desk: Desk, body: bytes) -> None:
    """Anything but a 200 would have the platform send it for ever."""
    assert await desk.post(body) == 200
    assert desk.stored == []
    assert desk.channel.webhook_outcomes == {"ignored": 1}


async def test_an_update_is_stored_as_it_came(desk: Desk) -> None:
    """Also one that we can't read yet, and one with halves of characters, which a database must be able to take."""
    bodies = ['{"update_id": 7, "future": {"kind": "hologram"}}', '{"update_id":8,"message":{"text":"\\ud83d\\u0000"}}']
    for body in bodies:
        assert await desk.post(body.encode()) == 200
    assert desk.stored == [("7", bodies[0]), ("8", bodies[1])]
    for body in bodies:
        body.encode()
        assert desk.channel.parse(body) is None


async def test_a_body_over_one_mebibyte_is_refused(desk: Desk) -> None:
    def update(size: int) -> bytes:
        start = b'{"update_id": 7, "message": "'
        return start + b"x" * (size - len(start) - 2) + b'"}'

    assert await desk.post(update(BODY_BYTES_MAX)) == 200
    assert await desk.post(update(BODY_BYTES_MAX + 1)) == 413
    assert len(desk.stored) == 1

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 65536

    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(desk.url, content=endless(), headers={SECRET_HEADER: SECRET})
    assert answer.status_code == 413


async def test_only_post_is_answered(desk: Desk) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(desk.url)).status_code == 405


async def test_in_polling_mode_there_is_no_webhook(telegram: TelegramChannel, desk: Desk) -> None:
    assert telegram.routes(desk.store) == ()


class EnoughPauses(Exception):
    """Ends a watch that would go on for ever."""


async def watched(settings: Telegram, rounds: int) -> Pulse:
    wire, pulse = connect(settings, QUICK), Pulse(SystemClock())
    seconds: list[float] = []

    async def pause(wait: float) -> None:
        seconds.append(wait)
        if len(seconds) == rounds:
            raise EnoughPauses

    with pytest.raises(EnoughPauses):
        await watch(wire, settings, pulse, pause)
    await wire.close()
    assert seconds == [60.0] * rounds
    return pulse


async def test_a_webhook_that_was_taken_away_is_set_again(server: TelegramServer, desk: Desk) -> None:
    await desk.channel.start()
    server.updates.set_webhook(None)
    pulse = await watched(desk.settings, 2)
    assert server.updates.webhook is not None
    assert server.updates.webhook.url == desk.settings.webhook_url
    assert server.updates.webhook.secret_token == SECRET
    assert pulse.health.ok
    assert len(server.accepted("setWebhook")) == 2  # at the start, and once by the watch


async def test_a_webhook_that_telegram_cannot_reach_shows(server: TelegramServer, desk: Desk, wang: Person) -> None:
    desk.broken = True
    await desk.channel.start()
    wang.say("您好")
    assert server.updates.webhook is not None
    async with asyncio.timeout(10):
        await failed(server)
    pulse = await watched(desk.settings, 1)
    assert not pulse.health.ok
    assert "telegram.webhook_url" in pulse.health.detail
    assert "500" in pulse.health.detail


async def failed(server: TelegramServer) -> None:
    webhook = server.updates.webhook
    while webhook is not None and not webhook.last_error_message:  # noqa: ASYNC110 (the platform rings no bell)
        await asyncio.sleep(0.01)


async def test_a_watch_that_hears_nothing_shows(server: TelegramServer, desk: Desk) -> None:
    await server.go_down()
    pulse = await watched(desk.settings, 2)
    assert not pulse.health.ok


async def test_receiving_in_webhook_mode_fetches_nothing(server: TelegramServer, desk: Desk) -> None:
    await desk.channel.start()
    task = asyncio.create_task(desk.channel.receive(desk.store))
    async with asyncio.timeout(10):
        while not server.accepted("getWebhookInfo"):  # noqa: ASYNC110 (the platform rings no bell)
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert [call for call in server.calls if call.method == "getUpdates"] == []
