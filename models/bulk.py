"""Thousands of rows at a time, for imports and billing: accounts, fee rules, bills, payments. Each call is one chunk.

A chunk has at most `ROWS_PER_CHUNK` rows, so that its transaction stays short beside a running bot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from domain.ledger import EntryKind
from domain.tiers import Evidence
from models.accounts import Account, Community, FeeItem
from models.agreements import Offer
from models.base import upsert
from models.bills import BILLED, Bill, LedgerEntry, Payment, lock_accounts, settle_many, total, transfer
from models.profiles import TierChange
from models.readings import Working, add_stretches

ROWS_PER_CHUNK = 250


@dataclass(frozen=True)
class NewBill:
    account_id: int
    item: str
    period: str
    due_on: date
    amount_fen: int
    basis: str = ""
    fee_item_id: int | None = None
    working: Working | None = None  # of a metered fee


@dataclass(frozen=True)
class NewPayment:
    account_id: int
    amount_fen: int
    paid_on: date
    method: str
    reference: str
    thanked: bool


@dataclass(frozen=True)
class KnownBill:
    """A bill that is there already: what it was issued for, and what it asks for after corrections, in fen."""

    due_on: date
    issued_fen: int
    billed_fen: int
    voided: bool


async def communities_by_name(session: AsyncSession) -> dict[str, Community]:
    return {community.name: community for community in await session.scalars(select(Community))}


async def add_communities(session: AsyncSession, kinds: Mapping[str, str]) -> None:
    """Create the communities (name -> kind) that are not there yet."""
    if kinds:
        rows = [{"name": name, "kind": kind, "pause_reason": ""} for name, kind in kinds.items()]
        await session.execute(upsert(session, Community).on_conflict_do_nothing(index_elements=["name"]), rows)


async def account_ids(session: AsyncSession, codes: Iterable[str]) -> dict[str, int]:
    rows = await session.execute(select(Account.code, Account.id).where(Account.code.in_(set(codes))))
    return {row.code: row.id for row in rows}


async def accounts_by_code(session: AsyncSession, codes: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The accounts as plain rows, column name -> value."""
    table = Account.__table__
    rows = await session.execute(select(*table.columns).where(table.c.code.in_(set(codes))))
    return {row["code"]: dict(row) for row in rows.mappings()}


async def accounts_of(session: AsyncSession, community_ids: Sequence[int]) -> list[Account]:
    """All accounts of some communities, by code; erased ones are left out."""
    return list(
        await session.scalars(
            select(Account)
            .where(Account.community_id.in_(community_ids), Account.erased_at.is_(None))
            .order_by(Account.code)
        )
    )


async def save_accounts(session: AsyncSession, rows: Sequence[Mapping[str, Any]], given: Iterable[str]) -> None:
    """Insert accounts, or set the `given` columns of those whose code is there.

    A grade that was computed stays; a tier stays where the file says what it said last time.
    """
    statement = upsert(session, Account)
    new = statement.excluded
    changed: dict[str, ColumnElement[Any]] = {name: new[name] for name in (*given, "updated_at")}
    if "grade" in changed:
        said_anew = and_(Account.graded_on.is_(None), Account.grade_given != new.grade_given)
        changed["grade"] = case((said_anew, new.grade), else_=Account.grade)
    if "tier" in changed:
        changed["tier"] = case((Account.tier_given != new.tier_given, new.tier), else_=Account.tier)
    await session.execute(statement.on_conflict_do_update(index_elements=["code"], set_=changed), list(rows))


async def note_tiers(
    session: AsyncSession, before: Mapping[str, Mapping[str, Any]], tiers: Mapping[str, str], at: datetime
) -> None:
    """Keep in the history which tiers an import has set. `before`: the accounts as they were, by code."""
    new = {
        code: (before[code]["tier"] if code in before else "", tier)
        for code, tier in tiers.items()
        if code not in before or before[code]["tier_given"] != tier
    }
    new = {code: (was, becomes) for code, (was, becomes) in new.items() if was != becomes}
    ids = await account_ids(session, new)
    rows = [
        {
            "account_id": ids[code],
            "at": at,
            "was": was,
            "becomes": becomes,
            "evidence": Evidence.IMPORT.value,
            "actor": "import",
        }
        for code, (was, becomes) in new.items()
    ]
    if rows:
        await session.execute(insert(TierChange), rows)


async def fee_items(session: AsyncSession) -> list[FeeItem]:
    return list(await session.scalars(select(FeeItem).order_by(FeeItem.community_id, FeeItem.item, FeeItem.starts_on)))


# What an import may correct of a fee rule.
FEE_TERMS = (
    *("formula", "rate_yuan", "cycle", "due_day"),
    *("tier_prices", "tiers_per", "least_thousandths", "least_fen"),
)


