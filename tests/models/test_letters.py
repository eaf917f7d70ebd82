"""Letters on both databases: numbers without gaps, also when a transaction is given up or two ask at once."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import pytest

from domain.clock import ManualClock
from domain.errors import Refusal
from domain.ladder import Reason
from models.accounts import Account
from models.agreements import hold
from models.base import Database
from models.counters import next_number
from models.documents import add_document, documents_of
from models.invariants import findings
from models.letters import Letter, Stage, live_letter, missing_numbers, number_letter, take
from models.noticing import Prepared, prepare
from tests.cast import CHEN, LI, World, office


@pytest.fixture
async def world(database: Database, clock: ManualClock) -> World:
    return World(database, office(), clock.now())


async def drafted(world: World, name: str = CHEN) -> int:
    account_id = await world.account(name)
    async with world.database.write() as session:
        letter = Letter(
            account_id=account_id,
            state=Stage.DRAFT,
            words="w",
            total_fen=28640,
            bills="[[1, 28640]]",
            written_on=date(2026, 11, 23),
            pay_by=date(2026, 12, 8),
            created_at=world.now,
        )
        session.add(letter)
        await session.flush()
        return letter.id


async def number(world: World, letter_id: int, year: int = 2026, *, give_up: bool = False) -> int | None:
    try:
        async with world.database.write() as session:
            found = await number_letter(session, await session.get_one(Letter, letter_id), year, world.now)
            if give_up:
                raise LookupError
            return found
    except LookupError:
        return None


async def test_a_number_that_was_not_kept_is_given_out_again(world: World) -> None:
    first, second, third = [await drafted(world, name) for name in ("a1", "b2", "c3")]
    assert await number(world, first) == 1
    assert await number(world, second, give_up=True) is None
    assert await number(world, third) == 2
    assert await number(world, second, 2027) == 1
    async with world.database.read() as session:
        assert await missing_numbers(session) == []


async def test_many_at_once_get_one_number_each(world: World) -> None:
    async def one() -> int:
        async with world.database.write() as session:
            return await next_number(session, "letter/2026")

    assert sorted(await asyncio.gather(*(one() for _ in range(12)))) == list(range(1, 13))


async def test_a_gap_would_be_seen(world: World) -> None:
    letter_id = await drafted(world)
    async with world.database.write() as session:
        await next_number(session, "letter/2026")
        await number_letter(session, await session.get_one(Letter, letter_id), 2026, world.now)
    async with world.database.read() as session:
        assert await missing_numbers(session) == [(2026, 1, 2)]
    assert "letters of 2026: 1 of them, but the last number is 2" in await findings(world.database)


async def test_a_letter_moves_on_once(world: World) -> None:
    letter_id = await drafted(world)
    async with world.database.write() as session:
        assert await take(session, letter_id, Stage.DRAFT, Stage.ASKED)
        assert not await take(session, letter_id, Stage.DRAFT, Stage.VOID)
    async with world.database.read() as session:
        live = await live_letter(session, (await session.get_one(Letter, letter_id)).account_id)
        assert live is not None
        assert live.state == Stage.ASKED


async def prepared(world: World, account_id: int) -> Prepared:
    async with world.database.read() as session:
        account = await session.get_one(Account, account_id)
        return await prepare(session, world.office, account, world.today, world.now)


async def test_a_letter_lists_what_is_overdue_and_free(world: World) -> None:
    account_id = await world.account(CHEN)
    old = await world.bill(account_id, world.today - timedelta(days=70), 28640)
    disputed = await world.bill(account_id, world.today - timedelta(days=40), 30000)
    await world.bill(account_id, world.today + timedelta(days=4), 28640)
    async with world.database.write() as session:
        await hold(session, account_id, Reason.DISPUTED, "dispute/1", date(2026, 12, 8), world.now, [disputed])
    found = await prepared(world, account_id)
    assert found.bills == [(old, 28640)]
    assert (found.to.name, found.to.address) == ("陈静女士", "翠湖花园 3栋1201")


async def test_nobody_in_need_and_nobody_who_paid_gets_a_letter(world: World) -> None:
    account_id = await world.account(LI)
    with pytest.raises(Refusal, match="nothing_overdue"):
        await prepared(world, account_id)
    await world.bill(account_id, world.today - timedelta(days=70))
    async with world.database.write() as session:
        await hold(session, account_id, Reason.HARDSHIP, "hardship/1", date(2026, 12, 8), world.now)
    with pytest.raises(Refusal, match=r"letter\.rests") as no:
        await prepared(world, account_id)
    assert no.value.fields["reason"] == "hardship"


async def test_the_same_file_is_kept_once_for_a_household(world: World) -> None:
    account_id = await world.account(CHEN)
    row = {
        "account_id": account_id,
        "kind": "contract",
        "title": "物业服务合同",
        "dated_on": date(2020, 1, 1),
        "file": "x.pdf",
        "sha256": "0" * 64,
        "size_bytes": 3,
        "actor": "cli",
        "at": world.now,
    }
    async with world.database.write() as session:
        assert await add_document(session, row) is not None
        assert await add_document(session, row) is None
        assert [each.title for each in await documents_of(session, account_id)] == ["物业服务合同"]
