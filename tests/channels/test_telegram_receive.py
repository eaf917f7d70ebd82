"""Polling: what was not stored comes again, what was stored is confirmed, and no fault makes the loop run hot."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.channel import Sendable, Store
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_receiving import BACK_OFF_SECONDS_MAX, Pulse, poll
from bot.channels.telegram_wire import Timeouts, Wire, connect
from bot.settings import Telegram
from domain.clock import ManualClock, SystemClock
from models import inbox
from models.base import Database
from models.inbox import Inbox
from tests.telegram_server.loopback import Loopback
from tests.telegram_server.people import Person
from tests.telegram_server.server import TelegramServer
from tests.telegram_server.updates import Webhook

QUICK = Timeouts(connect=0.5, answer=0.5, total=2.0, poll=0)  # the platform answers at once, updates or not


class EnoughPauses(Exception):
    """Ends a loop that would wait for ever."""


class Pauses:
    """Stands in for sleeping: notes how long the loop would have waited, and goes on at once."""

    def __init__(self, most: int) -> None:
        self.seconds: list[float] = []
        self._most = most

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if len(self.seconds) == self._most:
            raise EnoughPauses


class Kept:
    """A store in memory: payloads by number, with repetitions."""

    def __init__(self, wanted: int) -> None:
        self.payloads: list[tuple[str, str]] = []
        self.enough = asyncio.Event()
        self._wanted = wanted

    async def __call__(self, external_id: str, payload: str) -> None:
        self.payloads.append((external_id, payload))
        if len(self.payloads) >= self._wanted:
            self.enough.set()

    @property
    def texts(self) -> list[str]:
        return [json.loads(payload)["message"]["text"] for _, payload in self.payloads]


@pytest.fixture
async def wire(settings: Telegram) -> AsyncIterator[Wire]:
    wire = connect(settings, QUICK)
    yield wire
    await wire.close()


@pytest.fixture
def wang(server: TelegramServer) -> Person:
    person = server.user("王女士")
    person.start()
    server.updates.pending.clear()
    return person


async def receive(channel: TelegramChannel, store: Store, until: asyncio.Event) -> None:
    """Receive until something happened."""
    task = asyncio.create_task(channel.receive(store))
    async with asyncio.timeout(10):
        await until.wait()
    task.cancel()
    assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], asyncio.CancelledError)


def offsets(server: TelegramServer) -> list[int]:
    return [int(call.params.get("offset", 0)) for call in server.calls if call.method == "getUpdates"]


async def test_the_offset_moves_only_past_what_is_stored(
    server: TelegramServer, telegram: TelegramChannel, wang: Person
) -> None:
    wang.say("一")
    wang.say("二")
    first = server.updates.pending[0]["update_id"]
    seen_while_storing: list[int] = []
    kept = Kept(3)

    async def store(external_id: str, payload: str) -> None:
        seen_while_storing.append(max(offsets(server)))
        await kept(external_id, payload)
        if len(kept.payloads) == 2:
            asyncio.get_running_loop().call_later(0.05, wang.say, "三")

    await receive(telegram, store, kept.enough)
    assert kept.texts == ["一", "二", "三"]
    assert seen_while_storing == [0, 0, first + 2]
    assert [external_id for external_id, _ in kept.payloads] == [str(first), str(first + 1), str(first + 2)]


async def test_a_death_between_store_and_offset_brings_it_again_and_the_inbox_keeps_one(
    server: TelegramServer, settings: Telegram, wang: Person, database: Database
) -> None:
    wang.say("我已经缴了")
    committed = asyncio.Event()
    commits = 0

    async def store_then_die(external_id: str, payload: str) -> None:
        nonlocal commits
        async with database.write() as session:
            await inbox.store(session, "telegram", external_id, payload, SystemClock().now())
        commits += 1
        committed.set()
        if commits == 1:
            await asyncio.Event().wait()  # the process ends here, its offset with it

    for _ in range(2):
        committed.clear()
        channel = TelegramChannel(settings, SystemClock())
        await channel.start()
        await receive(channel, store_then_die, committed)
        await channel.stop()
    assert commits == 2
    async with database.read() as session:
        rows = list(await session.scalars(select(Inbox)))
    assert [json.loads(row.payload)["message"]["text"] for row in rows] == ["我已经缴了"]


async def test_a_store_that_fails_is_tried_again_and_loses_nothing(
    server: TelegramServer, wire: Wire, wang: Person
) -> None:
    for text in ("一", "二", "三"):
        wang.say(text)
    kept, pulse, health = Kept(3), Pulse(SystemClock()), []
    failures = iter([False, True, True])

    async def store(external_id: str, payload: str) -> None:
        if next(failures, False):
            raise OSError("disk full")
        await kept(external_id, payload)

    async def pause(seconds: float) -> None:
        health.append(pulse.health)
        if len(health) == 3:
            raise EnoughPauses

    with pytest.raises(EnoughPauses):
        await poll(wire, store, pulse, pause)
    assert kept.texts == ["一", "二", "三"]
    assert [each.ok for each in health] == [False, False, True]
    assert "database" in health[0].detail


async def test_an_update_of_an_unknown_shape_stops_nothing(
    server: TelegramServer, telegram: TelegramChannel, wang: Person
) -> None:
    """The SDK's own get_updates would give the whole batch up, again and again."""
    server.updates.pending.append({"update_id": 700_000_500, "message": {"future": [{"kind": "hologram"}]}})
    server.updates.pending.append({"update_id": 700_000_501, "callback_query": {"id": 1, "from": None}})
    server.updates.pending.append({"update_id": 700_000_502, "message": {"text": "\0", "chat": {"id": 7}}})
    kept = Kept(3)
    await receive(telegram, kept, kept.enough)
    assert [external_id for external_id, _ in kept.payloads] == ["700000500", "700000501", "700000502"]
    assert [telegram.parse(payload) for _, payload in kept.payloads] == [None, None, None]
    for _, payload in kept.payloads:
        assert "\0" not in payload  # which no database takes


