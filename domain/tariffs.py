"""From what a meter ran to a sum: tiered prices (阶梯), a minimum, and the working as one would write it down."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from domain.billing import BASIS_MAX, CYCLE_MONTHS, Charge, Fee, Period, Step, Tariff, due_on, half_up, rate_words
from domain.metering import THOUSANDTHS, Use, closes, figure
from domain.money import FEN_PER_YUAN, yuan

STEPS_MAX = 6
WHOLE = THOUSANDTHS  # 0–180 and 181–260 meet: tariffs are published in whole units


@dataclass(frozen=True)
class Part:
    """What was used within one step, by its number from 1. `upto_thousandths` None: the last step, without an end."""

    number: int
    above_thousandths: int
    upto_thousandths: int | None
    thousandths: int
    rate_yuan: Decimal

    @property
    def exact_fen(self) -> Fraction:
        return Fraction(self.thousandths, THOUSANDTHS) * Fraction(self.rate_yuan) * FEN_PER_YUAN


@dataclass(frozen=True)
class Priced:
    """A use with its price. The parts are exact and add up to the whole, which alone is rounded: once, half up."""

    use: Use
    tariff: Tariff
    year: int
    before_thousandths: int  # used in the year before it, where the steps count the year
    counted_thousandths: int  # what is billed: the use, or the minimum where that is more
    parts: tuple[Part, ...]
    least_fen: int
    cycles: Fraction  # how many of the tariff's cycles the use covers

    @property
    def widened(self) -> bool:
        """The steps or the minimum are those of several cycles, or of a part of one."""
        by_cycle = bool(self.tariff.steps) and not self.tariff.by_year
        return self.cycles != 1 and bool(by_cycle or self.tariff.least_thousandths or self.tariff.least_fen)

    @property
    def by_use_fen(self) -> int:
        return half_up(sum((part.exact_fen for part in self.parts), Fraction()))

    @property
    def amount_fen(self) -> int:
        return max(self.by_use_fen, self.least_fen)

    @property
    def basis(self) -> str:
        """`100 (10-31) → 112 (11-30) = 12 × 4.10`, with tiers `… = 30 (2026: 170 + 30): 10 × 3.45 + 20 × 4.83`.

        A minimum that makes the difference stands behind a ≥. What would be too long is written without the readings.
        """
        used = figure(self.use.thousandths)
        rates = [(figure(part.thousandths), rate_words(part.rate_yuan)) for part in self.parts]
        products = " + ".join(f"{units} × {rate}" for units, rate in rates)
        year = f" ({self.year}: {figure(self.before_thousandths)} + {used})" if self.before_thousandths else ""
        least = f", ≥ {figure(self.counted_thousandths)}" if self.counted_thousandths > self.use.thousandths else ""
        plain = not year and not least and len(rates) == 1
        tail = f" × {rates[0][1]}" if plain else f"{year}{least}: {products}"
        tail += f", ≥ {yuan(self.least_fen)}" if self.least_fen > self.by_use_fen else ""
        written = (f"{self.use}{tail}", f"{used}{tail}", used)
        return next(each for each in written if len(each) <= BASIS_MAX)


def priced(rate_yuan: Decimal, tariff: Tariff, use: Use, before_thousandths: int, period: Period) -> Priced:
    """What a use costs. `before_thousandths`: used earlier in the year; it counts where the tariff's steps do so.

    A use of several periods, because one had no reading, gets as many times the steps and the minimum of one.
    """
    cycles = Fraction(_months(use, period), CYCLE_MONTHS[tariff.cycle])
    before = before_thousandths if tariff.by_year else 0
    wider = Fraction(1) if tariff.by_year else cycles
    steps = [(half_up(each.above_thousandths * wider), each.rate_yuan) for each in tariff.steps] or [(0, rate_yuan)]
    counted = max(use.thousandths, half_up(tariff.least_thousandths * cycles))
    ends: list[int | None] = [*(above for above, _ in steps[1:]), None]
    parts = []
    for number, ((above, rate), upto) in enumerate(zip(steps, ends, strict=True), start=1):
        last = before + counted if upto is None else min(before + counted, upto)
        parts.append(Part(number, above, upto, max(0, last - max(before, above)), rate))
    told = [part for part in parts if part.thousandths] or [part for part in parts if part.above_thousandths <= before][
        -1:
    ]
    least_fen = half_up(tariff.least_fen * cycles)
    return Priced(use, tariff, period.start.year, before, counted, tuple(told), least_fen, cycles)


def metered_charge(fee: Fee, use: Use, period: Period, before_thousandths: int = 0) -> Charge:
    """What a use is billed as. It is billed when it is over: due in the month after.

    `amount_fen` may be 0: read, nothing was used, and there is no minimum.
    """
    found = priced(fee.rate_yuan, fee.tariff, use, before_thousandths, period)
    after = period.last + timedelta(days=1)
    return Charge(fee.item, str(period), due_on(after, fee.due_day), found.amount_fen, found.basis, fee.fee_item_id)


def _months(use: Use, period: Period) -> int:
    """How many months a use covers: its period, and those before it that had no reading."""
    ended = closes(use.stretches[0][0].read_on, period.cycle).start
    between = (period.start.year - ended.year) * 12 + period.start.month - ended.month
    return max(between, CYCLE_MONTHS[period.cycle])


def steps_words(steps: tuple[Step, ...]) -> str:
    """`0-180:3.45;180-260:4.83;260-:5.83`: what `read_steps` reads."""
    bounds = [figure(step.above_thousandths) for step in steps]
    spans = zip(bounds, [*bounds[1:], ""], steps, strict=True) if steps else ()
    return ";".join(f"{above}-{upto}:{rate_words(step.rate_yuan)}" for above, upto, step in spans)


NUMBER = r"\d{1,7}(?:\.\d{1,3})?"
SPAN = re.compile(
    rf"(?:(?P<below>{NUMBER})\s*及?以下|(?P<above>{NUMBER})\s*(?:[-–—~～至到]\s*(?P<upto>{NUMBER})?|\+|及?以上))"
    r"\s*[:：=＝]\s*[¥￥]?(?P<rate>\d{1,7}(?:\.\d{1,6})?)\s*元?",
    re.ASCII,
)


def read_steps(text: str) -> tuple[Step, ...]:
    """`0-180:3.45; 181-260:4.83; 261-:5.83`, or with 180以下 and 260以上. Raises ValueError with the reason and the cure."""
    spans = [_span(part.strip()) for part in re.split("[;；]", text) if part.strip()]
    if not spans:
        return ()
    if not 2 <= len(spans) <= STEPS_MAX:
        raise ValueError(f"write 2 to {STEPS_MAX} tiers split by ;, or leave it blank where there is one price")
    if spans[0].above:
        raise ValueError(f"{spans[0].written!r}: the first tier begins at 0")
    if spans[-1].upto is not None:
        raise ValueError(f"{spans[-1].written!r}: the last tier has no end: write one such as {_open(spans[-1])}")
    meets = [_meets(before, span) for before, span in pairwise(spans)]
    return tuple(Step(above, span.rate_yuan) for above, span in zip([0, *meets], spans, strict=True))


@dataclass(frozen=True)
class _Span:
    """One tier as it was written; its bounds in thousandths."""

    written: str
    above: int
    upto: int | None
    rate_yuan: Decimal


def _span(written: str) -> _Span:
    found = SPAN.fullmatch(written)
    if found is None:
        raise ValueError(f"not a tier such as 0-180:3.45: {written[:30]!r}")
    upto = found["upto"] or found["below"]
    return _Span(
        written, _thousandths(found["above"] or "0"), _thousandths(upto) if upto else None, Decimal(found["rate"])
    )


def _meets(before: _Span, span: _Span) -> int:
    """Where a tier begins: just where the one before it ends, and at a higher price."""
    upto, above = before.upto, span.above
    if upto is None:
        raise ValueError(f"{before.written!r}: only the last tier has no end")
    if upto <= before.above:
        raise ValueError(f"{before.written!r}: ends before it begins")
    if above < upto:
        raise ValueError(
            f"{span.written!r}: two prices from {figure(above)} to {figure(upto)}: begin it at {figure(upto)}"
        )
    if above > upto and (above != upto + WHOLE or upto % WHOLE):
        raise ValueError(
            f"{span.written!r}: no price from {figure(upto)} to {figure(above)}: begin it at {figure(upto)}"
        )
    if span.rate_yuan <= before.rate_yuan:
        raise ValueError(f"{span.written!r}: each tier costs more than the one before")
    return upto


def _open(span: _Span) -> str:
    return f"{figure(span.above)}-:{rate_words(span.rate_yuan)}"


def _thousandths(text: str) -> int:
    return int(Decimal(text) * THOUSANDTHS)
