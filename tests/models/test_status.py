"""The board's figures and the message log, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.ledger import EntryKind
from domain.messages import Address, Audience, Kind, OutgoingMessage
from models import log
from models.accounts import Account, Community
from models.agreements import Promise
from models.base import Database
from models.bills import Bill, LedgerEntry, record_payment, transfer
from models.inbox import Inbox
from models.outbox import Context, Outbox, State, resolve_unknown, unknown_rows
from models.posting import post
from models.runtime import KILL_SWITCH, note_health, set_switch
from models.staff import open_task
from models.status import board

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai
TODAY = date(2026, 11, 23)
CONTRACT = (
    "due_fen received_fen open_fen rate offers_open sent_today failed_today unknown waiting_for_staff promises_today "
    "plans_late people_waiting next_run paused channels"
).split()


async def household(session: AsyncSession, code: str, community: str, building: str) -> Account:
    from models.accounts import community_named

    place = await community_named(session, community)
    if place is None:
        place = Community(name=community, kind="property", pause_reason="")
        session.add(place)
        await session.flush()
    account = Account(
        code=code,
        community_id=place.id,
        kind="property",
        building=building,
        payer_name="王小明",
        created_at=NOW,
        updated_at=NOW,
    )
    session.add(account)
    await session.flush()
    return account


async def bill(session: AsyncSession, account: Account, period: str, due_on: date, fen: int) -> Bill:
    row = Bill(account_id=account.id, item="物业费", period=period, due_on=due_on, issued_at=NOW)
    session.add(row)
    await session.flush()
    issued = due_on - timedelta(days=15)
    charge = transfer(EntryKind.CHARGE, account.id, fen, issued, NOW, bill_id=row.id)
    await session.execute(insert(LedgerEntry), [charge])
    return row


async def pay(session: AsyncSession, account: Account, fen: int, reference: str, on: date = TODAY) -> None:
    await record_payment(session, account.id, fen, on, "bank", reference, NOW, on=on)


async def test_an_empty_office_has_a_board_with_every_field(database: Database, zone: ZoneInfo) -> None:
    async with database.read() as session:
        figures = (await board(session, NOW, zone)).to_json()
    assert list(figures) == CONTRACT
    assert (figures["due_fen"], figures["rate"], figures["paused"], figures["channels"]) == (0, 0.0, False, {})


async def test_money_counts_what_is_due_and_not_voided(database: Database, zone: ZoneInfo) -> None:
    async with database.write() as session:
        one = await household(session, "1-101", "翠湖苑", "1栋")
        two = await household(session, "9-901", "云岭", "9栋")
        await bill(session, one, "2026-10", date(2026, 10, 15), 10000)
        await bill(session, one, "2026-11", date(2026, 11, 15), 10000)
        await bill(session, one, "2026-12", date(2026, 12, 15), 10000)  # not due yet
        await bill(session, two, "2026-11", TODAY, 5000)  # due today
        voided = await bill(session, two, "2026-08", date(2026, 8, 15), 7000)
        voided.voided_at = NOW
        await pay(session, one, 10000, "a", date(2026, 10, 10))
        await pay(session, one, 2500, "b")
        await pay(session, two, 9000, "c")  # 4000 more than is due: credit is not netted
    async with database.read() as session:
        whole = await board(session, NOW, zone)
        lake = await board(session, NOW, zone, community_id=one.community_id)
    assert (whole.due_fen, whole.received_fen, whole.open_fen, whole.rate) == (25000, 17500, 7500, 0.7)
    assert (lake.due_fen, lake.received_fen) == (20000, 12500)
    assert whole.ageing == {0: 7500, 30: 0, 60: 0, 90: 0, 180: 0}
    assert whole.rate_a_month_ago == 1.0
    assert [(part.name, part.open_fen) for part in whole.buildings] == [("云岭 9栋", 0), ("翠湖苑 1栋", 7500)]
    assert [part.name for part in lake.communities] == ["翠湖苑"]


async def message(session: AsyncSession, number: int, state: State, **values: object) -> int:
    out = OutgoingMessage("x", f"text {number}", kind=Kind.REMINDER)
    context = Context(account_id=values.pop("account_id", None))  # type: ignore[arg-type]
    posted = await post(session, Address("sandbox", "c1"), out, key=f"k{number}", now=NOW, state=state, context=context)
    row_id = posted.first_id
    assert row_id is not None
    row = await session.get_one(Outbox, row_id)
    for name, value in values.items():
        setattr(row, name, value)
    return row_id


async def test_messages_are_counted_from_local_midnight(database: Database, zone: ZoneInfo) -> None:
    midnight = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
    async with database.write() as session:
        await message(session, 1, State.SENT, sent_at=midnight)
        await message(session, 2, State.SENT, sent_at=midnight - timedelta(seconds=1))
        await message(session, 3, State.DEAD, lease_until=NOW)
        await message(session, 4, State.DEAD, lease_until=midnight - timedelta(hours=1))
        await message(session, 5, State.UNKNOWN)
        await message(session, 6, State.WAITING_FOR_STAFF)
        await message(session, 7, State.QUEUED)
    async with database.read() as session:
        figures = await board(session, NOW, zone)
    assert (figures.sent_today, figures.failed_today, figures.unknown, figures.waiting_for_staff) == (1, 1, 1, 1)


async def test_promises_people_and_switches(database: Database, zone: ZoneInfo) -> None:
    async with database.write() as session:
        one = await household(session, "1-101", "翠湖苑", "1栋")
        for due_on, state in ((TODAY, "open"), (TODAY, "kept"), (date(2026, 11, 24), "open")):
            session.add(Promise(account_id=one.id, due_on=due_on, amount_fen=1, state=state, created_at=NOW))
        await open_task(
            session, key="p", kind="person", account=one, summary="", at=NOW - timedelta(hours=2), due_at=NOW
        )
        await set_switch(session, KILL_SWITCH, True, until=NOW + timedelta(hours=1), reason="", by="x")
        await note_health(session, "sandbox", True, "", NOW)
    async with database.read() as session:
        figures = await board(session, NOW, zone)
        later = await board(session, NOW + timedelta(hours=2), zone)
    assert (figures.promises_today, figures.people_waiting, figures.longest_wait) == (1, 1, timedelta(hours=2))
    assert (figures.paused, later.paused) == (True, False)
    assert figures.to_json()["channels"] == {"sandbox": {"ok": True, "last_ok": NOW.isoformat()}}


async def test_the_log_is_one_line_of_time_newest_last(database: Database) -> None:
    async with database.write() as session:
        one = await household(session, "1-101", "翠湖苑", "1栋")
        other = await household(session, "1-102", "翠湖苑", "1栋")
        for minute, text in ((1, "hello"), (3, "thanks")):
            session.add(
                Inbox(
                    channel="sandbox",
                    external_id=text,
                    payload="",
                    received_at=NOW + timedelta(minutes=minute),
                    chat="c1",
                    audience=Audience.PRIVATE.value,
                    text=text,
                    account_id=one.id,
                )
            )
        await message(session, 2, State.SENT, sent_at=NOW + timedelta(minutes=2), account_id=one.id)
        await message(session, 4, State.SENT, sent_at=NOW + timedelta(minutes=4), account_id=other.id)
        await message(session, 5, State.QUEUED, account_id=one.id, audience=Audience.STAFF.value)
    async with database.read() as session:
        lines = await log.of_household(session, one.id)
        older = await log.of_household(session, one.id, limit=1, skip=2)
        chat = await log.of_chat(session, Address("sandbox", "c1"))
    assert [(line.text, line.out) for line in lines] == [("hello", False), ("text 2", True), ("thanks", False)]
    assert [line.text for line in older] == ["hello"]
    assert lines[1].at == NOW + timedelta(minutes=2)
    assert [line.text for line in chat] == ["text 5", "hello", "text 2", "thanks", "text 4"]


async def test_an_unknown_message_is_settled_once(database: Database) -> None:
    async with database.write() as session:
        first = await message(session, 1, State.UNKNOWN)
        second = await message(session, 2, State.UNKNOWN)
        assert [row.id for row in await unknown_rows(session, None, limit=5)] == [first, second]
        assert await resolve_unknown(session, first, arrived=True, by="staff/1", at=NOW)
        assert not await resolve_unknown(session, first, arrived=False, by="staff/2", at=NOW)
        assert await resolve_unknown(session, second, arrived=False, by="staff/1", at=NOW)
    async with database.read() as session:
        rows = [await session.get_one(Outbox, each) for each in (first, second)]
    assert [row.state for row in rows] == [State.SENT, State.RETRY]
    assert rows[0].sent_at == NOW