async def test_half_a_character_is_kept_in_a_form_that_every_database_takes(settings: Telegram) -> None:
    async def platform(request: Request) -> Response:
        return Response('{"ok":true,"result":[{"update_id":7,"message":{"text":"\\ud83d"}}]}')

    async with Loopback(Starlette(routes=[Route("/{path:path}", platform, methods=["POST"])])) as place:
        wire = connect(settings.model_copy(update={"base_url": f"{place.url}/bot"}), QUICK)
        kept = Kept(1)
        task = asyncio.create_task(poll(wire, kept, Pulse(SystemClock())))
        await kept.enough.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await wire.close()
    number, payload = kept.payloads[0]
    assert (number, json.loads(payload)["message"]["text"]) == ("7", "\ud83d")
    assert payload.isascii()


async def test_only_the_kinds_we_read_are_asked_for(server: TelegramServer, telegram: TelegramChannel) -> None:
    kept = Kept(1)
    person = server.user("李先生")
    person.start()
    await receive(telegram, kept, kept.enough)
    assert server.updates.allowed == {"message", "edited_message", "callback_query", "my_chat_member"}
    call = next(call for call in server.calls if call.method == "getUpdates")
    assert int(call.params["timeout"]) == 25


async def pauses_of(wire: Wire, pulse: Pulse, most: int) -> list[float]:
    pauses = Pauses(most)
    with pytest.raises(EnoughPauses):
        await poll(wire, Kept(1), pulse, pauses)
    return pauses.seconds


async def test_a_second_poller_is_named_with_its_cure_and_waited_out(server: TelegramServer, wire: Wire) -> None:
    server.updates.webhook = Webhook("https://elsewhere.example.com")
    pulse = Pulse(SystemClock())
    assert await pauses_of(wire, pulse, 3) == [BACK_OFF_SECONDS_MAX] * 3
    assert len(offsets(server)) == 3
    assert not pulse.health.ok
    assert "another program" in pulse.health.detail
    assert server.token not in pulse.health.detail


async def test_a_refused_token_is_named_with_its_cure_and_waited_out(
    server: TelegramServer, settings: Telegram
) -> None:
    wire = connect(settings.model_copy(update={"token": "700001:AAF-another-token-that-was-revoked-00"}), QUICK)
    pulse = Pulse(SystemClock())
    assert await pauses_of(wire, pulse, 3) == [BACK_OFF_SECONDS_MAX] * 3
    await wire.close()
    assert "telegram.token" in pulse.health.detail


