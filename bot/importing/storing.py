"""Stores understood rows chunk by chunk: reads what is there, refuses what contradicts it, writes the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.commands.context import Desk
from bot.importing.columns import Row
from bot.importing.fees import Fees
from bot.importing.meters import Readings, place_of
from bot.importing.outcome import Outcome, Store, has_account
from bot.importing.values import quoted
from domain.grades import read_grade
from domain.lint import lint
from domain.messages import Audience
from domain.money import yuan
from domain.renewals import OfferState, Terms, unlawful
from models import bulk
from models.base import chunks
from models.bulk import NewBill, NewPayment
from models.completed import save_services, services_by_key
from models.reminders import withdraw_needless

THANKED_AFTER = timedelta(days=3)  # nobody is thanked for a payment of long ago


async def store(
    desk: Desk,
    kind: str,
    rows: Sequence[Row],
    given: Iterable[str],
    *,
    file: str,
    dry_run: bool,
    advance: Callable[[int], None],
) -> Outcome:
    """Store the rows of one file. `given`: the columns it has; `advance` is told of each chunk's rows."""
    sink = STORES[kind](desk, frozenset(given), file)
    outcome = Outcome()
    if kind == "readings":  # a meter's own order, whatever the file's
        rows = sorted(rows, key=place_of)
    for chunk in chunks(rows, bulk.ROWS_PER_CHUNK):
        async with desk.database.read() as session:
            new = await sink.sift(session, chunk, outcome)
        if new and not dry_run:
            async with desk.database.write() as session:
                await sink.write(session, new)
        advance(len(chunk))
    return outcome


async def refuse_strangers(desk: Desk, rows: Sequence[Row], outcome: Outcome) -> None:
    """Rows that are refused anyway hear at once, too, that their account is not there."""
    for chunk in chunks(rows, bulk.ROWS_PER_CHUNK):
        async with desk.database.read() as session:
            ids = await bulk.account_ids(session, [row.values["account_code"] for row in chunk])
        for row in chunk:
            has_account(row, ids, outcome)


# Columns that life goes on to change: kept as they were last imported, too, so that an old file takes nothing back.
STARTING = {"grade": "grade_given", "tier": "tier_given"}


class Accounts:
    """Upserts by code; columns that the file lacks keep their values. Communities appear with their first account.

    A grade is a start value until there is evidence; a tier counts where it differs from the one last imported.
    """

    def __init__(self, desk: Desk, given: frozenset[str], file: str) -> None:
        self._desk = desk
        self._given = sorted(given - {"code", "community", "kind"})
        self._kinds: dict[str, str] = {}  # of the communities this file creates

    async def sift(self, session: AsyncSession, rows: Sequence[Row], outcome: Outcome) -> list[Any]:
        communities = await bulk.communities_by_name(session)
        known = await bulk.accounts_by_code(session, [row.values["code"] for row in rows])
        new: list[dict[str, Any]] = []
        for row in rows:
            name = row.values["community"]
            there = communities.get(name)
            kind = there.kind if there else self._kinds.get(name)
            said = row.values.get("kind") or kind or self._desk.settings.organisation.kind
            before = known.get(row.values["code"])
            foreign, erased = kind is not None and said != kind, before is not None and before["erased_at"] is not None
            if foreign:
                outcome.refuse(row, f"kind: {quoted(name)} is {kind}, this row says {said}")
            if erased:
                outcome.refuse(row, "code: this household was erased: give whoever lives there now a code of its own")
            if foreign or erased:
                continue
            self._kinds.setdefault(name, said)
            changed = before is not None and (
                before["community_id"] != (there.id if there else None)
                or any(before[STARTING.get(column, column)] != row.values[column] for column in self._given)
            )
            outcome.accept(new=before is None, changed=changed)
            if before is None or changed:
                new.append(self._row(row, said))
        return new

    async def write(self, session: AsyncSession, new: list[Any]) -> None:
        await bulk.add_communities(session, {row["community"]: row["kind"] for row in new})
        ids = {name: community.id for name, community in (await bulk.communities_by_name(session)).items()}
        rows = [{**row, "community_id": ids[row["community"]]} for row in new]
        for row in rows:
            del row["community"]
        tiers = {row["code"]: row["tier"] for row in rows} if "tier" in self._given else {}
        before = await bulk.accounts_by_code(session, tiers)
        starting = [STARTING[column] for column in self._given if column in STARTING]
        await bulk.save_accounts(session, rows, (*self._given, *starting, "community_id", "kind"))
        await bulk.note_tiers(session, before, tiers, self._desk.now)

    def _row(self, row: Row, kind: str) -> dict[str, Any]:
        now = self._desk.now
        values = {column: row.values[column] for column in self._given}
        values |= {STARTING[column]: value for column, value in values.items() if column in STARTING}
        if "grade" in values:
            values["grade"] = read_grade(values["grade"]) or values["grade"]
        return {
            "cycle": "",  # empty: the community's fee rule says it
            **values,
            "code": row.values["code"],
            "community": row.values["community"],
            "kind": kind,
            "created_at": now,
            "updated_at": now,
        }


