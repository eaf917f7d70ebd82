"""Health, readiness and figures of a running bot, over real HTTP; none of them tells of a household."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.app import App, build
from bot.channels.telegram import TelegramChannel
from bot.content import CONTENT
from bot.settings import Settings
from bot.web.server import application, server_config
from domain.clock import ManualClock
from models.base import Database
from models.runtime import KILL_SWITCH, set_switch
from tests.cast import CHEN, NAMES, ROOMS, World
from tests.telegram_server.loopback import Loopback
from tests.telegram_server.server import TelegramServer
from understanding.reader import Reader


@dataclass
class Site:
    """A bot whose channel has been started, and a browser on its web side."""

    app: App
    server: TelegramServer
    clock: ManualClock
    channel: TelegramChannel
    http: httpx.AsyncClient


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load(CONTENT)


@pytest.fixture
async def site(database: Database, clock: ManualClock, reader: Reader) -> AsyncIterator[Site]:
    async with TelegramServer() as server:
        settings = Settings.model_validate({
            "telegram": {"enabled": True, "token": server.token, "base_url": server.base_url},
        })  # fmt: skip
        channel = TelegramChannel(settings.telegram, clock)
        app = await build(settings, database, clock, {"telegram": channel}, reader)
        assert await app.open(channel)
        async with (
            Loopback(application(app)) as place,
            httpx.AsyncClient(base_url=place.url, trust_env=False) as http,
        ):
            yield Site(app, server, clock, channel, http)
        await channel.stop()


async def bill_a_household(site: Site) -> None:
    world = World(site.app.database, site.app.office, site.clock.now())
    await world.bill(await world.household(CHEN), date(2026, 11, 20), 24_000)


async def test_it_lives(site: Site) -> None:
    answer = await site.http.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok")


async def test_it_is_ready_when_its_channels_work(site: Site) -> None:
    answer = await site.http.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "problems": [], "paused": False})


async def test_paused_is_ready_and_says_so(site: Site) -> None:
    async with site.app.database.write() as session:
        await set_switch(session, KILL_SWITCH, True, until=None, reason="停水", by="周经理")
    answer = await site.http.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "problems": [], "paused": True})


async def test_a_silent_channel_makes_it_unready_and_says_why(site: Site) -> None:
    site.clock.jump(site.clock.now() + timedelta(minutes=5))
    answer = await site.http.get("/readyz")
    assert answer.status_code == 503
    [problem] = answer.json()["problems"]
    assert problem.startswith("telegram: ")
    assert "check the network" in problem


async def test_a_refused_token_makes_it_unready_and_names_the_cure(site: Site) -> None:
    refused = TelegramChannel(
        site.app.settings.telegram.model_copy(update={"token": f"{site.server.token[:-1]}x"}), site.clock
    )
    assert not await site.app.open(refused)
    site.app.channels["telegram"] = refused  # type: ignore[index]
    answer = await site.http.get("/readyz")
    await refused.stop()
    assert answer.status_code == 503
    assert "check telegram.token" in answer.text
    assert site.server.token[:-1] not in answer.text


async def test_a_database_that_fails_makes_it_unready(site: Site) -> None:
    async with site.app.database.write() as session:
        await session.execute(text("ALTER TABLE switches RENAME TO lost"))
    answer = await site.http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problems"] in (["database: OperationalError"], ["database: ProgrammingError"])


async def test_the_figures_are_sums(site: Site) -> None:
    await bill_a_household(site)
    answer = await site.http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    figures = {
        (sample.name, *sample.labels.items()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert figures[("nuanling_due_fen",)] == 24_000
    assert figures[("nuanling_open_fen",)] == 24_000
    assert figures[("nuanling_received_fen",)] == 0
    assert figures["nuanling_channel_up", ("channel", "telegram")] == 1
    assert figures[("nuanling_next_run_seconds",)] > site.clock.now().timestamp()


async def test_nothing_public_tells_of_a_household(site: Site) -> None:
    await bill_a_household(site)
    canaries = (NAMES[CHEN], NAMES[CHEN][0], ROOMS[CHEN], "3栋", site.server.token)
    for path in ("/healthz", "/readyz", "/metrics"):
        answer = await site.http.get(path)
        assert not [each for each in canaries if each in answer.text], path


async def test_nothing_else_is_served(site: Site) -> None:
    for path in ("/", "/telegram/webhook", "/docs", "/sandbox"):
        assert (await site.http.get(path)).status_code == 404
    assert (await site.http.post("/healthz")).status_code == 405


async def test_the_server_keeps_no_access_log_and_hides_what_it_is(site: Site) -> None:
    config = server_config(application(site.app), "127.0.0.1", 0)
    assert (config.access_log, config.server_header, config.host) == (False, False, "127.0.0.1")


async def test_while_nothing_can_be_written_it_is_not_ready(site: Site) -> None:
    database = site.app.database

    async def fail() -> None:
        async with database.write() as session:
            if not database.is_sqlite:
                await session.execute(text("SET LOCAL statement_timeout = 50"))
            await session.execute(
                text("INSERT INTO nowhere VALUES (1)" if database.is_sqlite else "SELECT pg_sleep(9)")
            )

    with pytest.raises(OperationalError):
        await fail()
    answer = await site.http.get("/readyz")
    assert (answer.status_code, answer.json()["problems"]) == (503, ["database: the last write failed"])
    async with database.write() as session:
        await session.execute(text("DELETE FROM takeovers"))
    assert (await site.http.get("/readyz")).status_code == 200
