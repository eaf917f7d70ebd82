"""Answering: durable, next to a bare python-telegram-bot echo behind the same server; and while much else goes on."""

from __future__ import annotations

import asyncio
import statistics
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import aiohttp
import uvicorn
from sqlalchemy import update
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from telegram import Update
from telegram.ext import ApplicationBuilder, ContextTypes, MessageHandler, filters

from bot.app import App, build
from bot.channels.telegram import TelegramChannel
from bot.database import upgrade
from bot.settings import Settings, Telegram
from domain.clock import ManualClock, monotonic
from domain.pacing import Limits
from jobs import plan
from models.base import Database
from models.bills import Bill
from tests.bench.platform import Platform, platform
from tests.bench.sending import UNLIMITED
from tests.bench.world import fill

SECRET = "bench-secret-bench"
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ASKING = 2000  # residents: one question each, ten a second
CONNECTIONS = (4, 8, 16, 32)  # measured with each; both are taken at their best
Post = Callable[[int, int], Coroutine[None, None, None]]  # (update number, chat)


def update_of(number: int, chat: int) -> dict[str, object]:
    person = {"id": chat, "is_bot": False, "first_name": "王"}
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": int(NOW.timestamp()),
            "chat": {"id": chat, "type": "private", "first_name": "王"},
            "from": person,
            "text": "我要交多少钱",
        },
    }


@asynccontextmanager
async def serving(application: Starlette) -> AsyncIterator[Post]:
    """The application on loopback, and how to push an update to it as the platform would."""
    # A connection is kept for longer than the client keeps one: else it is closed just as the next push is written to it.
    config = uvicorn.Config(
        application, port=0, log_level="error", lifespan="off", access_log=False, timeout_keep_alive=120
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event to wait for)
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    # By aiohttp: the load shares our processor, and httpx would cost more than half as much as an answer.
    async with aiohttp.ClientSession(
        f"http://127.0.0.1:{port}",
        headers={"X-Telegram-Bot-Api-Secret-Token": SECRET},
        connector=aiohttp.TCPConnector(limit=max(CONNECTIONS)),
        raise_for_status=True,
    ) as client:

        async def push(number: int, chat: int) -> None:
            async with client.post("/telegram/webhook", json=update_of(number, chat)) as answer:
                await answer.read()

        yield push
    server.should_exit = True
    await task


