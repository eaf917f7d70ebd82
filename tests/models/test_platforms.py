"""What WeChat's accounts remember: allowances that two senders can't spend twice, the right to fetch a token, answers in band."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from domain.allowances import NOTICE, Allowance
from domain.clock import ManualClock
from models import in_band, inbox, platforms
from models.base import Database
from models.outbox import Outbox, State
from tests.cast import CHANNEL, World, office

WANG = "openid"


async def spend(database: Database, clock: ManualClock) -> str | None:
    async with database.write() as session:
        return await platforms.spend(session, "wechat", WANG, clock.now())


async def opened(database: Database, clock: ManualClock, kind: str) -> None:
    async with database.write() as session:
        await platforms.open_allowance(session, "wechat", WANG, kind, clock.now())


async def test_twenty_senders_spend_no_more_than_is_allowed(database: Database, clock: ManualClock) -> None:
    await opened(database, clock, "message")
    spent = await asyncio.gather(*(spend(database, clock) for _ in range(20)))
    assert sorted(each or "" for each in spent) == [""] * 15 + ["message"] * 5


async def test_what_ends_first_is_spent_first_and_begins_anew(database: Database, clock: ManualClock) -> None:
    await opened(database, clock, "message")
    await opened(database, clock, "menu")
    assert [await spend(database, clock) for _ in range(4)] == ["menu", "menu", "menu", "message"]
    await opened(database, clock, "menu")
    assert await spend(database, clock) == "menu"
    clock.advance(timedelta(minutes=2))
    assert await spend(database, clock) == "message"
    clock.advance(timedelta(hours=48))
    assert await spend(database, clock) is None


async def test_a_payment_is_never_used_up(database: Database, clock: ManualClock) -> None:
    await opened(database, clock, "payment")
    await opened(database, clock, "message")
    assert {await spend(database, clock) for _ in range(9)} == {"payment"}


async def test_notices_are_kept_apart_from_messages(database: Database, clock: ManualClock) -> None:
    async with database.write() as session:
        for _ in range(2):
            await platforms.add_notice(session, "wechat", WANG, "T", clock.now())
        assert await platforms.allowances(session, "wechat", WANG) == [
            Allowance(f"{NOTICE}T", 2, clock.now() + timedelta(days=36500))
        ]
    assert await spend(database, clock) is None
    async with database.write() as session:
        used = [await platforms.spend_notice(session, "wechat", WANG, "T") for _ in range(3)]
        await platforms.give_back(session, "wechat", WANG, f"{NOTICE}T")
        used.append(await platforms.spend_notice(session, "wechat", WANG, "T"))
    assert used == [True, True, False, True]


async def test_one_process_fetches_a_token_at_a_time(database: Database, clock: ManualClock) -> None:
    async def ask() -> bool:
        async with database.write() as session:
            return await platforms.take_fetch(session, "wechat/app", clock.now())

    assert sorted(await asyncio.gather(*(ask() for _ in range(8)))) == [False] * 7 + [True]
    clock.advance(platforms.FETCH_LEASE + timedelta(seconds=1))
    assert await ask()


async def test_nonces_count_once_and_are_forgotten_when_they_are_stale(database: Database, clock: ManualClock) -> None:
    async with database.write() as session:
        for _ in range(2):
            await platforms.use_nonce(session, "wechat", "n", clock.now())
        assert await platforms.nonce_used(session, "wechat", "n")
        assert not await platforms.nonce_used(session, "wecom", "n")
    async with database.write() as session:
        await platforms.forget_old(session, clock.now() + timedelta(minutes=11))
    async with database.read() as session:
        assert not await platforms.nonce_used(session, "wechat", "n")


async def test_an_answer_is_taken_once_and_given_again(database: Database, clock: ManualClock) -> None:
    """Two calls at once, and a third later: the same messages, sent once; what doesn't fit is left to the lane."""
    world = World(database, office(), clock.now())
    async with database.write() as session:
        inbox_id = await inbox.store(session, CHANNEL, "u1", "{}", clock.now())
    assert inbox_id is not None
    async with database.write() as session:
        kept = await session.get(inbox.Inbox, inbox_id)
        assert kept is not None
        kept.state, kept.chat = inbox.InboxState.DONE, "chat-chen"
    ids = [await world.say(f"reply/{n}", "chat-chen", text=f"第{n}条") for n in range(3)]
    async with database.write() as session:
        for row_id in ids:
            row = await session.get(Outbox, row_id)
            assert row is not None
            row.inbox_id = inbox_id

    async def take() -> list[str]:
        async with database.write() as session:
            rows = await in_band.take(session, CHANNEL, "u1", clock.now(), lambda rows: min(2, len(rows)))
            return [row.text for row in rows]

    taken = await asyncio.gather(take(), take())
    assert ["第0条", "第1条"] in taken
    assert await take() == ["第0条", "第1条"]
    assert [(row.state, row.reason) for row in await world.rows()] == [
        (State.SENT, in_band.IN_BAND),
        (State.SENT, in_band.IN_BAND),
        (State.QUEUED, ""),
    ]