async def test_a_dead_network_is_tried_ever_more_rarely(server: TelegramServer, wire: Wire) -> None:
    await server.go_down()
    seconds = await pauses_of(wire, Pulse(SystemClock()), 12)
    for failures, pause in enumerate(seconds, start=1):
        assert min(30.0, 2.0**failures) / 2 <= pause <= min(30.0, 2.0**failures)
    assert len(set(seconds)) == len(seconds)  # spread, so that many bots don't return at once


async def test_success_makes_the_next_fault_a_first_one_again(server: TelegramServer, wire: Wire, wang: Person) -> None:
    server.faults.add("server_error", method="getUpdates", times=4)
    wang.say("您好")

    async def store(external_id: str, payload: str) -> None:
        server.faults.add("server_error", method="getUpdates", times=1)

    pauses = Pauses(5)
    with pytest.raises(EnoughPauses):
        await poll(wire, store, Pulse(SystemClock()), pauses)
    assert pauses.seconds[3] >= 8
    assert pauses.seconds[4] <= 2


async def test_a_request_to_wait_is_obeyed(server: TelegramServer, wire: Wire) -> None:
    server.faults.add("too_many_requests", method="getUpdates", retry_after_seconds=77)
    [seconds] = await pauses_of(wire, Pulse(SystemClock()), 1)
    assert 70 < seconds <= 77


@pytest.mark.parametrize("fault", ["garbage", "empty", "server_error", "reset_before"])
async def test_no_answer_makes_the_loop_run_hot(server: TelegramServer, wire: Wire, fault: str) -> None:
    server.faults.add(fault, method="getUpdates")
    await pauses_of(wire, Pulse(SystemClock()), 5)
    assert len(offsets(server)) == 5


@pytest.mark.parametrize(
    "result", [{}, True, "x", [None], [{}], [{"update_id": "7"}], [{"update_id": True}], [{"update_id": -1}]]
)
async def test_an_answer_that_is_no_list_of_updates_is_a_fault(
    server: TelegramServer, wire: Wire, monkeypatch: pytest.MonkeyPatch, result: Any
) -> None:
    async def odd(offset: int, limit: int, timeout_seconds: int) -> Any:
        return result

    monkeypatch.setattr(server.updates, "poll", odd)
    pulse = Pulse(SystemClock())
    await pauses_of(wire, pulse, 2)
    assert len(offsets(server)) == 2
    assert not pulse.health.ok


async def test_a_poll_that_is_not_held_open_does_not_run_hot(
    server: TelegramServer, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(offset: int, limit: int, timeout_seconds: int) -> list[Any]:
        return []

    monkeypatch.setattr(server.updates, "poll", at_once)
    assert await pauses_of(wire, Pulse(SystemClock()), 4) == [1.0] * 4


async def test_a_waiting_poll_holds_no_send_up(server: TelegramServer, telegram: TelegramChannel, wang: Person) -> None:
    kept = Kept(1)
    task = asyncio.create_task(telegram.receive(kept))
    wang.say("您好")
    await kept.enough.wait()
    await asyncio.gather(*(telegram.send(Sendable(str(wang.id), f"第{number}条")) for number in range(8)))
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(server.from_bot(wang)) == 8


def test_health_is_the_age_of_the_last_answer() -> None:
    clock = ManualClock(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))
    pulse = Pulse(clock)
    assert not pulse.health.ok
    pulse.beat()
    assert (pulse.health.ok, pulse.health.last_ok_at, pulse.health.detail) == (True, clock.now(), "")
    clock.advance(timedelta(seconds=90))
    assert pulse.health.ok
    clock.advance(timedelta(seconds=1))
    assert not pulse.health.ok
    assert "not answered lately" in pulse.health.detail
    pulse.beat()
    assert pulse.health.ok


async def test_sending_says_nothing_about_receiving(server: TelegramServer, settings: Telegram, wang: Person) -> None:
    """The process lives and sends, its poller is dead: that must show."""
    clock = ManualClock(SystemClock().now())
    channel = TelegramChannel(settings, clock)
    await channel.start()
    assert channel.health.ok
    clock.advance(timedelta(minutes=2))
    await channel.send(Sendable(str(wang.id), "您好"))
    assert not channel.health.ok
    await channel.stop()
