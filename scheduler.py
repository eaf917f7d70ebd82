"""When each job runs: one table. `tick` runs what is due; a timer, the command line and the sandbox call the same tick."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from domain.clock import Clock
from domain.confirmations import Confirming
from domain.office import Office
from jobs import (
    acknowledgements,
    alerts,
    announce,
    autopay,
    broadcast,
    clocks,
    confirmations,
    deliveries,
    details,
    digest,
    grades,
    holds,
    housekeeping,
    invariants,
    letters,
    monthly,
    offers,
    pauses,
    plan,
    plans,
    promises,
    retention,
    rewards,
    settled,
    surveys,
    thanks,
    visits,
)
from models.base import Database
from models.runtime import finish_job, start_job

log = structlog.get_logger(__name__)
TICK_SECONDS = 30
# How far a missed moment is looked for; near first, for a job of every minute has many moments in a day.
LOOK_BACK = tuple(timedelta(minutes=minutes) for minutes in (1, 10, 60, 25 * 60))

Job = Callable[..., Awaitable[object]]  # (database, office, now), and the platforms where the entry asks them
Platforms = Mapping[str, Confirming]
NO_PLATFORMS: Platforms = MappingProxyType({})


@dataclass(frozen=True)
class Entry:
    """One line of the timetable, in the organisation's local time. `on_demand`: an explicit tick runs it in any case.

    `asks`: the job needs the platforms themselves.
    """

    name: str
    cron: str
    job: Job
    on_demand: bool = True
    asks: bool = False


JOBS: tuple[Entry, ...] = (
    Entry("holds", "*/10 8-20 * * *", holds.run),
    Entry("promises", "*/10 8-20 * * *", promises.run),
    Entry("plans", "*/10 8-20 * * *", plans.run),
    Entry("rewards", "* * * * *", rewards.run),
    Entry("autopay", "*/10 9-20 * * *", autopay.run),
    Entry("settled", "*/10 8-20 * * *", settled.run),
    Entry("visits", "*/10 8-20 * * *", visits.run),
    Entry("plan", "*/10 8-20 * * *", plan.run),
    Entry("acknowledgements", "*/10 9-19 * * *", acknowledgements.run),
    Entry("offers", "*/10 8-20 * * *", offers.run),
    Entry("announce", "*/10 8-20 * * *", announce.run),
    Entry("pauses", "* * * * *", pauses.run),
    Entry("clocks", "* * * * *", clocks.run),
    Entry("alerts", "* * * * *", alerts.run),
    Entry("digest", "* * * * *", digest.run),
    Entry("thanks", "* * * * *", thanks.run),
    Entry("broadcast", "* * * * *", broadcast.run),
    Entry("surveys", "*/30 10-18 * * *", surveys.run),
    Entry("details", "40 10 * * *", details.run),
    Entry("deliveries", "* * * * *", deliveries.run),
    Entry("confirmations", "* * * * *", confirmations.run, asks=True),
    Entry("monthly", "*/10 8-12 * * *", monthly.run, on_demand=False),
    Entry("letters", "*/10 * * * *", letters.run),
    Entry("housekeeping", "40 3 * * *", housekeeping.run, on_demand=False),
    Entry("grades", "30 3 * * *", grades.run, on_demand=False),
    Entry("retention", "50 3 * * *", retention.run, on_demand=False),
    Entry("invariants", "10 4 * * *", invariants.run, on_demand=False),
)


@dataclass(frozen=True)
class Ran:
    """What one job did in this tick: its result, or the name of what went wrong."""

    name: str
    result: object = None
    error: str = ""


async def tick(
    database: Database,
    office: Office,
    now: datetime,
    *,
    only: str | None = None,
    on_demand: bool = False,
    jobs: Sequence[Entry] = JOBS,
    platforms: Platforms = NO_PLATFORMS,
) -> list[Ran]:
    """Run the jobs that are due at `now`, each at most once for each moment of its timetable, whoever ticks.

    `platforms`: those whose messages a colleague confirms, by channel.

    A missed moment is made up for once, with its latest date. A failing job is recorded and doesn't stop the others.
    """
    ran = []
    for entry in jobs:
        if only is not None and entry.name != only:
            continue
        forced = on_demand and (entry.on_demand or only == entry.name)
        slot = now if forced else latest(entry.cron, office.zone, now)
        if slot is None or not (await start_job(database, entry.name, slot, now) or forced):
            continue
        try:
            result = await entry.job(database, office, now, *((platforms,) if entry.asks else ()))
        except plan.AnotherRun as busy:  # no fault: the other one writes these very rows
            result = str(busy)
        except Exception as wrong:
            log.error("job failed", job=entry.name, exc_info=wrong)
            ran.append(Ran(entry.name, error=type(wrong).__name__))
            await finish_job(database, entry.name, slot, now, error=f"{type(wrong).__name__}: {wrong}"[:500])
            continue
        ran.append(Ran(entry.name, result))
        await finish_job(database, entry.name, slot, now, summary=summary(result))
    return ran


def summary(result: object) -> str:
    """A job's result in a few words for the log: long lists become their length."""
    if isinstance(result, list):
        return f"{len(result)} rows"
    return json.dumps(result, ensure_ascii=False, default=str)[:500]


def latest(cron: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The last moment of a timetable that is not after `now`, or None when there was none within a day."""
    trigger = _trigger(cron, zone)
    for back in LOOK_BACK:
        found: datetime | None = None
        moment: datetime | None = trigger.get_next_fire_time(None, now - back)
        while moment is not None and moment <= now:
            found, moment = moment, trigger.get_next_fire_time(moment, moment + timedelta(seconds=1))
        if found is not None:
            return found
    return None


@lru_cache(maxsize=256)
def _trigger(cron: str, zone: ZoneInfo) -> CronTrigger:
    return CronTrigger.from_crontab(cron, timezone=zone)


def next_run(office: Office, now: datetime, name: str = "plan") -> datetime | None:
    """When a job runs next."""
    cron = next(entry.cron for entry in JOBS if entry.name == name)
    moment: datetime | None = _trigger(cron, office.zone).get_next_fire_time(None, now + timedelta(seconds=1))
    return moment


def timer(clock: Clock, on_tick: Callable[[datetime], Awaitable[None]]) -> AsyncIOScheduler:
    """A metronome that keeps no state of its own: what is due is read from the database at each tick."""
    scheduler = AsyncIOScheduler(timezone="UTC")

    async def fire() -> None:
        await on_tick(clock.now())

    scheduler.add_job(
        fire, IntervalTrigger(seconds=TICK_SECONDS), coalesce=True, max_instances=1, misfire_grace_time=None
    )
    return scheduler
