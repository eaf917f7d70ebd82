"""A report as a file: xlsx with charts, PDF to print, PNG to show. The ending of the file's name says which."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.letters import compose, pictures
from bot.report import CALL_COLUMNS, NAMES, Report, laid_out
from bot.spreadsheet import harmless
from domain.learning import WINDOWS_DAYS
from models.periods import FREE, Part
from models.status import AGES

PICTURE_PPI = 144
WIDTHS = (24, 14)  # characters of the first column, and of the others
MONEY, SHARE = "#,##0.00", "0.0%"
LEAF, AMBER = "#1b6e53", "#c77700"


def write_report(report: Report, out: Path) -> None:
    """Whole or not at all. Raises MissingLetters for a picture or a PDF with a letter that no font has."""
    partial = out.with_name(f".{out.name}.partial")
    try:
        WRITERS[out.suffix.lower()](report, partial)
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)


def _pdf(report: Report, path: Path) -> None:
    path.write_bytes(compose("report", laid_out(report)))


def _png(report: Report, path: Path) -> None:
    [picture] = pictures("report", laid_out(report, long=True), PICTURE_PPI)
    path.write_bytes(picture)


def _xlsx(report: Report, path: Path) -> None:
    from xlsxwriter import Workbook

    never = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(str(path), never) as book:
        sheets = Sheets(book)
        _summary(report, sheets)
        if not report.public:
            _income(report, sheets)
        _parts(report, sheets)
        _ages(report, sheets)
        if not report.public:
            _reasons(report, sheets)
            _staff(report, sheets)
            _calls(report, sheets)
            _learning(report, sheets)


WRITERS: dict[str, Callable[[Report, Path], None]] = {".xlsx": _xlsx, ".pdf": _pdf, ".png": _png}


class Sheets:
    """A workbook that takes texts as texts: nothing in it runs."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self._bold = book.add_format({"bold": True, "bottom": 1})
        self._formats = {name: book.add_format({"num_format": name}) for name in (MONEY, SHARE, "yyyy-mm-dd", "0")}

    def add(self, title: str, header: Sequence[str], rows: Sequence[Sequence[tuple[Any, str] | str]]) -> Any:
        """One sheet. A cell is a text, or a number with its format."""
        sheet = self.book.add_worksheet(title[:31])
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, 0, WIDTHS[0])
        sheet.set_column(1, max(1, len(header) - 1), WIDTHS[1])
        for place, name in enumerate(header):
            sheet.write_string(0, place, harmless(name), self._bold)
        for number, row in enumerate(rows, start=1):
            for place, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, place, harmless(cell))
                elif cell[1] == "yyyy-mm-dd":
                    sheet.write_datetime(number, place, cell[0], self._formats[cell[1]])
                else:
                    sheet.write_number(number, place, cell[0], self._formats[cell[1]])
        return sheet

    def chart(self, sheet: Any, kind: str, rows: int, column: int, at: str, *, colour: str = LEAF) -> None:
        """A chart of one column against the first, under the sheet's own heading."""
        if not rows:
            return
        chart = self.book.add_chart({"type": kind})
        name = sheet.get_name()
        chart.add_series(
            {
                "name": [name, 0, column],
                "categories": [name, 1, 0, rows, 0],
                "values": [name, 1, column, rows, column],
                "fill": {"color": colour},
                "gap": 60,
            }
        )
        chart.set_legend({"none": True})
        chart.set_size({"width": 640, "height": 320})
        sheet.insert_chart(at, chart)


def money(fen: int) -> tuple[Decimal, str]:
    return Decimal(fen) / 100, MONEY


def number(value: int) -> tuple[int, str]:
    return value, "0"


def share(value: float) -> tuple[float, str]:
    return value, SHARE


