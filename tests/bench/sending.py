"""Durable sending next to bare python-telegram-bot, and how much of the platform's limits is used."""

from __future__ import annotations

import asyncio
import statistics
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import select, update
from telegram.ext import ExtBot

from bot.channels.telegram import TelegramChannel
from bot.content import load_office
from bot.database import upgrade
from bot.lanes import Lane
from bot.settings import Settings, Telegram
from domain.clock import ManualClock, monotonic
from domain.messages import Address, Audience, Kind, OutgoingMessage
from domain.pacing import Limits
from jobs import plan
from models import outbox
from models.base import Database
from models.dialogue import Group
from models.outbox import Outbox
from models.people import Contact
from models.posting import Draft, post_all
from tests.bench.platform import Platform, platform
from tests.bench.world import fill

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
DUE_ON = date(2026, 11, 30)
UNLIMITED = Limits(100_000, 1_000, 100_000)


async def bare(server: Platform, chats: list[int], concurrency: int) -> float:
    """Messages a second of an ExtBot as it comes."""
    async with ExtBot(server.token, base_url=f"{server.url}/bot") as bot:
        gate = asyncio.Semaphore(concurrency)

        async def one(chat: int) -> None:
            async with gate:
                await bot.send_message(chat, "您好,11 月物业费 286.40 元,11 月 30 日前缴即可。")

        start = monotonic()
        await asyncio.gather(*(one(chat) for chat in chats))
        return len(chats) / (monotonic() - start)


async def prepared(server: Platform, chats: list[int], path: Path, limits: Limits | None) -> tuple[Database, Lane]:
    """An office whose households are all due, planned, with a lane to the server."""
    path.unlink(missing_ok=True)  # noqa: ASYNC240
    database = Database(f"sqlite:///{path}")
    await upgrade(database)
    await fill(database, len(chats), DUE_ON)
    async with database.write() as session:
        for number, chat in enumerate(chats, start=1):
            await session.execute(update(Contact).where(Contact.id == number).values(chat=str(chat), user=str(chat)))
    office = load_office(Settings(), ("telegram",))
    clock = ManualClock(NOW)
    await plan.run(database, office, clock.now())
    settings = Telegram(enabled=True, token=server.token, base_url=f"{server.url}/bot", global_per_second=30)
    channel = TelegramChannel(settings, clock)
    if limits is not None:
        channel.limits = replace(limits, concurrency=channel.limits.concurrency)
    await channel.start()
    return database, Lane(database, channel, office, clock)


async def durable(server: Platform, chats: list[int], directory: Path) -> float:
    """Messages a second through plan, gate, claim, send and record."""
    database, lane = await prepared(server, chats, directory / "send.db", UNLIMITED)
    start = monotonic()
    await lane.drain()
    took = monotonic() - start
    async with database.read() as session:
        sent = len(list(await session.scalars(select(Outbox.id).where(Outbox.state == "sent"))))
    assert sent == len(chats), f"{sent} of {len(chats)} sent"
    await lane.channel.stop()
    await database.close()
    return sent / took


async def ratio(directory: Path, messages: int, rounds: int) -> tuple[float, float]:
    """(bare at its best concurrency, durable), messages a second, medians of rounds that alternate."""
    bares: dict[int, list[float]] = {1: [], 8: [], 32: []}
    ours: list[float] = []
    async with platform() as server:
        chats = await server.people(messages)
        for _ in range(rounds):
            for concurrency, rates in bares.items():
                rates.append(await bare(server, chats, concurrency))
            ours.append(await durable(server, chats, directory))
    return max(statistics.median(rates) for rates in bares.values()), statistics.median(ours)


async def share_of_limit(directory: Path, messages: int) -> tuple[float, int]:
    """(share of 30 messages a second that was used, answers of 429) with the platform keeping its limits."""
    async with platform() as server:
        chats = await server.people(messages)
        await server.http.post(f"{server.url}/_control/limits", json={"enabled": True})
        database, lane = await prepared(server, chats, directory / "limit.db", None)
        start = monotonic()
        await lane.drain()
        took = monotonic() - start
        refused = (await server.limits()).get("too_many_requests", 0)
        await lane.channel.stop()
        await database.close()
        return messages / took / 30, int(refused)


async def one_group(directory: Path, messages: int = 40) -> tuple[int, int]:
    """(most messages in any 60 s, answers of 429) for many messages to one group."""
    async with platform() as server:
        await server.http.post(f"{server.url}/_control/limits", json={"enabled": True})
        owner = (await server.people(1))[0]
        group = (
            await server.http.post(f"{server.url}/_control/groups", json={"title": "业主群", "members": [owner]})
        ).json()
        database, lane = await prepared(server, [owner], directory / "group.db", None)
        words = OutgoingMessage("broadcast", "通知", audience=Audience.GROUP, kind=Kind.STAFF_CARD)
        async with database.write() as session:
            session.add(Group(channel="telegram", chat=str(group["id"]), audience="staff"))
            to = Address("telegram", str(group["id"]))
            drafts = [Draft(to, words, f"bench/{n}", outbox.Context()) for n in range(messages)]
            await post_all(session, drafts, NOW)
        running = asyncio.create_task(lane.run())  # not `drain`: it ends when the limiter keeps the next one back
        while await server.count("sendMessage") < messages + 1:  # noqa: ASYNC110 (its own reminder goes out, too)
            await asyncio.sleep(1)
        await lane.stop()
        await running
        calls = await server.accepted("sendMessage")
        times = [call["at"] for call in calls if str(call["chat"]) == str(group["id"])]
        most = max(sum(1 for each in times if start <= each < start + 60) for start in times)
        refused = (await server.limits()).get("too_many_requests", 0)
        await lane.channel.stop()
        await database.close()
        return most, int(refused)