class Bills:
    """New bills are issued; a bill that is there is left alone, and a row that contradicts it refused."""

    def __init__(self, desk: Desk, given: frozenset[str], file: str) -> None:
        self._desk = desk

    async def sift(self, session: AsyncSession, rows: Sequence[Row], outcome: Outcome) -> list[Any]:
        ids = await bulk.account_ids(session, [row.values["account_code"] for row in rows])
        found = [(row, _new_bill(row, ids)) for row in rows if has_account(row, ids, outcome)]
        known = await bulk.known_bills(session, [(new.account_id, new.item, new.period) for _, new in found])
        wanted = []
        for row, new in found:
            there = known.get((new.account_id, new.item, new.period))
            other_sum = there is not None and new.amount_fen not in (there.issued_fen, there.billed_fen)
            other_day = there is not None and new.due_on != there.due_on
            if there is not None and other_sum:
                asks = "was voided" if there.voided else f"asks for {yuan(there.billed_fen)}"
                outcome.refuse(row, f"amount_yuan: the bill is there and {asks}: use `bill adjust`")
            if there is not None and other_day:
                outcome.refuse(row, f"due_on: the bill is there, due on {there.due_on}: use `bill adjust`")
            if other_sum or other_day:
                continue
            outcome.accept(new=there is None)
            if there is None:
                wanted.append(new)
        return wanted

    async def write(self, session: AsyncSession, new: list[Any]) -> None:
        await bulk.issue_bills(session, new, self._desk.today, self._desk.now, actor=self._desk.actor)


class Payments:
    """New payments are recorded and used for open bills; one that is there is left alone."""

    def __init__(self, desk: Desk, given: frozenset[str], file: str) -> None:
        self._desk = desk

    async def sift(self, session: AsyncSession, rows: Sequence[Row], outcome: Outcome) -> list[Any]:
        ids = await bulk.account_ids(session, [row.values["account_code"] for row in rows])
        found = [(row, self._payment(row, ids)) for row in rows if has_account(row, ids, outcome)]
        known = await bulk.known_payments(session, [(new.account_id, new.method, new.reference) for _, new in found])
        wanted = []
        for row, new in found:
            there = known.get((new.account_id, new.method, new.reference))
            if there is None:
                wanted.append(new)
            elif (there.amount_fen, there.paid_on) != (new.amount_fen, new.paid_on):
                # A reference stands for one payment for ever, a reversed one too: else the old file would bring it back.
                fen, day, number, other = yuan(there.amount_fen), there.paid_on, there.id, f"{there.reference}-2"
                if there.reversed_at is not None:
                    outcome.refuse(
                        row,
                        f"reference: it was recorded before with {fen} on {day}, as payment {number}, and reversed: "
                        f"give this one a reference of its own, such as {other}",
                    )
                else:
                    outcome.refuse(
                        row,
                        f"reference: it was recorded before with {fen} on {day}, as payment {number}: where that was wrong, "
                        f"`payment reverse {number} --why …` and give this one a reference of its own, such as {other}",
                    )
                continue
            if there is None and new.paid_on > self._desk.today:  # taken all the same: a transfer may be dated ahead
                outcome.notes.append(
                    f"row {row.line.number}: paid on {new.paid_on}, which is still to come: is the year right?"
                )
            outcome.accept(new=there is None)
        return wanted

    async def write(self, session: AsyncSession, new: list[Any]) -> None:
        await bulk.record_payments(session, new, self._desk.today, self._desk.now, actor=self._desk.actor)
        await withdraw_needless(session, sorted({payment.account_id for payment in new}))

    def _payment(self, row: Row, ids: dict[str, int]) -> NewPayment:
        values = row.values
        return NewPayment(
            account_id=ids[values["account_code"]],
            amount_fen=values["amount_yuan"],
            paid_on=values["paid_on"],
            method=values.get("method", ""),
            reference=values["reference"],
            thanked=self._desk.today - values["paid_on"] > THANKED_AFTER,
        )