async def save_fee_items(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert fee rules, or correct the version of the same community, item and start."""
    statement = upsert(session, FeeItem)
    changed = {name: statement.excluded[name] for name in FEE_TERMS}
    keys = ["community_id", "item", "starts_on"]
    await session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))


# What an import may correct of an offer.
OFFER_TERMS = ("closes_on", "amount_fen", "lessons", "covers_from", "covers_until", "subject")


async def known_offers(
    session: AsyncSession, account_ids: Sequence[int]
) -> dict[tuple[int, str, date], dict[str, Any]]:
    """The offers of some accounts as plain rows, by account, class and the day they open."""
    table = Offer.__table__
    rows = await session.execute(select(*table.columns).where(table.c.account_id.in_(account_ids)))
    return {(row["account_id"], row["class_name"], row["opens_on"]): dict(row) for row in rows.mappings()}


async def save_offers(session: AsyncSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert offers, or correct those of the same account, class and opening day; a yes given meanwhile stays as it was."""
    statement = upsert(session, Offer)
    changed = {name: statement.excluded[name] for name in OFFER_TERMS}
    keys = ["account_id", "class_name", "opens_on"]
    save = statement.on_conflict_do_update(index_elements=keys, set_=changed, where=Offer.state != "yes")
    await session.execute(save, list(rows))


async def known_bills(
    session: AsyncSession, keys: Sequence[tuple[int, str, str]]
) -> dict[tuple[int, str, str], KnownBill]:
    """The bills among these (account id, item, period) that were issued before."""
    issued = total({EntryKind.CHARGE: 1})
    query = (
        select(Bill.account_id, Bill.item, Bill.period, Bill.due_on, issued, BILLED, Bill.voided_at)
        .join(LedgerEntry, LedgerEntry.bill_id == Bill.id)
        .where(tuple_(Bill.account_id, Bill.item, Bill.period).in_(keys))
        .group_by(Bill.id)
    )
    return {
        (account_id, item, period): KnownBill(due_on, int(issued_fen), int(billed_fen), voided_at is not None)
        for account_id, item, period, due_on, issued_fen, billed_fen, voided_at in await session.execute(query)
    }


async def known_payments(
    session: AsyncSession, keys: Sequence[tuple[int, str, str]]
) -> dict[tuple[int, str, str], Payment]:
    """The payments among these (account id, method, reference) that were recorded before."""
    query = select(Payment).where(tuple_(Payment.account_id, Payment.method, Payment.reference).in_(keys))
    return {(each.account_id, each.method, each.reference): each for each in await session.scalars(query)}


async def issue_bills(session: AsyncSession, bills: Sequence[NewBill], on: date, at: datetime, *, actor: str) -> int:
    """Issue the bills that are not there yet and settle them from the households' credit; how many were new."""
    if not bills:
        return 0
    await lock_accounts(session, sorted({each.account_id for each in bills}))
    statement = upsert(session, Bill).on_conflict_do_nothing(index_elements=["account_id", "item", "period"])
    rows = [
        {
            "account_id": bill.account_id,
            "item": bill.item,
            "period": bill.period,
            "due_on": bill.due_on,
            "fee_item_id": bill.fee_item_id,
            "basis": bill.basis,
            "issued_at": at,
        }
        for bill in bills
    ]
    returned = await session.execute(statement.returning(Bill.id, Bill.account_id, Bill.item, Bill.period), rows)
    ids = {(account_id, item, period): bill_id for bill_id, account_id, item, period in returned}
    entries = [
        transfer(EntryKind.CHARGE, bill.account_id, bill.amount_fen, on, at, bill_id=bill_id, actor=actor)
        for bill in bills
        if (bill_id := ids.get((bill.account_id, bill.item, bill.period))) is not None
    ]
    workings = {
        bill_id: bill.working
        for bill in bills
        if bill.working is not None and (bill_id := ids.get((bill.account_id, bill.item, bill.period))) is not None
    }
    await add_stretches(session, workings)
    await _post(session, entries, on, at, actor)
    return len(entries)


async def record_payments(
    session: AsyncSession, payments: Sequence[NewPayment], on: date, at: datetime, *, actor: str
) -> int:
    """Record the payments that are not there yet and use them for open bills; how many were new.

    Every bill receives what `bills.record_payment` would have given it, one payment after the other.
    """
    if not payments:
        return 0
    await lock_accounts(session, sorted({each.account_id for each in payments}))
    statement = upsert(session, Payment).on_conflict_do_nothing(index_elements=["account_id", "method", "reference"])
    rows = [{**vars(payment), "recorded_at": at} for payment in payments]
    returned = await session.execute(
        statement.returning(Payment.id, Payment.account_id, Payment.method, Payment.reference), rows
    )
    ids = {(account_id, method, reference): payment_id for payment_id, account_id, method, reference in returned}
    entries = [
        transfer(EntryKind.PAYMENT, each.account_id, each.amount_fen, on, at, payment_id=payment_id, actor=actor)
        for each in payments
        if (payment_id := ids.get((each.account_id, each.method, each.reference))) is not None
    ]
    await _post(session, entries, on, at, actor)
    return len(entries)


async def _post(
    session: AsyncSession, entries: Sequence[dict[str, object]], on: date, at: datetime, actor: str
) -> None:
    if entries:
        await session.execute(insert(LedgerEntry), entries)
        ids = {account_id for entry in entries if isinstance(account_id := entry["account_id"], int)}
        await settle_many(session, sorted(ids), on, at, actor=actor)