@asynccontextmanager
async def echo(server: Platform) -> AsyncIterator[Post]:
    """python-telegram-bot at its best: a webhook that answers each update with one message, many at a time."""
    builder = ApplicationBuilder().token(server.token).base_url(f"{server.url}/bot").updater(None)
    application = builder.concurrent_updates(True).connection_pool_size(2 * max(CONNECTIONS)).build()

    async def reply(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message is not None
        await update.message.reply_text("您好,11 月物业费 286.40 元。")

    application.add_handler(MessageHandler(filters.TEXT, reply))

    async def webhook(request: Request) -> Response:
        await application.process_update(Update.de_json(await request.json(), application.bot))
        return PlainTextResponse("")

    async with application, serving(Starlette(routes=[Route("/telegram/webhook", webhook, methods=["POST"])])) as push:
        yield push


@asynccontextmanager
async def ours(
    server: Platform, chats: list[int], path: Path, limits: Limits | None = UNLIMITED
) -> AsyncIterator[tuple[App, Post]]:
    """The whole bot in webhook mode: store, acknowledge, understand, answer from the ledger, deliver, record.

    `limits`: how fast it may write; None for Telegram's own.
    """
    path.unlink(missing_ok=True)  # noqa: ASYNC240
    database = Database(f"sqlite:///{path}")
    await upgrade(database)
    await fill(database, len(chats), date(2026, 11, 30), first_chat=min(chats) - 1)
    settings = Telegram(
        enabled=True,
        token=server.token,
        base_url=f"{server.url}/bot",
        mode="webhook",
        webhook_url="https://bench.invalid/telegram/webhook",
        secret_token=SECRET,
    )
    clock = ManualClock(NOW)
    channel = TelegramChannel(settings, clock)
    if limits is not None:
        channel.limits = replace(limits, concurrency=channel.limits.concurrency)
    app = await build(Settings(telegram=settings), database, clock, {"telegram": channel})
    await channel.start()
    await server.http.post(f"{server.url}/bot{server.token}/deleteWebhook")
    tasks = [asyncio.create_task(app.inbound.run()), asyncio.create_task(app.lanes["telegram"].run())]
    async with serving(Starlette(routes=list(channel.routes(app.inbound.store_for("telegram"))))) as push:
        yield app, push
    await app.lanes["telegram"].stop()
    tasks[0].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await channel.stop()
    await database.close()


async def answered(server: Platform, since: int, number: int) -> None:
    """Wait until `number` messages were sent after the first `since` calls."""
    while await server.count("sendMessage", since) < number:  # noqa: ASYNC110 (another process counts)
        await asyncio.sleep(0.05)


async def throughput(server: Platform, push: Post, chats: list[int], connections: int) -> float:
    """Updates answered a second, from the first push to the last reply."""
    before = await server.so_far()
    start = monotonic()
    gate = asyncio.Semaphore(connections)

    async def one(number: int, chat: int) -> None:
        async with gate:
            await push(number, chat)

    await asyncio.gather(*(one(number, chat) for number, chat in enumerate(chats, start=1)))
    await answered(server, before, len(chats))
    return len(chats) / (monotonic() - start)


async def latency(
    server: Platform,
    push: Post,
    chats: list[int],
    per_second: float,
    first: int,
    busy: Callable[[], bool] = lambda: True,
) -> list[float]:
    """Seconds from each push to its reply's arrival at the platform, at a steady rate, as long as something is `busy`."""
    before = await server.so_far()
    pushed: dict[int, float] = {}
    running: set[asyncio.Task[None]] = set()
    begun = monotonic()
    for number, chat in enumerate(chats):
        if not busy():
            break
        await asyncio.sleep(max(0.0, begun + number / per_second - monotonic()))  # steady, whatever a push takes
        pushed[chat] = monotonic()
        task = asyncio.create_task(push(first + number, chat))
        running.add(task)
        task.add_done_callback(running.discard)
    seen: dict[int, float] = {}
    while pushed.keys() - seen.keys():  # other messages go out, too: each of ours is waited for
        await asyncio.sleep(0.1)
        for call in await server.accepted("sendMessage", before):
            seen.setdefault(int(str(call["chat"])), float(str(call["at"])))
    return sorted(seen[chat] - at for chat, at in pushed.items())


def p99(seconds: list[float]) -> float:
    return seconds[max(0, int(len(seconds) * 0.99) - 1)]


async def compare(directory: Path, updates: int, rounds: int) -> tuple[float, float, float]:
    """(bare echo, ours) updates a second as medians of alternating rounds, and our p99 seconds at 50 a second."""
    bares: dict[int, list[float]] = {connections: [] for connections in CONNECTIONS}
    durable: dict[int, list[float]] = {connections: [] for connections in CONNECTIONS}
    slowest: list[float] = []
    async with platform() as server:
        chats = await server.people(updates)
        for _ in range(rounds):
            async with echo(server) as push:
                for connections, rates in bares.items():
                    rates.append(await throughput(server, push, chats, connections))
            for connections, rates in durable.items():
                async with ours(server, chats, directory / "inbound.db") as (_app, push):
                    rates.append(await throughput(server, push, chats, connections))
            async with ours(server, chats, directory / "inbound.db") as (_app, push):
                slowest.append(p99(await latency(server, push, chats[:500], 50, first=1_000_000)))
    best, our_best = (max(map(statistics.median, each.values())) for each in (bares, durable))
    return best, our_best, statistics.median(slowest)


async def under_load(directory: Path, households: int, rows: int) -> tuple[float, float, int]:
    """(p99, longest, number) of replies, in seconds, for as long as planning `households` in the bot and importing `rows`
    payments beside it take. What is planned goes out meanwhile, as fast as Telegram lets it, and answers pass it by.
    """
    async with platform() as server:
        chats = await server.people(households + ASKING)
        path = directory / "load.db"
        async with ours(server, chats, path, limits=None) as (app, push):
            async with app.database.write() as session:  # the residents who ask are not those who are planned
                await session.execute(update(Bill).where(Bill.id > households).values(due_on=date(2027, 6, 30)))
            file = directory / "load.csv"
            lines = [f"H{n % households + 1},0.01,2026-11-01,bank,R{n}" for n in range(rows)]
            file.write_text("account_code,amount_yuan,paid_on,method,reference\n" + "\n".join(lines) + "\n")
            config = directory / "load.toml"
            config.write_text(f'[database]\nurl = "sqlite:///{path}"\n')
            importing = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "--config", str(config), "import", "payments", str(file)
            )
            planning = asyncio.create_task(plan.run(app.database, app.office, NOW))
            seconds = await latency(
                server,
                push,
                chats[households:],
                10,
                first=1,
                busy=lambda: not planning.done() or importing.returncode is None,
            )
            planned = sum(row.decision == "remind" for row in await planning)
            assert planned == households, f"{planned} of {households} planned"
            assert await importing.wait() == 0
    return p99(seconds), seconds[-1], len(seconds)