class Services:
    """Completed services; one that is there gets the file's figure."""

    def __init__(self, desk: Desk, given: frozenset[str], file: str) -> None:
        self._desk = desk

    async def sift(self, session: AsyncSession, rows: Sequence[Row], outcome: Outcome) -> list[Any]:
        communities = await bulk.communities_by_name(session)
        known = await services_by_key(session)
        new = []
        for row in rows:
            values, community = row.values, communities.get(row.values["community"])
            if community is None:
                outcome.refuse(row, f"community: {quoted(values['community'])} is unknown: import its accounts first")
            if by_month := len(values["period"]) != len("2026-11") or "Q" in values["period"]:
                outcome.refuse(row, "period: services are entered by the month, such as 2026-11")
            if unfit := lint(f"{values['service']} {values.get('unit', '')}", Audience.GROUP):
                outcome.refuse(row, "service: everybody reads it: write only what was done")
            if community is not None and not by_month and not unfit:
                there = known.get((community.id, values["period"], values["service"]))
                done = (values["quantity"], values.get("unit", ""))
                outcome.accept(new=there is None, changed=there not in (None, done))
                if there == done:
                    continue
                new.append(
                    {
                        "community_id": community.id,
                        "period": values["period"],
                        "name": values["service"],
                        "quantity": values["quantity"],
                        "unit": values.get("unit", ""),
                        "entered_by": self._desk.actor,
                        "entered_at": self._desk.now,
                    }
                )
        return new

    async def write(self, session: AsyncSession, new: list[Any]) -> None:
        await save_services(session, new)


class Offers:
    """Renewals within the law's limits. One that is there is corrected, until the family has said yes to it."""

    def __init__(self, desk: Desk, given: frozenset[str], file: str) -> None:
        self._desk = desk

    async def sift(self, session: AsyncSession, rows: Sequence[Row], outcome: Outcome) -> list[Any]:
        accounts = await bulk.accounts_by_code(session, [row.values["account_code"] for row in rows])
        ids = {code: account["id"] for code, account in accounts.items()}
        mine = [row for row in rows if has_account(row, ids, outcome)]
        known = await bulk.known_offers(session, sorted({ids[row.values["account_code"]] for row in mine}))
        new = []
        for row in mine:
            account = accounts[row.values["account_code"]]
            values = self._row(row, account)
            if reasons := _no_offer(values, account):
                outcome.refuse(row, *reasons)
                continue
            there = known.get((values["account_id"], values["class_name"], values["opens_on"]))
            changed = there is None or any(there[name] != values[name] for name in bulk.OFFER_TERMS)
            if changed and there is not None and there["state"] == OfferState.YES:
                outcome.refuse(row, "the family has said yes to this offer as it was: use `bill adjust`")
                continue
            outcome.accept(new=there is None, changed=changed and there is not None)
            if changed:
                new.append(values)
        return new

    async def write(self, session: AsyncSession, new: list[Any]) -> None:
        await bulk.save_offers(session, new)

    def _row(self, row: Row, account: dict[str, Any]) -> dict[str, Any]:
        values = row.values
        return {
            "account_id": account["id"],
            "class_name": values.get("class_name") or account["class_name"],
            "amount_fen": values["amount_yuan"],
            "subject": values.get("subject", "no") == "yes",
            **{name: values[name] for name in ("opens_on", "closes_on", "lessons", "covers_from", "covers_until")},
        }


def _no_offer(values: dict[str, Any], account: dict[str, Any]) -> list[str]:
    """Why this can't be offered."""
    if account["kind"] != "training":
        return [f"account_code: {quoted(account['code'])} is a household, not a pupil: offers are for schools"]
    nameless = [] if values["class_name"] else ["class_name: is empty, and the account has none"]
    breach = unlawful(Terms(**{name: values[name] for name in Terms.__slots__}))
    return nameless + ([breach] if breach else [])


STORES: dict[str, Callable[[Desk, frozenset[str], str], Store]] = {
    "accounts": Accounts,
    "bills": Bills,
    "payments": Payments,
    "fees": Fees,
    "services": Services,
    "offers": Offers,
    "readings": Readings,
}


def _new_bill(row: Row, ids: dict[str, int]) -> NewBill:
    values = row.values
    return NewBill(
        account_id=ids[values["account_code"]],
        item=values["item"],
        period=values["period"],
        due_on=values["due_on"],
        amount_fen=values["amount_yuan"],
    )
