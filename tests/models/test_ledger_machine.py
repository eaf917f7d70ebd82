"""Money as a state machine: bills, payments, corrections in any order against a plain dictionary of sums."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, insert, select

from domain.errors import Refusal
from domain.ledger import BILLED_SIGN, CREDIT_SIGN, RECEIVED_SIGN, TRANSFERS, Entry, EntryKind, Ledger
from models import corrections
from models.accounts import Account, Community
from models.base import Database
from models.bills import Bill, LedgerEntry, Payment, bill_lines, credit_fen, record_payment, settle, transfer

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
FEN = st.integers(1, 50_000)


class Money(RuleBasedStateMachine):
    """`billed` and `paid` are the model: what each bill asks for, and each payment that stands."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="nuanling-money-"))
        shutil.copy(self.template, self.folder / "money.db")
        self.runner = asyncio.Runner()
        self.database = Database(f"sqlite:///{self.folder}/money.db")
        self.billed: dict[int, int] = {}
        self.paid: dict[int, int] = {}
        self.number = 0
        self.account = self.runner.run(self._open())

    def teardown(self) -> None:
        self.runner.run(self.database.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    async def _open(self) -> int:
        async with self.database.write() as session:
            community = Community(name="翠湖花园", kind="property")
            session.add(community)
            await session.flush()
            account = Account(
                code="3-1201",
                community_id=community.id,
                kind="property",
                payer_name="陈静",
                created_at=NOW,
                updated_at=NOW,
            )
            session.add(account)
            await session.flush()
            return account.id

    @rule(fen=FEN, days=st.integers(-60, 60))
    def issue(self, fen: int, days: int) -> None:
        self.number += 1

        async def work() -> int:
            async with self.database.write() as session:
                bill = Bill(
                    account_id=self.account,
                    item=f"费用{self.number}",
                    period="2026-11",
                    due_on=TODAY + timedelta(days=days),
                    issued_at=NOW,
                )
                session.add(bill)
                await session.flush()
                entry = transfer(EntryKind.CHARGE, self.account, fen, TODAY, NOW, bill_id=bill.id)
                await session.execute(insert(LedgerEntry), [entry])
                await settle(session, self.account, TODAY, NOW)
                return bill.id

        self.billed[self.runner.run(work())] = fen

    @rule(fen=FEN, again=st.booleans(), names=st.booleans(), data=st.data())
    def pay(self, fen: int, again: bool, names: bool, data: st.DataObject) -> None:
        """Partial, exact, too much; the same reference twice changes nothing."""
        self.number += 1
        named = data.draw(st.permutations(sorted(self.billed))) if names else []

        async def work() -> int | None:
            async with self.database.write() as session:
                payment = await record_payment(
                    session, self.account, fen, TODAY, "bank", f"r{self.number}", NOW, on=TODAY, named=named
                )
                return payment.id if payment else None

        payment_id = self.runner.run(work())
        assert payment_id is not None
        self.paid[payment_id] = fen
        if again:
            assert self.runner.run(work()) is None

    @precondition(lambda self: self.billed)
    @rule(data=st.data(), by=st.integers(-60_000, 60_000))
    def adjust(self, data: st.DataObject, by: int) -> None:
        bill_id = data.draw(st.sampled_from(sorted(self.billed)))
        self.number += 1

        async def work() -> None:
            async with self.database.write() as session:
                await corrections.adjust_bill(session, bill_id, by, f"why {self.number}", TODAY, NOW, actor="zhao")

        if by == 0 or self.billed[bill_id] + by < 0:
            with pytest.raises(Refusal):
                self.runner.run(work())
        else:
            self.runner.run(work())
            self.billed[bill_id] += by

    @precondition(lambda self: self.billed)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        bill_id = data.draw(st.sampled_from(sorted(self.billed)))

        async def work() -> None:
            async with self.database.write() as session:
                await corrections.void_bill(session, bill_id, "wrong", TODAY, NOW, actor="zhao")

        self.runner.run(work())
        del self.billed[bill_id]
        with pytest.raises(Refusal):
            self.runner.run(work())

    @precondition(lambda self: self.paid)
    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        payment_id = data.draw(st.sampled_from(sorted(self.paid)))

        async def work() -> None:
            async with self.database.write() as session:
                await corrections.reverse_payment(session, payment_id, "bounced", TODAY, NOW, actor="zhao")

        self.runner.run(work())
        del self.paid[payment_id]
        with pytest.raises(Refusal):
            self.runner.run(work())

    @rule()
    def settle_again(self) -> None:
        async def work() -> int:
            async with self.database.write() as session:
                return await settle(session, self.account, TODAY, NOW)

        assert self.runner.run(work()) == 0  # every act settles by itself

    @invariant()
    def sums_agree(self) -> None:
        async def look() -> tuple[dict[int, tuple[int, int]], int, list[LedgerEntry]]:
            async with self.database.read() as session:
                lines = {
                    line.bill.id: (line.billed_fen, line.received_fen)
                    for line in await bill_lines(session, [self.account])
                }
                entries = list(await session.scalars(select(LedgerEntry).order_by(LedgerEntry.id)))
                return lines, await credit_fen(session, self.account), entries

        lines, credit, entries = self.runner.run(look())
        billed, paid = sum(self.billed.values()), sum(self.paid.values())
        assert {bill_id: fen for bill_id, (fen, _) in lines.items()} == self.billed
        assert all(0 <= received <= asked for asked, received in lines.values())
        received = sum(received for _, received in lines.values())
        assert received + credit == paid  # no fen is lost, none is made
        assert received == min(billed, paid)  # and none lies idle while a bill is open
        # Each entry stands in its kind's two books; the whole journal replayed gives every balance again.
        assert all((TRANSFERS[EntryKind(e.kind)]) == (e.debit, e.credit) for e in entries)
        journal = Ledger(tuple(Entry(EntryKind(e.kind), e.amount_fen, e.bill_id, e.payment_id) for e in entries))
        assert journal.credit_fen() == credit
        assert {bill_id: journal.open_fen(bill_id) for bill_id in lines} == {
            bill_id: asked - got for bill_id, (asked, got) in lines.items()
        }


def test_money_in_any_order(sqlite_template: Path) -> None:
    machine = type("Machine", (Money,), {"template": sqlite_template})
    full = bool(os.environ.get("NUANLING_FULL"))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=1000 if full else 12,
            stateful_step_count=50 if full else 25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )


