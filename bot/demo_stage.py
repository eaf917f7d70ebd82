"""The demo's running parts: one sample world at a time, the whole bot that serves it, and a clock that can be moved."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.exc import SQLAlchemyError

import scheduler
from bot.app import App
from bot.app import build as build_app
from bot.billing import bill_period
from bot.channels.sandbox import SandboxChannel
from bot.channels.sandbox_platform import Platform
from bot.commands.context import Desk
from bot.content import CONTENT
from bot.database import is_current, upgrade
from bot.demo_clock import DemoClock, Hub
from bot.demo_homes import DEFAULT_WORLD, Scenario, scenario_named, scenarios_of
from bot.demo_residents import Residents
from bot.demo_running import Running
from bot.demo_world import billed_month, build
from bot.papers import FOLDER
from bot.settings import DatabaseSection, Organisation, Settings
from bot.wechat_memory import DatabaseMemory
from domain.billing import Period
from domain.clock import at_local, monotonic
from jobs import broadcast
from models import outbox
from models.accounts import Account
from models.base import Database
from models.inbox import Inbox, InboxState
from models.outbox import CLAIMABLE, Outbox, State
from understanding.reader import Reader

DEFAULT_SCENARIO = "clean-month"
NO_NOTES: Mapping[str, str] = MappingProxyType({})
CYCLE = "cycle"  # the note of how many steps of a guided cycle are played; empty when none is
CYCLE_ACTS = "cycle_acts"  # and of how many actions of a step that was halted on its way
JUMP_MAX = timedelta(days=31)
STOP_APART = timedelta(minutes=10)  # during a jump, the least time between two stops
NIGHT_HOUR, DAY_HOURS = 5, (8, 9, 13, 18)  # local hours at which a jump runs the night's jobs, and the day's
THANKS_HOURS = range(8, 21)  # and those at which it thanks who paid
QUIET_SECONDS_MAX = 8.0  # how long a jump waits at one stop for the lanes (a slow or broken platform)
LOOK_SECONDS = 0.01
NOTE_CLOCK_SECONDS = 10


class Demo:
    """One running sample world at a time: `enter` goes over to another, `reset` begins one afresh.

    Each world has a folder of its own for its database, its chats and its papers, so that it is found again as it was left.
    """

    app: App
    platform: Platform
    clock: DemoClock
    residents: Residents
    scenario: Scenario

    def __init__(self, directory: Path, reader: Reader | None = None) -> None:
        self.directory = directory
        self.world = DEFAULT_WORLD
        self.hub = Hub()
        self.ready = asyncio.Event()  # not while one world is replaced by another
        self._reader = reader
        self._moving = asyncio.Lock()
        self._stopping = False
        self.halting = False  # a visitor has asked for it: the day that the jump is in is its last
        self._to: datetime | None = None  # where the jump under way ends
        self._done = 1.0  # how far it is
        self._running: Running | None = None
        self._ticked_at = self._followed_at = self._noted_at = 0.0
        self._planned_on: date | None = None  # the last day that a jump planned

    @property
    def file(self) -> Path:
        return self.directory / f"demo-{self.world}" / "demo.db"

    @property
    def journal(self) -> Path:
        return self.file.with_name("demo.chats.jsonl")

    @property
    def url(self) -> str:
        return f"sqlite:///{self.file}"

    @property
    def lock(self) -> str:
        """What a demo owns alone, whichever world it shows."""
        return f"sqlite:///{self.directory / 'demo.db'}"

    @property
    def moving(self) -> bool:
        return self._moving.locked()

    async def start(self, scenario: str) -> None:
        """Go on where the last demo of this world ended when it played this scenario, else begin it."""
        wanted = scenario_named(scenario)
        if self._reader is None:
            self._reader = await asyncio.to_thread(Reader.load, CONTENT)
        await self._open(wanted)

    async def stop(self) -> None:
        self.hub.shut()
        self._stopping = True
        async with self._moving:  # a jump under way ends at its next stop, not in the middle of a job
            if self.ready.is_set():
                self._note_clock()
            await self._end()

    async def reset(self, scenario: str, notes: Mapping[str, str] = NO_NOTES) -> None:
        """Wipe the files of the scenario's world and begin it; `notes` are kept with its chats."""
        wanted = scenario_named(scenario)
        async with self._moving:
            await self._leave()
            await self._begin(wanted, notes)
        self.hub.tell("reset", {"scenario": scenario})

    async def enter(self, world: str) -> None:
        """Go over to another world, as it was left the last time. Raises ConfigError when there is no such world."""
        wanted = scenario_named(scenarios_of(world)[0])
        async with self._moving:
            await self._leave()
            await self._open(wanted)
        self.hub.tell("reset", {"scenario": self.scenario.name})

    # beginning, going on, ending

    async def _open(self, wanted: Scenario) -> None:
        self.world = wanted.world
        platform = Platform(self.journal) if self.file.exists() else Platform()
        played = platform.noted.get("scenario", "")
        other = played != wanted.name and wanted.name != scenarios_of(wanted.world)[0]
        known = played in scenarios_of(wanted.world)
        if other or not known or not await self._go_on(scenario_named(played), platform):
            await self._begin(wanted)

    async def _leave(self) -> None:
        self.ready.clear()
        self._note_clock()
        await self._end()

    async def _begin(self, scenario: Scenario, notes: Mapping[str, str] = NO_NOTES) -> None:
        self.world = scenario.world
        for path in (self.file, Path(f"{self.file}-wal"), Path(f"{self.file}-shm"), self.journal):
            path.unlink(missing_ok=True)
        await asyncio.to_thread(shutil.rmtree, self.file.with_name(FOLDER), ignore_errors=True)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        platform = Platform(self.journal)
        database = Database(self.url)
        await upgrade(database)
        await build(database, platform, scenario)
        platform.note("scenario", scenario.name)
        platform.note("billed", billed_month(scenario).isoformat())
        for name, value in notes.items():
            platform.note(name, value)
        await self._run(database, platform, scenario, scenario.starts_at)

    async def _go_on(self, scenario: Scenario, platform: Platform) -> bool:
        """False when the file is not of this version, or empty."""
        database = Database(self.url)
        try:
            async with database.read() as session:
                known = await session.scalar(select(func.count()).select_from(Account))
            usable = bool(known) and await is_current(database)
        except SQLAlchemyError:
            usable = False
        if not usable:
            await database.close()
            return False
        at = datetime.fromisoformat(platform.noted.get("clock", scenario.starts_at.isoformat()))
        await self._run(database, platform, scenario, at)
        return True

    async def _run(self, database: Database, platform: Platform, scenario: Scenario, at: datetime) -> None:
        office = scenario.told("world")["office"]
        settings = Settings(
            organisation=Organisation(**office),
            database=DatabaseSection(url=self.url),
        )
        self.platform, self.scenario, self.clock = platform, scenario, DemoClock(at)
        self.clock.run(not platform.noted.get(CYCLE))  # between two steps of a cycle the clock stands
        memory = DatabaseMemory(database, self.clock, SandboxChannel.name, "demo")
        channel = SandboxChannel(platform, self.clock, memory.show_menu, memory.spend_notice)
        self.app = await build_app(settings, database, self.clock, {channel.name: channel}, self._reader)
        self.residents = Residents(database, platform, scenario, self.app.office.zone)
        platform.listeners.append(self.hub.tell)
        self._ticked_at = self._followed_at = self._noted_at = monotonic()
        self._planned_on = None
        self.halting = False
        self._running = Running(self.app, channel, self._live)
        await self._running.start()
        await self.app.tick(self.clock.now())
        await self.settle()
        self.ready.set()

    async def _end(self) -> None:
        if self._running is not None:
            await self.settle()
            await self._running.stop()
            self._running = None
            await self.app.close()

    async def _live(self) -> None:
        """While the clock runs by itself: residents act, the timetable ticks, and the time is noted now and then."""
        if self.moving or not self.clock.running or not self.ready.is_set():
            return
        if await self.residents.act(self.clock.now()):
            await self.app.tick(self.clock.now(), only="thanks")
        if monotonic() - self._followed_at > broadcast.SHOWN_EVERY.total_seconds():
            self._followed_at = monotonic()
            await self.app.follow(self.clock.now())
        if monotonic() - self._ticked_at > scheduler.TICK_SECONDS:
            self._ticked_at = monotonic()
            await self._bill_month()
            await self.app.tick(self.clock.now())
        if monotonic() - self._noted_at > NOTE_CLOCK_SECONDS:
            self._noted_at = monotonic()
            self._note_clock()

    async def _bill_month(self) -> None:
        """In a new month the office issues its bills, from its fee rules."""
        month = self.app.office.today(self.clock.now()).replace(day=1)
        if month.isoformat() <= self.platform.noted["billed"]:
            return
        desk = Desk(self.app.settings, self.app.database, self.clock, "demo")
        await bill_period(desk, Period(month, "month"), "", dry_run=False)
        self.platform.note("billed", month.isoformat())

    def _note_clock(self) -> None:
        self.platform.note("clock", self.clock.now().isoformat())

    # time

    def hold(self, paused: bool) -> None:
        self.clock.run(not paused)
        self._note_clock()
        self.tell_clock()

    def tell_clock(self, done: float = 1.0) -> None:
        self._done = done
        self.hub.tell("clock", {**self.clock_state(), "done": round(done, 3)})

    def halt(self) -> None:
        """Let the jump under way, or the next one of the step that is played, end with the day that it is in."""
        self.halting = True
        if self._to is not None:
            tomorrow = self.app.office.today(self.clock.now()) + timedelta(days=1)
            self._to = min(self._to, at_local(tomorrow, time(), self.app.office.zone))
        self.tell_clock(self._done)

    def clock_state(self) -> dict[str, Any]:
        """`to`: where the jump under way leads; empty when there is none."""
        return {
            "now": self._local(self.clock.now()),
            "running": self.clock.running,
            "moving": self.moving,
            "halting": self.halting,
            "to": self._local(self._to) if self._to else "",
        }

    def _local(self, moment: datetime) -> str:
        return moment.astimezone(self.app.office.zone).isoformat(timespec="seconds")

    async def next_event(self) -> datetime:
        """When something happens next: a message goes out, a resident acts, the morning's planning; else in an hour."""
        now = self.clock.now()
        return min(await self._coming(now), default=now + timedelta(hours=1))

    async def forward(self, to: datetime) -> bool:
        """Move the clock on to `to`, hour by hour at most; at each stop the due jobs run and everything settles.

        False when it was halted on the way: the clock stands at the end of a day then.
        """
        async with self._moving:
            start, app = self.clock.now(), self.app
            to = self._to = min(max(to, start), start + JUMP_MAX)
            if self.halting:
                self.halt()
            was_running = self.clock.running
            self.clock.run(False)
            try:
                while (now := self.clock.now()) < self._to and not self._stopping:
                    await self._stop_at(await self._next_stop(now, self._to))
                    self.tell_clock((self.clock.now() - start) / (to - start))
            finally:
                self.halting, self._to = False, None
                if self.app is app:
                    self.clock.run(was_running)
        self._note_clock()
        self.tell_clock()
        return self.clock.now() >= to

    async def _next_stop(self, now: datetime, to: datetime) -> datetime:
        hour = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        events = [max(each, now + STOP_APART) for each in await self._coming(now)]
        return min([hour, to, *events])

    async def _coming(self, now: datetime) -> list[datetime]:
        async with self.app.database.read() as session:
            message = await outbox.next_due_at(session, SandboxChannel.name)
        moments = (message, await self.residents.next_at(now))
        return [each for each in moments if each is not None and each > now]

    async def _stop_at(self, moment: datetime) -> None:
        """Everything due at one moment: jobs on the hour, then residents, answers and deliveries until all is quiet."""
        self.clock.jump(moment)
        if moment.minute == 0 and moment.second == 0:
            await self._tick(moment)
        await self.app.follow(moment)
        await self.settle()
        while await self.residents.act(moment):
            await self.app.tick(moment, only="thanks")
            await self.settle()

    async def _tick(self, moment: datetime) -> None:
        """The jobs of this hour, as far as they can matter while time is skipped."""
        await self._bill_month()
        ran = await scheduler.tick(
            self.app.database, self.app.office, moment, jobs=self._jobs_at(moment), platforms=self.app.confirming
        )
        if any(each.name == "plan" for each in ran):
            self._planned_on = self.app.office.today(moment)

    def _jobs_at(self, moment: datetime) -> list[scheduler.Entry]:
        """Once a night what runs at night; by day planning once, the rest a few times; each hour what people wait for."""
        local = moment.astimezone(self.app.office.zone)
        if local.hour == NIGHT_HOUR:
            return [entry for entry in scheduler.JOBS if not entry.on_demand]
        if local.hour in DAY_HOURS:
            planned = self._planned_on == local.date()
            return [entry for entry in scheduler.JOBS if entry.on_demand and not (planned and entry.name == "plan")]
        hourly = {"confirmations", "thanks"} if local.hour in THANKS_HOURS else {"confirmations"}
        return [entry for entry in scheduler.JOBS if entry.name in hourly]

    async def settle(self) -> None:
        """Wait until everything that was said is answered and everything due is delivered."""
        deadline = monotonic() + QUIET_SECONDS_MAX
        while monotonic() < deadline and not await self._quiet():
            for lane in self.app.lanes.values():
                lane.wake()
            await asyncio.sleep(LOOK_SECONDS)

    async def _quiet(self) -> bool:
        if self.platform.waiting:
            return False
        due = Outbox.state.in_(CLAIMABLE) & (Outbox.not_before <= self.clock.now())
        unheard = exists().where(Inbox.state == InboxState.RECEIVED)
        unsent = exists().where(due | (Outbox.state == State.SENDING))
        async with self.app.database.read() as session:
            return not await session.scalar(select(unheard | unsent))
