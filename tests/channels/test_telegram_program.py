"""The whole program on Telegram, as processes of their own: an office imports, residents come, groups move, it stops."""

from __future__ import annotations

import asyncio
import json
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.channels.telegram_wire import CONCURRENCY
from domain.clock import monotonic
from tests.channels.program import PHONE, Program
from tests.telegram_server.people import Person, buttons
from tests.telegram_server.server import Place, TelegramServer


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    """The bot reads everything in its groups, as where privacy mode was switched off with @BotFather."""
    async with TelegramServer(privacy=False) as running:
        yield running


@pytest.fixture
async def program(tmp_path: Path, server: TelegramServer) -> Program:
    program = Program(tmp_path, server)
    program.configure()
    await program.import_estate()
    return program


async def answers(server: TelegramServer, place: Place, number: int) -> list[str]:
    """The next messages of the bot in a chat."""
    return [(await server.wait_for_message(place, 20))["text"] for _ in range(number)]


async def heard(server: TelegramServer, place: Place, words: str) -> None:
    """Read on until the bot says these words."""
    while words not in (await server.wait_for_message(place, 20))["text"]:
        pass


async def bind(program: Program, person: Person, code: str = "S-1") -> None:
    """Press Start in the link of a slip, and answer for the phone on file."""
    person.start(await program.invite(code))
    assert "后四位" in (await answers(program.server, person, 1))[0]
    person.say(PHONE[-4:])
    bound, bill = await answers(program.server, person, 2)
    assert "已绑定" in bound
    assert "240.00" in bill


async def until(server: TelegramServer, happened: Callable[[], bool]) -> None:
    """Wait for what the bot's next messages bring about."""
    async with asyncio.timeout(60):
        while not happened():
            server.spoke.clear()
            await server.spoke.wait()


def pressable(message: dict[str, Any]) -> list[str]:
    return [button["text"] for button in buttons(message) if "callback_data" in button]


async def test_a_resident_is_bound_asks_and_presses(program: Program, server: TelegramServer) -> None:
    wang = server.user("王建国")
    question = "请问我家这个月物业费多少钱"
    async with program.running():
        await bind(program, wang)
        wang.say(question)
        assert "240.00" in (await answers(server, wang, 1))[0]
        wang.press(pressable(server.from_bot(wang)[-1])[0])
        await program.until("SELECT count(*) FROM inbox WHERE state = 'done' AND text = '[button]'", 1)
        await program.until("SELECT count(*) FROM outbox WHERE state <> 'sent'", 0)
    assert len(server.accepted("answerCallbackQuery")) == 1
    assert len(server.from_bot(wang)) + len(server.accepted("editMessageText")) == 5
    tokens = {str(row[0]) for row in program.rows("SELECT token FROM buttons")}
    starts = {str(message["text"]).split()[1] for message in server.messages(wang) if "/start " in message["text"]}
    canaries = {PHONE, PHONE[-4:], server.token, question, "240.00", "王建国", *tokens, *starts}
    assert len(canaries) > 8
    assert [canary for canary in canaries if canary in program.log] == []


async def test_a_group_is_linked_answered_in_private_and_moves(program: Program, server: TelegramServer) -> None:
    boss, wang, li = server.user("周经理"), server.user("王建国"), server.user("李先生")
    await program.command(
        "staff", "add", "--channel", "telegram", "--user", str(boss.id), "--name", "周经理", "--role", "admin"
    )
    async with program.running():
        boss.start()
        assert "周经理" in (await answers(server, boss, 1))[0]
        await bind(program, wang)
        group = server.group("桂花苑业主群", [boss, wang, li])
        await heard(server, boss, "桂花苑业主群")  # in the morning after the digest of the day
        boss.press("住户群 · 桂花苑")
        linked = "SELECT count(*) FROM groups JOIN communities ON communities.id = community_id WHERE chat = ?"
        await program.until(linked, 1, str(group.id))
        assert "请私聊我" in (await answers(server, group, 1))[0]  # it greets once, now that it knows whose group it is

        before = len(server.calls)
        li.say("今天天气不错", chat=group)
        wang.say("我家这个月要交多少物业费?", chat=group)
        assert "240.00" in (await answers(server, wang, 1))[0]
        assert await answers(server, group, 1) == ["已私信您 🌿"]
        said = [call.chat for call in server.calls[before:] if call.method == "sendMessage"]
        assert said == [wang.id, group.id]

        moved = group.migrate()
        await program.until("SELECT chat FROM groups", str(moved.id))
        wang.say("我家这个月要交多少物业费?", chat=moved)
        assert "240.00" in (await answers(server, wang, 1))[0]
        assert await answers(server, moved, 1) == ["已私信您 🌿"]

        wang.block()
        await program.until("SELECT state FROM contacts", "blocked")
        wang.start()
        await answers(server, wang, 1)
        await program.until("SELECT state FROM contacts", "ok")
    assert program.rows("SELECT count(*) FROM groups") == [(1,)]
    assert program.rows("SELECT text FROM inbox WHERE text LIKE '%天气%'") == []
    assert "天气" not in program.log