def _summary(report: Report, sheets: Sheets) -> None:
    say, whole, f = report.say, report.figures.whole, report.figures
    rows: list[Sequence[tuple[Any, str] | str]] = [
        (say("column_households"), number(whole.households)),
        (say("due"), money(whole.due_fen)),
        (say("received"), money(whole.received_fen)),
        (say("open"), money(whole.open_fen)),
        (say("rate"), share(whole.rate)),
        (say("rate_note", before=""), share(f.before.rate)),
        (say("open_all"), money(f.open_fen)),
    ]
    if not report.public:
        rows += [(method or "—", money(fen)) for method, (_, fen) in f.methods.items()]
        rows += [(report.label("message_kind", kind), number(count)) for kind, count in f.messages.items()]
        rows += [(say("failed"), number(f.failed))]
        rows += [(say(name), number(count)) for name, count in f.counts.items()]
        rows += [(advice, "") for advice in report.advice()]
    title = say("title_public" if report.public else "title", period=report.period_words)
    sheets.add(say("sheet_summary"), (f"{report.office.name} · {title}", report.where), rows)


def _income(report: Report, sheets: Sheets) -> None:
    say, days = report.say, sorted(report.figures.income.items())
    rows = [((day, "yyyy-mm-dd"), money(fen)) for day, fen in days]
    sheet = sheets.add(say("sheet_income"), (say("column_day"), say("column_sum")), rows)
    sheets.chart(sheet, "column", len(rows), 1, "D2")


def _parts(report: Report, sheets: Sheets) -> None:
    """All of them, with no limit but the public one."""
    say, f = report.say, report.figures
    columns = ("name", "households", "due", "received", "open", "rate")
    header = [say(f"column_{column}") for column in columns]
    shown = [part for part in (*f.communities, *f.parts, *f.items) if not report.public or report.large(part)]
    rows = [_part(part) for part in shown]
    sheet = sheets.add(say("sheet_parts"), header, rows)
    sheets.chart(sheet, "bar", len(rows), 5, "H2")


def _part(part: Part) -> Sequence[tuple[Any, str] | str]:
    sums = (money(part.due_fen), money(part.received_fen), money(part.open_fen))
    return (part.name, number(part.households), *sums, share(part.rate))


def _ages(report: Report, sheets: Sheets) -> None:
    say = report.say
    rows = [(report.age(first), money(report.figures.ageing.get(first, 0))) for first in AGES]
    sheet = sheets.add(say("ageing"), (say("column_age"), say("column_open")), rows)
    sheets.chart(sheet, "bar", len(rows), 1, "D2", colour=AMBER)


def _reasons(report: Report, sheets: Sheets) -> None:
    say = report.say
    rows = [
        (say("reason_none") if name == FREE else report.label("why", name), number(households), money(fen))
        for name, (households, fen) in sorted(report.figures.reasons.items(), key=lambda each: -each[1][1])
    ]
    header = (say("column_reason"), say("column_households"), say("column_open"))
    sheet = sheets.add(say("sheet_reasons"), header, rows)
    sheets.chart(sheet, "bar", len(rows), 2, "E2")


def _staff(report: Report, sheets: Sheets) -> None:
    say = report.say
    header = [say(f"column_{column}") for column in ("worker", "done", "late", "dropped")]
    workers = report.figures.workers
    sheets.add(
        say("sheet_staff"),
        header,
        [(each.name, number(each.done), number(each.late), number(each.dropped)) for each in workers],
    )


def _calls(report: Report, sheets: Sheets) -> None:
    """By colleague, then by community."""
    say, f = report.say, report.figures
    header = [say(f"column_{column}") for column in ("name", *CALL_COLUMNS)]
    rows = [
        (each.name, number(each.made), number(each.reached), number(each.promised), number(each.paid))
        for each in (*f.calls.members, *f.calls.communities)
    ]
    sheets.add(say("sheet_calls"), header, rows)


def _learning(report: Report, sheets: Sheets) -> None:
    """Every name and window with its interval; what is too few to tell says so instead of a share."""
    say = report.say
    header = [say(f"column_{name}") for name in ("group", "name", "window", "cases", "hits", "rate", "low", "high")]
    rows: list[Sequence[tuple[Any, str] | str]] = []
    for field, named in NAMES.items():
        for name, _ in report.shares(field):
            for days in WINDOWS_DAYS:
                found = report.learnt.by[field][name][days]
                first = (say(f"learning_{field}"), named(report, name), number(days))
                counts = (number(found.cases), number(found.hits))
                low, high = found.interval
                told = (say("too_few"), "", "") if found.too_few else (share(found.rate), share(low), share(high))
                rows.append((*first, *counts, *told))
    sheets.add(say("sheet_learning"), header, rows)
