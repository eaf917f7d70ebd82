"""Health, readiness and figures of a running bot, over real HTTP; none of them tells of a household."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.app import App, build
from bot.channels.telegram import TelegramChannel
from bot.content import CONTENT
from bot.settings import Settings
from bot.web.server import application, server_config
from domain.clock import ManualClock
from models.accounts import Account, Community
from models.base import Database
from models.bills import Bill
from models.runtime import KILL_SWITCH, set_switch
from tests.telegram_server.loopback import Loopback
from tests.telegram_server.server import TelegramServer
from understanding.reader import Reader

NAME, CODE, PHONE, ROOM = "王建国", "S-1", "13800005678", "1201"


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
    now = site.clock.now()
    async with site.app.database.write() as session:
        community = Community(name="桂花苑", kind="property")
        session.add(community)
        await session.flush()
        account = Account(
            code=CODE, community_id=community.id, kind="property", payer_name=NAME, phone=PHONE, building="3栋",
            address=ROOM, created_at=now, updated_at=now,
        )  # fmt: skip
        session.add(account)
        await session.flush()
        bill = Bill(
            account_id=account.id, item="物业费", period="2026-11", amount_fen=24_000, due_on=date(2026, 11, 20),
            created_at=now,
        )  # fmt: skip
        session.add(bill)


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


async def test_a_database_that_is_gone_makes_it_unready(tmp_path: Path, clock: ManualClock, reader: Reader) -> None:
    path = tmp_path / "nuanling.db"
    database = Database(f"sqlite:///{path}")
    sqlite3.connect(path).close()  # a file without tables
    async with TelegramServer() as server:
        settings = Settings.model_validate({"telegram": {"enabled": True, "token": server.token}})
        channel = TelegramChannel(settings.telegram, clock)
        copied = Database(f"sqlite:///{path}")
        app = await build_on(copied, settings, clock, channel, reader)
        async with Loopback(application(app)) as place, httpx.AsyncClient(trust_env=False) as http:
            answer = await http.get(f"{place.url}/readyz")
        await copied.close()
    await database.close()
    assert answer.status_code == 503
    assert answer.json()["problems"] == ["database: OperationalError"]
    assert str(tmp_path) not in answer.text


async def test_the_figures_are_sums(site: Site) -> None:
    await bill_a_household(site)
    answer = await site.http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    figures = {
        (sample.name, sample.labels.get("channel")): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert figures["nuanling_due_fen", None] == 24_000
    assert figures["nuanling_open_fen", None] == 24_000
    assert figures["nuanling_received_fen", None] == 0
    assert figures["nuanling_channel_up", "telegram"] == 1
    assert figures["nuanling_next_run_seconds", None] > site.clock.now().timestamp()
    assert all(set(sample.labels) <= {"channel"} for family in text_string_to_metric_families(answer.text)
               for sample in family.samples)  # fmt: skip


async def test_nothing_public_tells_of_a_household(site: Site) -> None:
    await bill_a_household(site)
    for path in ("/healthz", "/readyz", "/metrics"):
        answer = await site.http.get(path)
        assert not [each for each in (NAME, CODE, PHONE, ROOM, site.server.token) if each in answer.text], path


async def test_nothing_else_is_served(site: Site) -> None:
    for path in ("/", "/telegram/webhook", "/docs", "/sandbox"):
        assert (await site.http.get(path)).status_code == 404
    assert (await site.http.post("/healthz")).status_code == 405


async def test_the_server_keeps_no_access_log_and_hides_what_it_is(site: Site) -> None:
    config = server_config(application(site.app), "127.0.0.1", 0)
    assert (config.access_log, config.server_header, config.host) == (False, False, "127.0.0.1")
