"""From meter readings to what was used: which two readings a period lies between, what can't be true, what looks wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from domain.billing import Period, period_of

THOUSANDTHS = 1000
READ_WITHIN = timedelta(days=5)  # meters are read around the turn of the month: one read this soon after closes it
JUMP_TIMES = 3  # as fast as usual: more is looked at again
JUMP_LEAST = 10 * THOUSANDTHS  # an almost empty home that is lived in again is no news
FIRST_DAILY_MAX = 50 * THOUSANDTHS  # a day, where nothing is known yet; a home uses 1 m³ of water or 30 kWh
USUAL_DAYS = 400  # how far back "as usual" looks: every season once


@dataclass(frozen=True)
class Reading:
    """What one meter showed. `begins`: a meter starts here (换表), so nothing was used up to it."""

    read_on: date
    thousandths: int
    begins: bool = False
    id: int = 0

    @property
    def place(self) -> tuple[date, bool]:
        """Where it stands in its line: on the day of a replacement the old meter's last one comes first."""
        return self.read_on, self.begins


@dataclass(frozen=True)
class BilledUse:
    """The use that a standing bill asks for: up to which readings, by their places."""

    period: str
    opening: tuple[date, bool]
    closing: tuple[date, bool]


@dataclass(frozen=True)
class Use:
    """What was used between two readings: one stretch (from, to) for each meter that ran in between."""

    stretches: tuple[tuple[Reading, Reading], ...]

    @property
    def thousandths(self) -> int:
        return sum(end.thousandths - start.thousandths for start, end in self.stretches)

    def __str__(self) -> str:
        """`1234.5 (10-31) → 1247.2 (11-30) = 12.7`; years are written where the days alone could be mistaken."""
        days = (self.stretches[-1][1].read_on - self.stretches[0][0].read_on).days
        written = "%m-%d" if days < 365 else "%Y-%m-%d"

        def shown(reading: Reading) -> str:
            return f"{figure(reading.thousandths)} ({reading.read_on.strftime(written)})"

        parts = " + ".join(f"{shown(start)} → {shown(end)}" for start, end in self.stretches)
        return f"{parts} = {figure(self.thousandths)}"


def figure(thousandths: int) -> str:
    """`12700` → `12.7`."""
    whole, rest = divmod(thousandths, THOUSANDTHS)
    return f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)


def neighbours(reading: Reading, line: Iterable[Reading]) -> tuple[Reading | None, Reading | None]:
    """The readings of a line just before and just after this one's place."""
    before = max((each for each in line if each.place < reading.place), key=lambda each: each.place, default=None)
    after = min((each for each in line if each.place > reading.place), key=lambda each: each.place, default=None)
    return before, after


def falls(reading: Reading, line: Sequence[Reading]) -> tuple[Reading, Reading] | None:
    """The two neighbours (earlier, later) of which the later would show less, which no meter does; None: all is well."""
    before, after = neighbours(reading, line)
    if before is not None and not reading.begins and reading.thousandths < before.thousandths:
        return before, reading
    if after is not None and not after.begins and after.thousandths < reading.thousandths:
        return reading, after
    return None


def jumps(reading: Reading, line: Sequence[Reading]) -> int | None:
    """The use since the reading before, in thousandths, if it is too much to be believed unasked; else None."""
    before, _ = neighbours(reading, line)
    if before is None or reading.begins:
        return None
    used, days = reading.thousandths - before.thousandths, max(1, (reading.read_on - before.read_on).days)
    since = before.read_on - timedelta(days=USUAL_DAYS)
    earlier = sorted((each for each in line if since <= each.read_on and each.place <= before.place), key=_place)
    spans = [(start, end) for start, end in pairwise(earlier) if not end.begins]
    usual_days = sum((end.read_on - start.read_on).days for start, end in spans)
    if not usual_days:
        return used if used > FIRST_DAILY_MAX * days else None
    usual = sum(end.thousandths - start.thousandths for start, end in spans)
    return used if used > JUMP_LEAST and used * usual_days > JUMP_TIMES * usual * days else None


def unfinished(reading: Reading, line: Sequence[Reading]) -> Reading | None:
    """The last reading of the meter that a new one replaces, if it is not of the same day: what it ran since is unknown."""
    before, _ = neighbours(reading, line)
    return before if reading.begins and before is not None and before.read_on != reading.read_on else None


def closes(day: date, cycle: str) -> Period:
    """The period that a reading of this day ends."""
    return period_of(day - READ_WITHIN, cycle)


def between(line: Sequence[Reading], opening: tuple[date, bool], closing: tuple[date, bool]) -> Use:
    """The use between two places of a line. Raises ValueError when one of the two is not there."""
    ran = sorted((each for each in line if opening <= each.place <= closing), key=_place)
    if not ran or (ran[0].place, ran[-1].place) != (opening, closing):
        raise ValueError("a reading that it was worked out from is gone: import it anew")
    starts = [0, *(number for number, each in enumerate(ran) if number and each.begins)]
    ends = [*(number - 1 for number in starts[1:]), len(ran) - 1]
    stretches = [(ran[start], ran[end]) for start, end in zip(starts, ends, strict=True) if start != end]
    return Use(tuple(stretches) or ((ran[0], ran[0]),))


def use_in(line: Sequence[Reading], period: Period, billed: Sequence[BilledUse], item: str) -> Use:
    """What is to be billed for a period: all since the reading that closed the one before.

    A month without a reading is not billed, and the next one's reading covers both. Raises ValueError with the reason
    and the cure: no reading, nothing to count from, or use that another bill asks for.
    """
    within = sorted((each for each in line if closes(each.read_on, period.cycle) == period), key=_place)
    if not within:
        raise ValueError(f"{item} has no reading of {period}: `import readings`, then generate again")
    closing = within[-1]
    opening = _opening(line, period, billed) or within[0]
    if opening == closing:
        raise ValueError(f"{item} has one reading only: `import readings` with the one before")
    for each in billed:
        if each.opening < closing.place and opening.place < each.closing:
            raise ValueError(f"{item}: the use of {period} is in the bill of {each.period}: correct that one")
    return between(line, opening.place, closing.place)


def _opening(line: Sequence[Reading], period: Period, billed: Sequence[BilledUse]) -> Reading | None:
    """The reading that the period before ended with: the one it was billed by, else the last one of it."""
    earlier = [each for each in line if closes(each.read_on, period.cycle).start < period.start]
    if not earlier:
        return None
    last = max(earlier, key=_place)
    ended = closes(last.read_on, period.cycle)
    for each in billed:
        if each.closing < last.place and closes(each.closing[0], period.cycle) == ended:
            return next((mine for mine in line if mine.place == each.closing), last)
    return last


def earlier_in_year(line: Sequence[Reading], use: Use, period: Period, billed: Sequence[BilledUse]) -> Use:
    """What the meter ran in the year of a period before a use of it begins: what tiers by the year have counted already.

    The year begins where its first bill does, else with the reading that closed the year before, else with the first
    one there is. A bill counts in the year of its period, wherever its use began. No stretches: nothing was used before.
    """
    opening = use.stretches[0][0].place
    first = _opening(line, Period(date(period.start.year, 1, 1), period.cycle), billed)
    begins = first.place if first is not None else min(each.place for each in line)
    begins = min((begins, *(each.opening for each in billed if each.period.startswith(f"{period.start.year}"))))
    return between(line, begins, opening) if begins < opening else Use(())


def _place(reading: Reading) -> tuple[date, bool]:
    return reading.place
