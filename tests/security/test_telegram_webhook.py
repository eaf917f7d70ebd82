"""Telegram's webhook under fire: foreign callers, the same update ten times, mutated updates, bodies that never end."""

from __future__ import annotations

import ast
import asyncio
import copy
import inspect
import json
import os
import random
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from starlette.applications import Starlette
from starlette.middleware import Middleware

from bot.app import App, build
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_receiving import SECRET_HEADER, webhook
from bot.settings import Settings
from bot.web.limits import Bodies
from bot.web.server import application
from domain.clock import SystemClock
from models.base import Database
from models.inbox import Inbox, InboxState
from models.outbox import Outbox
from tests.security.test_web_limits import talk
from tests.telegram_server.loopback import Loopback
from understanding.reader import Reader

SECRET = "a-Secret_of-the_webhook-0123456789"
NUMBER = 100_000 if os.environ.get("NUANLING_FULL") else 300
SEED = 20261123
MESSAGE: dict[str, Any] = {
    "update_id": 1,
    "message": {
        "message_id": 5,
        "date": 1763863200,
        "chat": {"id": 77, "type": "private", "first_name": "王"},
        "from": {"id": 77, "is_bot": False, "first_name": "王", "language_code": "zh-hans", "username": "wang"},
        "text": "/bill@nuanling_bot 我要交多少钱",
        "entities": [{"type": "bot_command", "offset": 0, "length": 5}],
        "reply_to_message": {
            "message_id": 4,
            "date": 1763863100,
            "chat": {"id": 77, "type": "private"},
            "from": {"id": 999, "is_bot": True, "first_name": "暖铃"},
            "text": "您好",
        },
    },
}
PRESS: dict[str, Any] = {
    "update_id": 1,
    "callback_query": {
        "id": "123",
        "from": {"id": 77, "is_bot": False, "first_name": "王"},
        "chat_instance": "1",
        "data": "AAAAAGaa-bbbbbbbbbbbbbbb",
        "message": {"message_id": 5, "date": 0, "chat": {"id": 77, "type": "private"}, "text": "x"},
    },
}
PHOTO: dict[str, Any] = {
    "update_id": 1,
    "message": {
        "message_id": 6,
        "date": 1763863200,
        "chat": {"id": -10077, "type": "supergroup", "title": "群"},
        "from": {"id": 78, "is_bot": False, "first_name": "李"},
        "photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1, "file_size": 5}],
        "caption": "已缴",
    },
}
MEMBER: dict[str, Any] = {
    "update_id": 1,
    "my_chat_member": {
        "date": 1763863200,
        "chat": {"id": -10077, "type": "supergroup", "title": "群"},
        "from": {"id": 78, "is_bot": False, "first_name": "李"},
        "old_chat_member": {"status": "left", "user": {"id": 999, "is_bot": True, "first_name": "暖铃"}},
        "new_chat_member": {"status": "member", "user": {"id": 999, "is_bot": True, "first_name": "暖铃"}},
    },
}
# What may stand anywhere by malice: other types, far too large, signs that mean something to somebody.
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 2**31, 2**63, -(2**63), 10**400, 1.5, float("1e308"), "", " ", "\0", "\ud83d", "𠮷" * 50, "x" * 9000, "9" * 400,
    "/start " + "A" * 300, "/" * 40, "/account 1-101", "停止", "' OR 1=1 --", "{who} {0} %s", "<script>", "=1+1", "\u202e\u200b\ufeff",
    [], {}, [[]], [None] * 50, {"id": "x"}, {"id": -5, "type": "private"}, {"a": {"b": {"c": {"d": {}}}}},
)  # fmt: skip


@dataclass
class Site:
    """A running office with Telegram by webhook."""

    app: App
    http: httpx.AsyncClient

    async def post(self, update: object, secret: str | None = SECRET) -> int:
        headers = {} if secret is None else {SECRET_HEADER: secret}
        body = update if isinstance(update, bytes) else json.dumps(update).encode()
        return (await self.http.post("/telegram/webhook", content=body, headers=headers)).status_code

    async def handle(self) -> None:
        while await self.app.inbound.handle_waiting():
            pass

    async def count(self, query: Any) -> int:
        async with self.app.database.read() as session:
            return int(await session.scalar(query) or 0)


@pytest.fixture
async def site(sqlite_template: Path, tmp_path: Path, reader: Reader) -> AsyncIterator[Site]:
    shutil.copy(sqlite_template, tmp_path / "nuanling.db")
    database, clock = Database(f"sqlite:///{tmp_path / 'nuanling.db'}"), SystemClock()
    url = "https://bot.example.org/telegram/webhook"
    telegram = {"enabled": True, "token": "1:x", "mode": "webhook", "webhook_url": url, "secret_token": SECRET}
    settings = Settings.model_validate({"telegram": telegram})
    channel = TelegramChannel(settings.telegram, clock)
    app = await build(settings, database, clock, {"telegram": channel}, reader)
    routes = channel.routes(app.inbound.store_for("telegram"))
    async with (
        Loopback(application(app, routes)) as place,
        httpx.AsyncClient(base_url=place.url, trust_env=False) as http,
    ):
        yield Site(app, http)
    await channel.stop()
    await database.close()


