"""`db check` finds every sort of damage; each is made by hand on a database that was in order."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from domain.clock import ManualClock
from models import bills, bulk
from models.agreements import Plan, PlanPart
from models.base import Database
from models.bulk import NewBill
from models.invariants import findings
from models.staff import audit

TODAY = date(2026, 11, 23)


@pytest.fixture
async def household(database: Database, clock: ManualClock) -> Database:
    """A bill of 100 fen, 150 fen paid, a plan, two audit entries: all in order."""
    now = clock.now()
    async with database.write() as session:
        await bulk.add_communities(session, {"阳光花园": "property"})
        community = (await bulk.communities_by_name(session))["阳光花园"]
        row = {"code": "S-1", "community_id": community.id, "kind": "property", "payer_name": "王"}
        await bulk.save_accounts(session, [{**row, "created_at": now, "updated_at": now}], ["payer_name"])
        account_id = (await bulk.account_ids(session, ["S-1"]))["S-1"]
        await bulk.issue_bills(session, [NewBill(account_id, "物业费", "2026", TODAY, 100)], TODAY, now, actor="t")
        await bills.record_payment(session, account_id, 150, TODAY, "bank", "R1", now, on=TODAY)
        plan = Plan(account_id=account_id, total_fen=100, created_at=now)
        session.add(plan)
        await session.flush()
        session.add_all(
            PlanPart(plan_id=plan.id, number=n, due_on=date(2026, 11 + n, 1), amount_fen=50) for n in (0, 1)
        )
        for action in ("a", "b", "c"):
            await audit(session, "test", action, "x", now)
    assert await findings(database) == []
    return database


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        ("UPDATE ledger_entries SET debit = 'cash' WHERE kind = 'charge'", "wrong books"),
        ("UPDATE ledger_entries SET amount_fen = 101 WHERE kind = 'allocation'", "between 0 and what was billed"),
        ("UPDATE ledger_entries SET amount_fen = 99 WHERE kind = 'charge'", "between 0 and what was billed"),
        ("UPDATE ledger_entries SET amount_fen = 90 WHERE kind = 'payment'", "used more than they paid"),
        ("UPDATE ledger_entries SET amount_fen = 151 WHERE kind = 'payment'", "another sum"),
        ("UPDATE payments SET reversed_at = recorded_at", "another sum"),
        ("DELETE FROM ledger_entries WHERE kind = 'payment'", "another sum"),
        ("UPDATE ledger_entries SET bill_id = NULL WHERE kind = 'allocation'", "without the bill"),
        ("DELETE FROM ledger_entries WHERE kind IN ('charge', 'allocation')", "without a charge"),
        ("UPDATE bills SET voided_at = issued_at", "void bills"),
        ("UPDATE plan_parts SET amount_fen = 49 WHERE number = 1", "don't add up"),
        ("UPDATE plan_parts SET due_on = '2026-11-01'", "don't rise"),
        ("UPDATE audit_log SET detail = '{\"a\": 1}' WHERE action = 'b'", "audit entries"),
        ("DELETE FROM audit_log WHERE action = 'b'", "audit entries"),
        ("DELETE FROM audit_log WHERE action = 'a'", "audit entries"),
    ],
)
async def test_damage_is_found(household: Database, damage: str, finding: str) -> None:
    async with household.write() as session:
        await session.execute(text(damage))
    found = await findings(household)
    assert any(finding in each for each in found), found


async def test_an_account_never_pays_anothers_bill(household: Database, clock: ManualClock) -> None:
    now = clock.now()
    async with household.write() as session:
        community = (await bulk.communities_by_name(session))["阳光花园"]
        row = {"code": "S-2", "community_id": community.id, "kind": "property", "payer_name": "李"}
        await bulk.save_accounts(session, [{**row, "created_at": now, "updated_at": now}], ["payer_name"])
        other = (await bulk.account_ids(session, ["S-2"]))["S-2"]
        await session.execute(text(f"UPDATE ledger_entries SET account_id = {other} WHERE kind = 'charge'"))
    assert any("of another account" in each for each in await findings(household))


async def test_long_lists_are_cut(household: Database, clock: ManualClock) -> None:
    async with household.write() as session:
        for _ in range(15):
            await audit(session, "test", "d", "x", clock.now())
        await session.execute(text("UPDATE audit_log SET hash = 'x'"))
    (found,) = await findings(household)
    assert found.endswith("and 9 more")  # 18 entries, and the head that no longer fits the last
