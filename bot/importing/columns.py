"""Which columns each file has, how their headers may be called, and how a line becomes a row of values."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy.orm import InstrumentedAttribute

from bot.commands.context import CommandError
from bot.content import CONTENT
from bot.importing.reading import Cell, Line
from bot.importing.values import (
    Parse,
    amount,
    day,
    figure,
    meter,
    one_of,
    period,
    phone,
    plain,
    several_of,
    text,
    tiers,
    whole,
)
from models.accounts import Account, Community, FeeItem
from models.agreements import Offer
from models.bills import Bill, Payment
from models.completed import CompletedService
from models.readings import MeterReading

HEADER_WITHIN = 10  # rows: reports often carry a title above their header
LESSONS_MAX = 10_000
# Two equal payments of one day are two payments: only a number of their own tells them apart when a file comes again.
NO_REFERENCE = (
    "is empty: give each payment a number of its own (cash: the receipt's), so that it is never recorded twice"
)


@dataclass(frozen=True)
class Column:
    """One column. `required`: the file must have it and no row may leave it blank; else `blank` stands for nothing.

    `missing`: what is said of a required cell that is blank.
    """

    name: str
    parse: Parse
    required: bool = False
    blank: object = ""
    missing: str = "is empty"


@dataclass(frozen=True)
class Sort:
    """A sort of file: its columns, and which of them tell two rows apart."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]