def mutated(update: dict[str, Any], number: int, chance: random.Random) -> dict[str, Any]:
    """The update with one to four of its places changed, taken away, or filled from another place."""
    changed = copy.deepcopy(update)
    for _ in range(chance.randint(1, 4)):
        places = list(inner(changed))
        if not places:
            break  # all of it was taken away
        holder, key = chance.choice(places)
        if chance.random() < 0.2:
            del holder[key]
        elif chance.random() < 0.2:
            other, there = chance.choice(places)
            holder[key] = copy.deepcopy(
                other.get(there) if isinstance(other, dict) else other[min(there, len(other) - 1)]
            )
        else:
            holder[key] = copy.deepcopy(chance.choice(ODD))
    return {**changed, "update_id": number}


def inner(value: Any) -> Any:
    """Every (holder, key) inside."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from inner(value[key])


async def test_mutated_updates_crash_nothing_and_get_nothing(site: Site) -> None:
    chance = random.Random(SEED)
    # Of sender 77 and 78 only twenty a minute are answered: each update comes from somebody else.
    for number in range(1, NUMBER + 1):
        update = mutated(chance.choice((MESSAGE, PRESS, PHOTO, MEMBER)), number, chance)
        text = (
            json.dumps(update)
            .replace('"id": 77', f'"id": {100_000 + number}')
            .replace('"id": 78', f'"id": {200_000 + number}')
        )
        assert await site.post(text.encode()) == 200, (SEED, number, text[:2000])
    await site.handle()
    failed = select(Inbox).where(Inbox.state != InboxState.DONE)
    async with site.app.database.read() as session:
        assert [(SEED, row.external_id, row.error) for row in await session.scalars(failed)] == []
    assert await site.count(select(func.count()).select_from(Inbox)) == NUMBER
    assert (await site.http.get("/healthz")).status_code == 200


async def test_an_update_that_comes_ten_times_is_handled_once(site: Site) -> None:
    for _ in range(5):
        assert await site.post(MESSAGE) == 200
    await site.handle()
    answers = select(func.count()).select_from(Outbox)
    told = await site.count(answers)
    assert told > 0
    assert await asyncio.gather(*(site.post(MESSAGE) for _ in range(5))) == [200] * 5
    await site.handle()
    assert await site.count(answers) == told
    assert await site.count(select(func.count()).select_from(Inbox)) == 1


async def test_without_the_secret_nothing_is_even_stored(site: Site) -> None:
    for secret in (None, "", "x", SECRET[:-1], f"{SECRET} x", SECRET.upper()):
        assert await site.post(MESSAGE, secret) == 403
    assert await site.count(select(func.count()).select_from(Inbox)) == 0


def test_the_secret_is_compared_in_the_same_time_whatever_was_sent() -> None:
    tree = ast.parse(inspect.getsource(webhook).lstrip())
    compared = [node for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    assert not [node for node in compared if "secret" in ast.unparse(node) or "given" in ast.unparse(node)]
    assert "compare_digest" in ast.unparse(tree)


async def test_a_body_of_a_mebibyte_and_one_that_never_ends(site: Site) -> None:
    update = copy.deepcopy(MESSAGE)
    update["message"]["text"] = "x" * (1024 * 1024)
    assert await site.post(update) == 413
    update["message"]["text"] = "x" * (1024 * 1024 - 2000)
    assert await site.post(update) == 200
    await site.handle()
    assert await site.count(select(func.count()).where(Inbox.state == InboxState.DONE)) == 1


async def test_a_body_that_drips_is_cut_off_and_nothing_is_stored() -> None:
    stored: list[str] = []

    async def store(external_id: str, payload: str) -> None:
        stored.append(external_id)

    route = webhook(SECRET, store, Counter())
    limits = [Middleware(Bodies, seconds=0.3)]

    body = json.dumps(MESSAGE).encode()
    head = f"POST /telegram/webhook HTTP/1.1\r\nhost: x\r\n{SECRET_HEADER}: {SECRET}\r\ncontent-length: {len(body)}\r\n\r\n"
    async with Loopback(Starlette(routes=[route], middleware=limits)) as place:
        assert (await talk(place.port, head.encode(), body[:200])).startswith(b"HTTP/1.1 408 ")
        assert stored == []
        assert (await talk(place.port, head.encode().replace(b"host", b"connection: close\r\nhost"), body)).startswith(
            b"HTTP/1.1 200 "
        )
    assert stored == ["1"]
