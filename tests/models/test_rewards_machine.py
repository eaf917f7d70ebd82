"""Points and discounts as a state machine: earn, grant, use, reverse, void in any order; never negative, never twice."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from domain.clock import ManualClock
from domain.errors import Refusal
from domain.rewards import Rewards, read_rewards
from jobs import rewards as job
from models import rewards
from models.base import Database
from models.bills import Bill, Payment, bill_lines
from models.corrections import adjust_bill, reverse_payment, void_bill
from models.invariants import findings
from tests.cast import CHEN, World, office
from tests.models.test_ledger_machine import NOW, TODAY

RULES: Rewards = read_rewards(
    """
[[discount]]
name = "early"
items = ["物业费"]
starts_on = 2026-01-01
days_before_due = 5
percent = "10"
[points]
starts_on = 2026-01-01
on_time = 10
streak_every = 2
streak = 7
fen_each = 3
least = 5
""",
    "machine",
)


class Giving(RuleBasedStateMachine):
    """`given` and `used` are the model's own sums; the rest is asked of the books."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="nuanling-rewards-"))
        shutil.copy(self.template, self.folder / "r.db")
        self.runner = asyncio.Runner()
        self.database = Database(f"sqlite:///{self.folder}/r.db")
        self.world = World(self.database, replace(office(), rewards=RULES), ManualClock(NOW).now())
        self.account = self.runner.run(self.world.account(CHEN))
        self.number = 0
        self.keys: list[str] = []

    def teardown(self) -> None:
        self.runner.run(self.database.close())
        self.runner.close()
        shutil.rmtree(self.folder)

    @rule(fen=st.integers(1, 5000), days=st.integers(-20, 30))
    def issue(self, fen: int, days: int) -> None:
        self.number += 1
        due_on = TODAY + timedelta(days=days)
        self.runner.run(self.world.bill(self.account, due_on, fen, period=f"{2000 + self.number}"))

    @rule(fen=st.integers(1, 8000), days=st.integers(-20, 0))
    def pay(self, fen: int, days: int) -> None:
        self.number += 1
        self.world.now += timedelta(seconds=1)
        self.runner.run(self.world.pay(self.account, fen, f"r{self.number}"))

    @rule(points=st.integers(1, 30), again=st.booleans())
    def grant(self, points: int, again: bool) -> None:
        self.number += 1
        key = self.keys[-1] if again and self.keys else f"g{self.number}"

        async def work() -> None:
            async with self.database.write() as session:
                await rewards.grant(session, self.account, points, key, "谢", TODAY, NOW, actor="staff/1")

        before = self.balance()
        try:
            self.runner.run(work())
            assert key not in self.keys
            self.keys.append(key)
            assert self.balance() == before + points
        except Refusal:
            assert key in self.keys
            assert self.balance() == before

    @rule(points=st.integers(1, 60), data=st.data(), again=st.booleans())
    def use(self, points: int, data: st.DataObject, again: bool) -> None:
        self.number += 1
        key = self.keys[-1] if again and self.keys else f"u{self.number}"
        bills = self.runner.run(self._bills())
        if not bills:
            return
        bill_id = data.draw(st.sampled_from(bills))

        async def work() -> int:
            async with self.database.write() as session:
                return await rewards.redeem_for_bill(
                    session, RULES.points, self.account, bill_id, points, key, TODAY, NOW, actor="person/1"
                )

        before = self.balance()
        try:
            assert self.runner.run(work()) == 3 * points
            assert key not in self.keys
            self.keys.append(key)
            assert self.balance() == before - points
        except Refusal:
            assert self.balance() == before

    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        async def payments() -> list[int]:
            async with self.database.read() as session:
                return list(await session.scalars(select(Payment.id).where(Payment.reversed_at.is_(None))))

        async def work(payment_id: int) -> None:
            async with self.database.write() as session:
                await reverse_payment(session, payment_id, "退", TODAY, self.world.now, actor="zhao")

        if there := self.runner.run(payments()):
            self.runner.run(work(data.draw(st.sampled_from(there))))

    @rule(data=st.data(), by=st.integers(-500, 500))
    def correct(self, data: st.DataObject, by: int) -> None:
        self.number += 1

        async def work(bill_id: int) -> None:
            async with self.database.write() as session:
                if by == 0:
                    await void_bill(session, bill_id, "重复", TODAY, self.world.now, actor="zhao")
                else:
                    await adjust_bill(session, bill_id, by, f"{self.number}", TODAY, self.world.now, actor="zhao")

        if bills := self.runner.run(self._bills()):
            try:
                self.runner.run(work(data.draw(st.sampled_from(bills))))
            except Refusal:
                assert by < 0  # below nothing

    @rule()
    def give(self) -> None:
        """The job; a second run finds nothing to do."""
        for _ in range(2):
            told = self.runner.run(job.run(self.database, self.world.office, self.world.now))
        assert told == {}

    async def _bills(self) -> list[int]:
        async with self.database.read() as session:
            return list(await session.scalars(select(Bill.id).where(Bill.voided_at.is_(None)).order_by(Bill.id)))

    def balance(self) -> int:
        async def work() -> int:
            async with self.database.read() as session:
                return await rewards.balance(session, self.account)

        return self.runner.run(work())

    @invariant()
    def everything_adds_up(self) -> None:
        async def work() -> None:
            assert await findings(self.database) == []
            async with self.database.read() as session:
                for line in await bill_lines(session, [self.account]):
                    assert 0 <= line.received_fen <= line.billed_fen

        assert self.balance() >= 0
        self.runner.run(work())


def test_never_negative_and_never_twice(sqlite_template: Path) -> None:
    Giving.template = sqlite_template
    full = bool(os.environ.get("NUANLING_FULL"))
    run_state_machine_as_test(
        Giving,
        settings=settings(
            max_examples=100 if full else 8,
            stateful_step_count=40 if full else 20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