def test_every_kind_has_one_side_in_each_balance() -> None:
    assert set(TRANSFERS) == set(EntryKind)
    for kind in EntryKind:
        moved = BILLED_SIGN.get(kind, 0) - RECEIVED_SIGN.get(kind, 0)  # what a bill still asks for
        debit, credit = TRANSFERS[kind]
        assert moved == (debit == "receivable") - (credit == "receivable")
        assert CREDIT_SIGN.get(kind, 0) == (credit == "credit") - (debit == "credit")


async def test_the_order_of_payments_does_not_matter(database: Database) -> None:
    """Pay A then B equals B then A in total; two halves equal the whole."""
    totals: list[tuple[list[int], int]] = []
    for number, parts in enumerate(([7000, 3000], [3000, 7000], [10_000], [5000, 5000])):
        async with database.write() as session:
            community = Community(name=f"c{number}", kind="property")
            session.add(community)
            await session.flush()
            account = Account(
                code=f"{number}",
                community_id=community.id,
                kind="property",
                payer_name="x",
                created_at=NOW,
                updated_at=NOW,
            )
            session.add(account)
            await session.flush()
            for item, fen in (("a", 4000), ("b", 5000)):
                bill = Bill(account_id=account.id, item=item, period="2026", due_on=TODAY, issued_at=NOW)
                session.add(bill)
                await session.flush()
                entry = transfer(EntryKind.CHARGE, account.id, fen, TODAY, NOW, bill_id=bill.id)
                await session.execute(insert(LedgerEntry), [entry])
            for fen in parts:
                await record_payment(
                    session,
                    account.id,
                    fen,
                    TODAY,
                    "bank",
                    f"{fen}/{len(totals)}/{parts.index(fen)}" + str(fen is parts[-1]),
                    NOW,
                    on=TODAY,
                )
            lines = await bill_lines(session, [account.id])
            totals.append(([line.received_fen for line in lines], await credit_fen(session, account.id)))
    assert totals[0] == totals[1] == totals[2] == ([4000, 5000], 1000)


async def test_two_payments_at_the_same_moment_pay_no_bill_twice(database: Database) -> None:
    async with database.write() as session:
        community = Community(name="c", kind="property")
        session.add(community)
        await session.flush()
        account = Account(
            code="a", community_id=community.id, kind="property", payer_name="x", created_at=NOW, updated_at=NOW
        )
        session.add(account)
        await session.flush()
        bill = Bill(account_id=account.id, item="a", period="2026", due_on=TODAY, issued_at=NOW)
        session.add(bill)
        await session.flush()
        entry = transfer(EntryKind.CHARGE, account.id, 10_000, TODAY, NOW, bill_id=bill.id)
        await session.execute(insert(LedgerEntry), [entry])
        account_id = account.id

    async def pay(reference: str) -> bool:
        async with database.write() as session:
            made = await record_payment(session, account_id, 6000, TODAY, "bank", reference, NOW, on=TODAY)
            await asyncio.sleep(0.02)
            return made is not None

    made = await asyncio.gather(pay("one"), pay("two"), pay("two"), pay("three"))
    assert sorted(made) == [False, True, True, True]
    async with database.read() as session:
        (line,) = await bill_lines(session, [account_id])
        assert (line.received_fen, line.open_fen) == (10_000, 0)
        assert await credit_fen(session, account_id) == 8000
        assert await session.scalar(select(func.count()).select_from(Payment)) == 3