async def test_it_stops_under_load_and_forgets_nothing(program: Program, server: TelegramServer) -> None:
    people = [server.user(f"邻居{number}") for number in range(90)]
    server.faults.add("slow", method="sendMessage", delay_ms=400)
    async with program.running():
        for person in people:
            person.start()
        await until(server, lambda: len(server.accepted("sendMessage")) >= 20)
        began = monotonic()
        assert await program.end(signal.SIGTERM) == 0
        assert monotonic() - began < 30
    assert 20 <= len(server.accepted("sendMessage")) < len(people)
    assert program.rows("SELECT count(*) FROM outbox WHERE state IN ('unknown', 'sending')") == [(0,)]
    server.faults.clear()
    async with program.running():
        await until(server, lambda: len(server.accepted("sendMessage")) >= len(people))
        await program.until("SELECT count(*) FROM outbox WHERE state = 'sent'", len(people))
    assert Counter(call.chat for call in server.accepted("sendMessage")) == dict.fromkeys([p.id for p in people], 1)
    assert program.rows("SELECT count(*) FROM inbox WHERE state <> 'done'") == [(0,)]


async def test_killed_in_the_middle_nobody_is_forgotten(program: Program, server: TelegramServer) -> None:
    """Between an update's arrival and its answer the process dies at once; answers go out twice at most."""
    people = [server.user(f"邻居{number}") for number in range(40)]
    server.faults.add("slow", method="sendMessage", delay_ms=400)
    async with program.running():
        for person in people:
            person.start()
        await until(server, lambda: len(server.accepted("sendMessage")) >= 10)
        assert await program.end(signal.SIGKILL) != 0
    server.faults.clear()
    async with program.running():
        await until(server, lambda: all(server.from_bot(person) for person in people))
        await program.until("SELECT count(*) FROM outbox WHERE state = 'sent'", len(people))
    copies = [len(server.from_bot(person)) for person in people]
    assert set(copies) <= {1, 2}
    assert copies.count(2) <= 2 * CONCURRENCY  # in flight, or answered and not written down yet
    assert program.rows("SELECT count(*) FROM inbox") == [(len(people),)]


async def test_by_webhook_a_resident_is_answered_once_whatever_else_arrives(
    program: Program, server: TelegramServer
) -> None:
    secret = "a-Secret_of-the_webhook-0123456789"
    hook = f"{program.url}/telegram/webhook"
    program.configure(mode="webhook", webhook_url=hook, secret_token=secret)
    wang, dice = server.user("王建国"), random.Random(7)
    update = {"update_id": 5, "message": {"message_id": 1, "from": wang.as_json(), "date": 1_795_000_000, "text": "/help",
                                          "chat": wang.private_chat.as_json()}}  # fmt: skip
    async with (
        program.running(),
        httpx.AsyncClient(headers={"X-Telegram-Bot-Api-Secret-Token": secret}, trust_env=False) as client,
    ):
        assert server.updates.webhook is not None
        assert server.updates.webhook.secret_token == secret
        await bind(program, wang)

        replayed = [(await client.post(hook, json=update)).status_code for _ in range(10)]
        assert replayed == [200] * 10
        assert len(await answers(server, wang, 1)) == 1

        statuses = [(await client.post(hook, content=mutated(dice, update))).status_code for _ in range(500)]
        assert set(statuses) == {200}
        await program.until("SELECT count(*) FROM inbox WHERE state = 'received'", 0)
        assert (await client.get(f"{program.url}/readyz")).status_code == 200
        li = server.user("李先生")
        li.start()
        assert len(await answers(server, li, 1)) == 1
    assert program.rows("SELECT count(*) FROM inbox WHERE external_id = '5'") == [(1,)]
    assert program.rows("SELECT count(*), error FROM inbox WHERE state = 'failed'") == [(0, None)]
    assert len([row for row in program.rows("SELECT key FROM outbox") if "/5/" in row[0]]) == 1
    assert [canary for canary in (secret, PHONE, server.token) if canary in program.log] == []


def mutated(dice: random.Random, update: dict[str, Any]) -> bytes:
    """An update with its own number, of which a few values were replaced or taken out."""
    junk: list[Any] = [None, True, -1, 2**63, 1.5, "", "x" * 5000, "\0\ud800", [], {}, [[{}]], {"id": {"id": 7}}]
    copy: dict[str, Any] = json.loads(json.dumps(update)) | {"update_id": dice.randrange(1_000, 2**40)}
    if dice.random() < 0.5:
        message = copy.pop("message")
        kinds = ("edited_message", "callback_query", "my_chat_member", "channel_post", "what_is_new", "message")
        copy[dice.choice(kinds)] = message | {"message": dict(message), "data": "1:x", "id": "9"}
    for _ in range(dice.randrange(1, 4)):
        place = copy
        while (inner := [each for each in place.values() if isinstance(each, dict) and each]) and dice.random() < 0.8:
            place = dice.choice(inner)
        key = dice.choice(sorted(place))
        if dice.random() < 0.3:
            del place[key]
        else:
            place[key] = dice.choice(junk)
        if not copy:
            break
    text = json.dumps(copy).encode()
    return text if dice.random() < 0.9 else text[: dice.randrange(len(text) + 1)]