class Unfit(ValueError):
    """A line that was not understood: all reasons, each with its column, and the values that could be read."""

    def __init__(self, reasons: Sequence[str], values: Mapping[str, Any]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = tuple(reasons)
        self.values = values


@dataclass(frozen=True)
class Row:
    """A line that was understood."""

    line: Line
    values: dict[str, Any]


@dataclass(frozen=True)
class Sheet:
    """A file whose header was understood: where each known column stands, and the lines below the header."""

    header: Line
    places: Mapping[str, int]  # column name -> position
    unknown: tuple[str, ...]  # headers nobody knows
    lines: Sequence[Line]


def _length(column: InstrumentedAttribute[str]) -> int:
    length: int = column.property.columns[0].type.length
    return length


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads((CONTENT / "columns.toml").read_text(encoding="utf-8"))


def sort_of(name: str) -> Sort:
    """`accounts`, `bills`, `payments`, `fees`, `services`, `offers` or `readings`."""
    words = _words()["words"]
    code = text(_length(Account.code), code=True)
    item = text(_length(Bill.item))
    rate, cycle = figure, one_of(words["cycle"])
    columns: dict[str, tuple[Column, ...]] = {
        "accounts": (
            Column("code", code, required=True),
            Column("kind", one_of(words["kind"])),
            Column("community", text(_length(Community.name)), required=True),
            Column("building", text(_length(Account.building))),
            Column("address", text(_length(Account.address))),
            Column("payer_name", text(_length(Account.payer_name)), required=True),
            Column("phone", phone(_length(Account.phone))),
            Column("area_m2", figure, blank=None),
            Column("fee_item", text(_length(Account.fee_item))),
            Column("rate_yuan", rate, blank=None),
            Column("cycle", cycle, blank="month"),
            Column("grade", text(_length(Account.grade))),
            Column("tier", one_of(words["tier"])),
            Column("traits", several_of(words["traits"])),
            Column("language", one_of(words["language"])),
            Column("student_name", text(_length(Account.student_name))),
            Column("class_name", text(_length(Account.class_name))),
            Column("lessons_left", whole(LESSONS_MAX), blank=None),
        ),
        "bills": (
            Column("account_code", code, required=True),
            Column("item", item, required=True),
            Column("period", period, required=True),
            Column("amount_yuan", amount, required=True),
            Column("due_on", day, required=True),
        ),
        "payments": (
            Column("account_code", code, required=True),
            Column("amount_yuan", amount, required=True),
            Column("paid_on", day, required=True),
            Column("method", text(_length(Payment.method))),
            Column("reference", text(_length(Payment.reference), code=True), required=True, missing=NO_REFERENCE),
        ),
        "services": (
            Column("community", text(_length(Community.name)), required=True),
            Column("period", period, required=True),
            Column("service", text(_length(CompletedService.name)), required=True),
            Column("quantity", figure, required=True),
            Column("unit", text(_length(CompletedService.unit))),
        ),
        "fees": (
            Column("community", text(_length(Community.name)), required=True),
            Column("item", text(_length(FeeItem.item)), required=True),
            Column("formula", one_of(words["formula"]), required=True),
            Column("rate_yuan", rate, required=True),
            Column("cycle", cycle, required=True),
            Column("due_day", whole(31, least=1), required=True),
            Column("from", day, required=True),
            Column("tier_prices", tiers, blank=()),
            Column("tiers_per", one_of(words["tiers_per"])),
            Column("least_units", meter, blank=0),
            Column("least_yuan", amount, blank=0),
        ),
        "offers": (
            Column("account_code", code, required=True),
            Column("class_name", text(_length(Offer.class_name))),
            Column("opens_on", day, required=True),
            Column("closes_on", day, required=True),
            Column("amount_yuan", amount, required=True),
            Column("lessons", whole(LESSONS_MAX, least=1), required=True),
            Column("covers_from", day, required=True),
            Column("covers_until", day, required=True),
            Column("subject", one_of(words["subject"]), blank="no"),
        ),
        "readings": (
            Column("account_code", code, required=True),
            Column("item", item, required=True),
            Column("read_on", day, required=True),
            Column("reading", meter, required=True),
            Column("meter", text(_length(MeterReading.meter), code=True)),
            *(Column(name, one_of(words["mark"]), blank="no") for name in ("begins", "correction", "checked")),
        ),
    }
    keys = {
        "accounts": ("code",),
        "bills": ("account_code", "item", "period"),
        "payments": ("account_code", "method", "reference"),
        "fees": ("community", "item", "from"),
        "services": ("community", "period", "service"),
        "offers": ("account_code", "class_name", "opens_on"),
        "readings": ("account_code", "item", "read_on", "begins"),
    }
    return Sort(name, columns[name], keys[name])


def find_header(sort: Sort, lines: Sequence[Line], file: str) -> Sheet:
    """The header among the first rows. Raises CommandError naming what is missing or stands twice."""
    known = {_bare(alias): name for name, aliases in _words()[sort.name].items() for alias in (name, *aliases)}
    best = max(range(min(HEADER_WITHIN, len(lines))), key=lambda n: (_recognised(lines[n], known), -n))
    header = lines[best]
    places: dict[str, int] = {}
    unknown = []
    for place, cell in enumerate(header.cells):
        name = known.get(_bare(cell))
        if name is None:
            unknown += [str(cell).strip()] if str(cell).strip() else []
        elif name in places:
            raise CommandError(f"{file}: two columns are called {name}: rename or remove one")
        else:
            places[name] = place
    for column in sort.columns:
        if column.required and column.name not in places:
            aliases = ", ".join(_words()[sort.name][column.name])
            raise CommandError(f"{file}: the column {column.name} is missing (it may also be called {aliases})")
    return Sheet(header, places, tuple(unknown), lines[best + 1 :])


def column_title(sheet: Sheet, kind: str, name: str, language: str) -> str:
    """What a column is called in this file, else in the office's language; empty when there is none of this name."""
    if (place := sheet.places.get(name)) is not None:
        return str(sheet.header.cells[place]).strip()
    aliases = _words()[kind].get(name, [])
    return str(aliases[0] if language == "zh" else name) if aliases else ""


def understand(sort: Sort, sheet: Sheet, line: Line) -> Row:
    """One line's values, those of the columns that the file has. Raises Unfit."""
    values: dict[str, Any] = {}
    faults: list[str] = []
    for column in sort.columns:
        place = sheet.places.get(column.name)
        if place is None:
            continue
        cell: Cell = line.cells[place] if place < len(line.cells) else ""
        try:
            if not plain(cell):
                if column.required:
                    raise ValueError(column.missing)
                values[column.name] = column.blank
            else:
                values[column.name] = column.parse(cell)
        except ValueError as wrong:
            faults.append(f"{column.name}: {wrong}")
    if any(str(cell).strip() for cell in line.cells[len(sheet.header.cells) :]):
        faults.append("has more cells than the header: is a comma unquoted?")
    if faults:
        raise Unfit(faults, values)
    return Row(line, values)


def _recognised(line: Line, known: Mapping[str, str]) -> int:
    return len({known[_bare(cell)] for cell in line.cells if _bare(cell) in known})


def _bare(cell: Cell) -> str:
    """A header without case, spaces, stars and a unit in brackets: `* 金额 (元)` is 金额, `Due On` is due_on."""
    name = re.sub(r"[(（\[【].*?[)）\]】]|[*＊\ufeff]", "", str(cell)).strip().casefold()
    name = re.sub(r"[\s_-]+", "_", name)
    return name if name.isascii() else name.replace("_", "")
