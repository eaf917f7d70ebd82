"""What is owed: the bills with their sums, days and basis, and what changed since the last period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from domain.billing import rate_words, read_period
from domain.messages import Answer, Choice, OutgoingMessage
from domain.metering import figure
from domain.money import yuan
from domain.roles import Member
from domain.tariffs import Priced
from domain.wording import day_words, period_words
from handlers.household import press, rooms, settle_on
from handlers.renewal import offered
from handlers.steps import talks_with_staff
from handlers.turn import Turn
from models.agreements import BesideBills, beside_bills
from models.bills import BillLine, bill_lines, open_fen
from models.readings import workings_of


async def show(turn: Turn) -> Answer:
    """Every open bill of the household, the sum, the credit, and a comparison with the period before."""
    settle_on(turn)
    return Answer((await overview(turn),))


async def overview(turn: Turn) -> OutgoingMessage:
    account = turn.household
    lines = await bill_lines(turn.session, [account.id])
    due = [line for line in lines if line.open_fen > 0]
    beside = await beside_bills(turn.session, account.id)
    notes = [turn.words("bill.credit", credit=yuan(beside.credit_fen))] if beside.credit_fen > 0 else []
    others = rooms(turn, [each for each, _ in turn.households if each.id != account.id], "bill.show")
    if not due:
        if next_course := await offered.beside(turn):
            notes.append(next_course)
            others.insert(0, [press(turn, "renew_ask", "renewal.show")])
        return turn.say("bill.clear", *others, fields=turn.called(), notes=" ".join(notes))
    notes += [words] if (words := difference_words(turn, lines)) else []
    notes += _agreed(turn, beside)
    return turn.say(
        "bill.summary",
        *buttons(turn),
        *others,
        fields=turn.called(),
        lines="\n".join(line_words(turn, line) for line in due),
        total=yuan(open_fen(due)),
        notes="".join(f"\n{note}" for note in notes),
    )


def buttons(turn: Turn) -> tuple[tuple[Choice, ...], ...]:
    """What one can do about a bill."""
    return (
        (press(turn, "pay", "pay.how"), press(turn, "calculation", "bill.explain")),
        (press(turn, "paid", "claim.start"), press(turn, "later", "promise.start")),
        (press(turn, "plan", "plan.offer"), press(turn, "person", "person.ask")),
    )


def line_words(turn: Turn, line: BillLine) -> str:
    bill = line.bill
    name = "line" + ("_part" if line.received_fen > 0 else "") + ("_late" if bill.due_on < turn.today else "")
    words = turn.words(
        f"bill.{name}",
        item=turn.fee(bill.item),
        period=period_words(bill.period, turn.language),
        amount=yuan(line.open_fen),
        billed=yuan(line.billed_fen),
        due=day_words(bill.due_on, turn.language),
    )
    return turn.words("bill.with_basis", line=words, basis=bill.basis) if bill.basis else words


def _agreed(turn: Turn, beside: BesideBills) -> list[str]:
    day, plan = beside.promised_on, beside.plan_state
    notes = [turn.words("bill.promised", due=day_words(day, turn.language))] if day else []
    return notes + ([turn.words(f"bill.plan_{plan}")] if plan else [])


async def of_the_home(turn: Turn) -> Answer | None:
    """ "Does my landlord owe anything?": what is open for the home itself, which whoever rents it sees; nothing else of the landlord's."""
    if await talks_with_staff(turn):
        return None
    rented = [account for account, bound in turn.households if bound.role == Member.TENANT]
    if turn.household not in rented:
        turn.account = rented[0] if rented else turn.household
    lines = await bill_lines(turn.session, [turn.household.id], only_open=True)
    row = (press(turn, "bill", "bill.show"), press(turn, "person", "person.ask"))
    template = "bill.home_open" if lines else "bill.home_clear"
    return Answer((turn.say(template, row, fields=turn.called(), total=yuan(open_fen(lines))),))


async def due(turn: Turn) -> Answer:
    """When it is due."""
    settle_on(turn)
    lines = await bill_lines(turn.session, [turn.household.id], only_open=True)
    if not lines:
        return await show(turn)
    listed = "\n".join(line_words(turn, line) for line in lines)
    row = (press(turn, "pay", "pay.how"), press(turn, "later", "promise.start"))
    return Answer((turn.say("bill.due", row, fields=turn.called(), lines=listed),))


async def explain(turn: Turn) -> Answer:
    """How each sum is worked out."""
    return await explained(turn, "bill.explained")


async def explained(turn: Turn, template: str) -> Answer:
    """The same in the words of `template`."""
    settle_on(turn)
    lines = await bill_lines(turn.session, [turn.household.id])
    shown = [line for line in lines if line.open_fen > 0] or lines[-1:]
    if not shown:
        return await show(turn)
    workings = await workings_of(turn.session, [line.bill.id for line in shown])
    listed = []
    for line in shown:
        worked_out = turn.words(
            "bill.worked_out" if line.bill.basis else "bill.by_tariff",
            item=turn.fee(line.bill.item),
            period=period_words(line.bill.period, turn.language),
            basis=line.bill.basis,
            amount=yuan(line.billed_fen),
        )
        listed.append(worked_out)
        if (working := workings.get(line.bill.id)) is not None:
            listed += tariff_words(turn, working.priced(read_period(line.bill.period)))
    if any(line.by_meter for line in shown):
        listed.append(turn.words("bill.metered_note"))
    rows = [[press(turn, "wrong", "dispute.start"), press(turn, "unclear", "person.ask")]]
    if more := difference_words(turn, lines):
        rows.insert(0, [press(turn, "compare", "bill.compare")])
        listed.append(more)
    return Answer((turn.say(template, *rows, fields=turn.called(), lines="\n".join(listed)),))


