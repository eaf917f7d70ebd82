"""The report of a period as plain data: words and figures for the layout, for the spreadsheet, and the advice they bear."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.commands.context import CommandError
from domain.advice import Month, advise, percent
from domain.billing import Period
from domain.learning import NOTHING, WINDOWS_DAYS, Share, compare, difference
from domain.money import yuan
from domain.notice import long_day
from domain.office import Office
from domain.wording import period_words
from models.accounts import community_named
from models.base import Database
from models.calls import CallFigures
from models.learning import Followed, followed
from models.periods import FREE, Figures, Part, Span, figures
from models.status import AGES

PUBLIC_HOUSEHOLDS_MIN = 20  # of fewer, a total tells about somebody (DESIGN §7)
PARTS_SHOWN = 15
DAYS_SHOWN = 31
ROWS_OF_LEARNING = 8
OLD_DAYS = 90


@dataclass(frozen=True)
class Report:
    """One period of the office or of one community. `public`: totals only, fit for the notice board."""

    office: Office
    language: str
    period: str
    where: str
    span: Span
    today: date
    figures: Figures
    learnt: Followed
    public: bool = False

    def say(self, name: str, **fields: str) -> str:
        return self.office.wording.text(f"report.{name}", self.language, fields)

    @property
    def period_words(self) -> str:
        return period_words(self.period, self.language)

    def advice(self) -> list[str]:
        """What to change and why, in words."""
        return self.trial() + [
            self.office.wording.text(f"advice.{each.name}", self.language, self._named(each.name, each.fields))
            for each in advise(self._month())
        ]

    def trial(self) -> list[str]:
        """What the comparison of two wordings allows to say; a winner only with the interval of the difference."""
        own = self.office.trial
        if not own.template:
            return []
        nothing: dict[int, Share] = {}
        known = self.learnt.by["template"]
        one, other = (known.get(name, nothing).get(7, NOTHING) for name in (own.template, own.other))
        low, high = difference(one, other)
        fields = {
            "first": own.template,
            "second": own.other,
            "cases": f"{one.cases} / {other.cases}",
            "rates": f"{percent(one.rate)} / {percent(other.rate)}",
            "range": f"{low * 100:+.0f} – {high * 100:+.0f}",
        }
        return [self.say(f"trial_{compare(one, other)}", **fields)]

    def _named(self, advice: str, fields: Mapping[str, str]) -> dict[str, str]:
        groups = {"channel": "channel_name", "weak_stage": "stage_name"}
        name = fields.get("name", "")
        return {**fields, "name": self.label(groups[advice], name)} if advice in groups else dict(fields)

    def label(self, group: str, code: str) -> str:
        name = f"{group}.{code}"
        return self.office.wording.text(name, self.language) if self.office.wording.has(name) else code

    def _month(self) -> Month:
        f = self.figures
        low = sorted((part for part in f.parts if self.large(part)), key=lambda part: part.rate)
        return Month(
            stages=self.shares("stage"),
            hours=self.shares("hour"),
            channels=self.shares("channel"),
            rate=f.whole.rate,
            rate_before=f.before.rate,
            open_fen=f.open_fen,
            old_fen=sum(fen for days, fen in f.ageing.items() if days >= OLD_DAYS),
            disputed_fen=f.reasons.get("disputed", (0, 0))[1],
            sent=sum(f.messages.values()),
            failed=f.failed,
            complaints=f.counts.get("complaints", 0),
            late_tasks=sum(worker.late for worker in f.workers),
            done_tasks=sum(worker.done for worker in f.workers),
            low_parts=[(part.name, part.rate) for part in low],
        )

    @staticmethod
    def large(part: Part) -> bool:
        """Whether a total hides everybody in it."""
        return part.households >= PUBLIC_HOUSEHOLDS_MIN

    def age(self, first: int) -> str:
        """`30–59 days`, by the first day of a column of the ageing."""
        after = next((age for age in AGES if age > first), None)
        if after is None:
            return self.say("age_last", first=str(first))
        return self.say("age", first=str(first), last=str(after - 1))

    def shares(self, field: str, days: int = 7) -> list[tuple[str, Share]]:
        """Names with their share; stages in the order of the policies, the others by name."""
        order = [stage.name for policy in self.office.policies.values() for stage in policy.stages]
        names = self.learnt.by[field]
        ranked = sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))
        return [(name, names[name][days]) for name in ranked]


def spans(period: Period, today: date) -> tuple[Span, Span]:
    """The period, as far as it is over or running, and the one before it.

    Raises CommandError: it has not begun.
    """
    if period.start > today:
        raise CommandError(f"--period {period}: has not begun yet")
    before = period.before
    return (
        Span(period.start, period.last, min(period.last, today)),
        Span(before.start, before.last, before.last),
    )


async def read_report(
    database: Database,
    office: Office,
    period: Period,
    now: datetime,
    *,
    language: str = "",
    community: str = "",
    public: bool = False,
) -> Report:
    """Everything of one period. Raises CommandError: it has not begun, or there is no such community."""
    today = office.today(now)
    span, before = spans(period, today)
    async with database.read() as session:
        place = await community_named(session, community) if community else None
        if community and place is None:
            raise CommandError(f"there is no community {community!r}")
        place_id = place.id if place else None
        found = await figures(session, span, before, today, office.zone, place_id)
        learnt = await followed(session, span.first, span.until, today, office.zone, place_id)
    language = language or office.language
    where = place.name if place else office.wording.text("report.everywhere", language)
    return Report(office, language, str(period), where, span, today, found, learnt, public)


# the layout's data


def laid_out(report: Report, *, long: bool = False) -> dict[str, Any]:
    """The report as content/letters/report.typ draws it. `long`: one page as long as it needs, for a picture."""
    say = report.say
    hidden = report.public
    return {
        "language": report.language,
        "organisation": report.office.name,
        "title": say("title_public" if hidden else "title", period=report.period_words),
        "where": report.where,
        "as_of": say("as_of", day=long_day(report.today, report.language)),
        "footer": say("footer", office=report.office.name),
        "long": long,
        "tiles": _tiles(report),
        "income": [] if hidden else _income(report),
        "income_title": say("income"),
        "ageing": _ageing(report),
        "ageing_title": say("ageing"),
        "reasons": [] if hidden else _reasons(report),
        "reasons_title": say("reasons"),
        "tables": _tables(report),
        "lists": [] if hidden else _lists(report),
        "learning": [] if hidden else _learning(report),
        "learning_title": say("learning"),
        "learning_note": say("learning_note"),
        "advice": [] if hidden else report.advice(),
        "advice_title": say("advice"),
        "closing": say("closing_public", hotline=report.office.hotline) if hidden else say("closing"),
    }


def _tiles(report: Report) -> list[dict[str, str]]:
    say, whole, f = report.say, report.figures.whole, report.figures

    def tile(name: str, value: str, tone: str = "", **fields: str) -> dict[str, str]:
        return {"label": say(name), "value": value, "note": say(f"{name}_note", **fields), "tone": tone}

    return [
        tile("due", short(whole.due_fen, report), households=str(whole.households)),
        tile("received", short(whole.received_fen, report), "leaf"),
        tile("rate", percent(whole.rate), "leaf", before=percent(f.before.rate)),
        tile("open", short(whole.open_fen, report), "amber"),
        tile("open_all", short(f.open_fen, report), "amber"),
    ]


def short(fen: int, report: Report) -> str:
    """A sum that fits into a tile: `1,234.00`, from a hundred thousand yuan on `48.60万`."""
    if abs(fen) < 10_000_000:
        return yuan(fen)
    if report.language == "en":
        return f"{fen / 100_000:,.1f}k"
    return f"{fen / 1_000_000:,.2f}万"


def _income(report: Report) -> list[dict[str, object]]:
    """By day, or by week where the period has too many days."""
    days = sorted(report.figures.income.items())
    step = 1 if len(days) <= DAYS_SHOWN else 7 if len(days) <= 7 * DAYS_SHOWN else 30
    found: list[dict[str, object]] = []
    for start in range(0, len(days), step):
        some = days[start : start + step]
        fen = sum(each for _, each in some)
        first = some[0][0]
        label = str(first.day) if step == 1 else f"{first.month}/{first.day}"
        found.append({"label": label, "value": fen, "said": short(fen, report)})
    return found


def _ageing(report: Report) -> list[dict[str, object]]:
    ages, top = report.figures.ageing, max(1, *report.figures.ageing.values())
    return [
        {
            "label": report.age(first),
            "share": ages.get(first, 0) / top,
            "value": short(ages.get(first, 0), report),
            "old": first >= OLD_DAYS,
        }
        for first in AGES
    ]


def _reasons(report: Report) -> list[dict[str, object]]:
    reasons = report.figures.reasons
    top = max((fen for _, fen in reasons.values()), default=1) or 1
    ranked = sorted(reasons.items(), key=lambda each: -each[1][1])
    return [
        {
            "label": report.say("reason_none") if name == FREE else report.label("why", name),
            "share": fen / top,
            "value": report.say("reason_value", households=str(number), sum=short(fen, report)),
        }
        for name, (number, fen) in ranked
    ]


def _tables(report: Report) -> list[dict[str, object]]:
    """By community, by building or class, by fee; in public only what is large enough to hide everybody in it."""
    f = report.figures
    tables = []
    for name, parts in (("by_community", f.communities), ("by_part", f.parts), ("by_item", f.items)):
        shown = [part for part in parts if not report.public or report.large(part)]
        note = report.say("few_hidden", number=str(PUBLIC_HOUSEHOLDS_MIN)) if len(shown) < len(parts) else ""
        if name == "by_part" and len(shown) > PARTS_SHOWN:
            shown = sorted(shown, key=lambda part: (part.rate, part.name))[:PARTS_SHOWN]
            note = report.say("more_parts", number=str(PARTS_SHOWN))
        if len(shown) > 1 or (shown and name == "by_community"):
            tables.append(_table(report, name, shown, note))
    return tables


def _table(report: Report, name: str, parts: Sequence[Part], note: str) -> dict[str, object]:
    columns = ("name", "households", "due", "received", "open", "rate")
    return {
        "title": report.say(name),
        "note": note,
        "header": [*(report.say(f"column_{column}") for column in columns), ""],
        "rows": [
            {
                "name": part.name,
                "households": str(part.households),
                "due": yuan(part.due_fen),
                "received": yuan(part.received_fen),
                "open": yuan(part.open_fen),
                "rate": part.rate,
                "said": percent(part.rate),
            }
            for part in parts
        ],
    }


def _lists(report: Report) -> list[dict[str, object]]:
    say, f = report.say, report.figures
    found: list[dict[str, object]] = []

    def add(name: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        if rows:
            header = [say(f"column_{column}") for column in columns]
            found.append({"title": say(name), "header": header, "rows": [list(row) for row in rows]})

    methods = [(name or "—", str(number), yuan(fen)) for name, (number, fen) in f.methods.items()]
    add("methods", ("method", "payments", "sum"), methods)
    workers = [(each.name, str(each.done), str(each.late), str(each.dropped)) for each in f.workers]
    add("workers", ("worker", "done", "late", "dropped"), workers)
    calls = [call_cells(each) for each in (*f.calls.members, *f.calls.communities)]
    add("calls", ("name", *CALL_COLUMNS), calls)
    talk = [(report.label("message_kind", kind), str(number)) for kind, number in sorted(f.messages.items())]
    talk += [(say("failed"), str(f.failed))] if f.failed else []
    talk += [(say(name), str(number)) for name, number in f.counts.items() if number]
    add("contacts", ("what", "number"), talk)
    return found


CALL_COLUMNS = ("called", "reached", "call_promised", "call_paid")


def call_cells(figures: CallFigures) -> tuple[str, ...]:
    """A line of the table of calls."""
    return (figures.name, *map(str, (figures.made, figures.reached, figures.promised, figures.paid)))


NAMES: Mapping[str, Callable[[Report, str], str]] = {
    "stage": lambda report, code: report.label("stage_name", code),
    "channel": lambda report, code: report.label("channel_name", code),
    "hour": lambda report, code: report.say("hour", hour=code.lstrip("0") or "0"),
    "grade": lambda report, code: report.label("grade", code),
    "staff": lambda report, code: code,
}


def _learning(report: Report) -> list[dict[str, object]]:
    """A band for each name and window; what is too few to tell says so."""
    groups: list[dict[str, object]] = []
    for field, named in NAMES.items():
        names = [name for name, _ in report.shares(field)][:ROWS_OF_LEARNING]
        rows = [
            {
                "name": named(report, name),
                "cases": str(report.learnt.by[field][name][WINDOWS_DAYS[0]].cases),
                "shares": [_band(report, report.learnt.by[field][name][days]) for days in WINDOWS_DAYS],
            }
            for name in names
        ]
        if rows:
            windows = [report.say("within", days=str(days)) for days in WINDOWS_DAYS]
            title, cases = report.say(f"learning_{field}"), report.say("cases")
            groups.append({"title": title, "cases": cases, "windows": windows, "rows": rows})
    return groups


def _band(report: Report, share: Share) -> dict[str, object]:
    low, high = share.interval
    said = report.say("too_few")
    if not share.too_few:
        said = report.say("share", rate=percent(share.rate), low=f"{low * 100:.0f}%", high=f"{high * 100:.0f}%")
    return {"rate": share.rate, "low": low, "high": high, "too_few": share.too_few, "said": said}
