"""Runs the simulated days: at a few moments of each, the real timetable, dispatcher and lanes do their work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

import scheduler
from bot.app import App
from bot.app import build as build_app
from bot.billing import bill_period
from bot.channels.sandbox import SandboxChannel
from bot.channels.sandbox_platform import Platform
from bot.commands.context import Desk
from bot.database import upgrade
from bot.settings import DatabaseSection, Settings
from bot.simulation.checks import Break, Checks
from bot.simulation.estate import DUE_DAY, PLACES, Resident, build, offers, residents
from bot.simulation.incidents import Incidents
from bot.simulation.people import Deed, People
from domain.billing import CYCLE_MONTHS, Period, due_on
from domain.clock import ManualClock, at_local
from domain.pacing import Limits
from models.agreements import Complaint, Offer, Promise
from models.base import Database
from models.bills import LedgerEntry, Payment, bill_lines, open_fen, record_payment
from models.invariants import findings
from models.outbox import next_due_at
from models.staff import StaffTask, close_task
from understanding.reader import Reader

START = date(2026, 12, 1)
PLAN_AT = time(9)
STOPS = (time(8), PLAN_AT, time(9, 30), time(12), time(15), time(17), time(18, 30), time(22, 30))
STAFF_AT = time(17)  # when colleagues close what they were asked to do
COLLECTOR_ID = 2
UNLIMITED = Limits(1e9, 1e9, 1e9, 64)  # a limiter waits by the real clock, and nobody waits here
TASK_AFTER = timedelta(hours=20)
NOTICED = ("thanks", "holds", "clocks")
ROUNDS = 12  # of question and answer at one stop
KEPT_BY_STAFF = frozenset(
    {"call", "visit", "letter", "review", "case_file", "hold", "promise", "plan_broken", "renewal", "renewal_note"}
)
Progress = Callable[[int], None]


@dataclass
class Result:
    """What came of it. Equal for equal seeds, to the byte."""

    days: int
    accounts: int
    seed: int
    contacts: int = 0
    billed_fen: int = 0
    collected_fen: int = 0
    complaints: int = 0
    answered: int = 0
    promises_kept: int = 0
    promises_broken: int = 0
    offers: int = 0
    renewed: int = 0
    declined: int = 0
    tasks: int = 0
    sent: dict[str, int] = field(default_factory=dict)
    invariant_breaks: list[Break] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        plain = {name: value for name, value in vars(self).items() if name != "invariant_breaks"}
        per_household = round(self.contacts / self.accounts, 2) if self.accounts else 0.0
        return plain | {
            "contacts_per_household": per_household,
            "invariant_breaks": [each.to_json() for each in self.invariant_breaks],
        }


class Simulation:
    """One estate on a scratch database. `start`: its first day."""

    def __init__(
        self, settings: Settings, directory: Path, *, days: int, accounts: int, seed: int, start: date = START
    ) -> None:
        self._settings = settings.model_copy(
            update={"database": DatabaseSection(url=f"sqlite:///{directory / 'simulation.db'}")}
        )
        self._days, self._start, self._seed = days, start, seed
        self.result = Result(days, accounts, seed)
        self._residents = residents(accounts, seed)

    async def run(self, progress: Progress = lambda _: None, reader: Reader | None = None) -> Result:
        database = Database(self._settings.database.url, scratch=True)
        try:
            await upgrade(database)
            await self._set_up(database, reader)
            for number in range(self._days):
                await self._day(self._start + timedelta(days=number))
                progress(number + 1)
            await self._count()
        finally:
            await database.close()
        return self.result

    async def _set_up(self, database: Database, reader: Reader | None) -> None:
        zone = self._settings.organisation.zone
        self.clock = ManualClock(at_local(self._start, time(7), zone))
        self.platform = Platform()
        await build(database, self.platform, self._residents, self.clock.now())
        channel = SandboxChannel(self.platform, self.clock)
        channel.limits = UNLIMITED
        self.app: App = await build_app(self._settings, database, self.clock, {channel.name: channel}, reader)
        await self.app.open(channel)
        self._store = self.app.inbound.store_for(channel.name)
        self.people = People(self.platform, self._residents, self.app.office.wording, zone)
        self.checks = Checks(zone)
        self.incidents = Incidents(self.app, self.people, self.checks, self._seed)

    # a day

    async def _day(self, day: date) -> None:
        zone = self.app.office.zone
        if day == self._start or day.day == 1:
            await self._bill(day.replace(day=1))
        for moment in STOPS:
            self.clock.jump(at_local(day, moment, zone))
            await self._guarded(day, self._stop(day, moment))
        received, self.people.received = self.people.received, []
        async with self.app.database.read() as session:
            self.result.invariant_breaks += await self.checks.look(session, day, received)
        if day.day == 1 or day == self._start + timedelta(days=self._days - 1):
            wrong = await findings(self.app.database)
            self.result.invariant_breaks += [Break(day.isoformat(), "invariant", each) for each in wrong]
        self.people.forget()

    async def _guarded(self, day: date, work: Awaitable[None]) -> None:
        """A part of the program that fails is a finding, not the end of the simulation."""
        try:
            await work
        except Exception as wrong:
            self.result.invariant_breaks.append(Break(day.isoformat(), "fault", type(wrong).__name__))

    async def _stop(self, day: date, moment: time) -> None:
        now = self.clock.now()
        if moment == STOPS[0]:
            await self._offer(day)
            await self.incidents.morning(day)
        ran = await scheduler.tick(self.app.database, self.app.office, now, jobs=_jobs_at(moment), on_demand=True)
        failed = [each for each in ran if each.error]
        self.result.invariant_breaks += [Break(day.isoformat(), "job failed", f"{e.name}: {e.error}") for e in failed]
        if moment == PLAN_AT:
            await self.incidents.after_planning(day, self._settle)
        if moment == STAFF_AT:
            await self._close_tasks(now)
        deeds = self.people.due(now)
        for deed in deeds:
            await self._do(deed, now)
        if any(deed.what != "say" for deed in deeds):  # who pays is thanked within the minute, or in the morning
            await scheduler.tick(self.app.database, self.app.office, now, only="thanks", on_demand=True)
        await self._settle()

    async def _offer(self, day: date) -> None:
        """The school opens its next courses."""
        rows = offers(self._residents, day)
        if rows:
            async with self.app.database.write() as session:
                await session.execute(insert(Offer), rows)

    async def _settle(self) -> None:
        """Until everything that was written is answered, and everything due is delivered and read."""
        deliver = not self.incidents.offline(self.clock.now())
        for _ in range(ROUNDS):
            while self.platform.waiting:
                number, payload, _ = await self.platform.next_update()
                await self._store(str(number), payload)
                self.platform.taken(number)
            handled = await self.app.inbound.handle_waiting()
            if deliver:
                async with self.app.database.read() as session:
                    due_at = await next_due_at(session, SandboxChannel.name)
                if due_at is not None and due_at <= self.clock.now():
                    await self.app.deliver()
            self.result.answered += handled
            if not self.people.read(self.clock.now()) and not self.platform.waiting:
                return

    async def _do(self, deed: Deed, now: datetime) -> None:
        if deed.what == "say":
            self.people.say(deed.who, deed.words, now)
            return
        async with self.app.database.write() as session:
            owed = open_fen(await bill_lines(session, [deed.who.number], only_open=True))
            fen = max(1, owed // 3) if deed.what == "part" else owed
            if owed:
                day = self.app.office.today(now)
                reference = f"{deed.number}"
                await record_payment(session, deed.who.number, fen, day, "微信", reference, now, on=day, actor="bank")
                deed.who.asked = 0

    async def _close_tasks(self, now: datetime) -> None:
        """Colleagues call, visit and write; half of those they reach pay within days."""
        async with self.app.database.write() as session:
            waiting = await session.execute(
                select(StaffTask.source, StaffTask.account_id)
                .where(
                    StaffTask.state.in_(("open", "taken")),
                    StaffTask.kind.in_(KEPT_BY_STAFF),
                    StaffTask.created_at < now - TASK_AFTER,
                )
                .order_by(StaffTask.id)
            )
            for source, account_id in waiting.all():
                await close_task(session, source, now, staff_id=COLLECTOR_ID, outcome="reached")
                if account_id is None:
                    continue
                if source.startswith("offer/"):
                    self.people.called_about_offer(self._residents[account_id - 1], now)
                else:
                    self._was_called(self._residents[account_id - 1], now)

    def _was_called(self, who: Resident, now: datetime) -> None:
        if who.dice.random() < 0.5:
            self.people.plan(who, now + who.dice.randint(1, 90) * timedelta(hours=1), "pay")

    async def _bill(self, month: date) -> None:
        """The office issues what begins in this month, from its fee rules; residents hear of nothing by that."""
        desk = Desk(self._settings, self.app.database, self.clock, "simulation")
        await bill_period(desk, Period(month, "month"), "", dry_run=False)
        noon = at_local(due_on(month, DUE_DAY), time(12), self.app.office.zone)
        begins = month.month % CYCLE_MONTHS["quarter"] == 1
        places = enumerate(PLACES, start=1)
        self.people.billed({number: noon for number, place in places if begins or place[2] == "month"})

    async def _count(self) -> None:
        result = self.result
        async with self.app.database.read() as session:
            result.collected_fen = await session.scalar(select(func.coalesce(func.sum(Payment.amount_fen), 0))) or 0
            charges = select(func.coalesce(func.sum(LedgerEntry.amount_fen), 0)).where(LedgerEntry.kind == "charge")
            result.billed_fen = await session.scalar(charges) or 0
            result.complaints = await session.scalar(select(func.count()).select_from(Complaint)) or 0
            result.tasks = await session.scalar(select(func.count()).select_from(StaffTask)) or 0
            states = Counter((await session.scalars(select(Promise.state))).all())
            result.promises_kept, result.promises_broken = states["kept"], states["broken"]
            answers = Counter((await session.scalars(select(Offer.state))).all())
            result.offers, result.renewed, result.declined = answers.total(), answers["yes"], answers["no"]
        result.contacts = self.checks.contacts
        result.sent = dict(sorted(self.checks.sent.items()))


def _jobs_at(moment: time) -> list[scheduler.Entry]:
    """The night's jobs in the morning, all of the day's at nine, and in between what people would notice.

    The invariants are looked up once a month, by the simulation itself.
    """
    if moment == STOPS[0]:
        night = [entry for entry in scheduler.JOBS if not entry.on_demand and entry.name != "invariants"]
        return [replace(entry, on_demand=True) for entry in night]
    if moment == PLAN_AT:
        return [entry for entry in scheduler.JOBS if entry.on_demand]
    wanted = NOTICED if moment == STAFF_AT else NOTICED[:1]
    return [entry for entry in scheduler.JOBS if entry.name in wanted]