def tariff_words(turn: Turn, priced: Priced) -> list[str]:
    """The sum tier by tier, and the minimum where it makes the difference; nothing where there is a rate alone."""
    used, words = figure(priced.use.thousandths), []
    if priced.before_thousandths:
        before = figure(priced.before_thousandths)
        words.append(turn.words("tariff.year", year=str(priced.year), before=before, used=used))
    if priced.counted_thousandths > priced.use.thousandths:
        words.append(turn.words("tariff.least_units", used=used, least=figure(priced.counted_thousandths)))
    for part in priced.parts if priced.tariff.steps else ():
        upto = figure(part.upto_thousandths) if part.upto_thousandths is not None else ""
        words.append(
            turn.words(
                "tariff.tier" if upto else "tariff.last_tier",
                number=str(part.number),
                above=figure(part.above_thousandths),
                upto=upto,
                units=figure(part.thousandths),
                rate=rate_words(part.rate_yuan),
            )
        )
    if priced.least_fen > priced.by_use_fen:
        words.append(turn.words("tariff.least_yuan", sum=yuan(priced.by_use_fen), least=yuan(priced.least_fen)))
    if priced.widened:
        words.append(turn.words("tariff.several", times=f"{priced.cycles}"))
    return words


async def compare(turn: Turn) -> Answer:
    """The last two periods side by side, item by item."""
    settle_on(turn)
    found = comparison(await bill_lines(turn.session, [turn.household.id]))
    if found is None:
        return await show(turn)
    listed = "\n".join(
        turn.words("bill.side_by_side", item=turn.fee(item), before=yuan(before), now=yuan(now))
        for item, before, now in found.items
    )
    text = turn.say(
        "bill.comparison",
        (press(turn, "unclear", "person.ask"), press(turn, "wrong", "dispute.start")),
        fields=turn.called(),
        earlier=period_words(found.earlier, turn.language),
        later=period_words(found.later, turn.language),
        lines=listed,
    )
    return Answer((text,))


@dataclass(frozen=True)
class Comparison:
    """Two periods that follow each other; `items`: (item, fen before, fen now)."""

    earlier: str
    later: str
    items: tuple[tuple[str, int, int], ...]

    @property
    def difference_fen(self) -> int:
        return sum(now - before for _, before, now in self.items)


def comparison(lines: Sequence[BillLine]) -> Comparison | None:
    """The newest billed period beside the one just before it; None when that one was not billed."""
    if not lines:
        return None
    later = max(lines, key=lambda line: (line.bill.due_on, line.bill.id)).bill.period
    earlier = period_before(later)
    sums: dict[str, dict[str, int]] = {earlier: defaultdict(int), later: defaultdict(int)}
    billed = {line.bill.item for line in lines if line.bill.period == later}
    for line in lines:
        not_yet = line.by_meter and line.bill.item not in billed  # what runs by meter is billed later
        if line.bill.period in sums and not not_yet:
            sums[line.bill.period][line.bill.item] += line.billed_fen
    if not sums[earlier]:
        return None
    items = sorted(sums[earlier].keys() | sums[later].keys())
    return Comparison(earlier, later, tuple((item, sums[earlier][item], sums[later][item]) for item in items))


def period_before(period: str) -> str:
    """`2026-01` → `2025-12`, `2026-Q1` → `2025-Q4`, `2026` → `2025`."""
    year, _, part = period.partition("-")
    if not part:
        return str(int(year) - 1)
    quarter = part.startswith("Q")
    number = int(part.removeprefix("Q")) - 1
    if number == 0:
        year, number = str(int(year) - 1), 4 if quarter else 12
    return f"{year}-Q{number}" if quarter else f"{year}-{number:02d}"


def joined(turn: Turn, words: Sequence[str]) -> str:
    """Several things in a row, with the language's own comma."""
    return reduce(lambda first, more: turn.words("bill.and", first=first, more=more), words)


def difference_words(turn: Turn, lines: Sequence[BillLine]) -> str:
    """ "40.00 more than last month: parking is new", or nothing when the sums are the same."""
    found = comparison(lines)
    if found is None or found.difference_fen == 0:
        return ""
    causes = []
    for item, before, now in found.items:
        name = "new" if not before else "gone" if not now else "changed"
        if before != now:
            later = period_words(found.later, turn.language)
            causes.append(
                turn.words(f"bill.{name}", item=turn.fee(item), before=yuan(before), now=yuan(now), period=later)
            )
    span = "quarter" if "Q" in found.later else "month" if "-" in found.later else "year"
    return turn.words(
        "bill.more" if found.difference_fen > 0 else "bill.less",
        than=turn.words(f"bill.last_{span}"),
        difference=yuan(abs(found.difference_fen)),
        why=joined(turn, causes),
    )
