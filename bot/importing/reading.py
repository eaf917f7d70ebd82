"""Reads an office file, csv or spreadsheet, into rows of plain cells."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from bot.commands.context import CommandError
from bot.importing.cells import Unreadable, cells

# Limits against files that are no office files: reliability.md §4.
BYTES_MAX = 10 * 2**20
UNPACKED_BYTES_MAX = 256 * 2**20
RATIO_MAX, RATIO_FROM_BYTES = 100, 16 * 2**20  # no sheet of an office is packed so well; small ones may be
ROWS_MAX = 50_000
TEXT_FILES = (".csv", ".txt", ".tsv")
SPREADSHEETS = (".xlsx", ".xls", ".ods")
MACROS = "vbaProject.bin"

Cell = str | date


@dataclass(frozen=True)
class Line:
    """One row of the file. `number` is what the office sees at its left edge."""

    number: int
    cells: tuple[Cell, ...]


def read(path: Path) -> list[Line]:
    """All rows that hold anything, the header among them. Raises CommandError naming the file and the cure."""
    suffix = path.suffix.lower()
    if suffix not in (*TEXT_FILES, *SPREADSHEETS):
        raise CommandError(f"{path}: not a kind of file that can be read: save it as .csv or .xlsx")
    if path.stat().st_size > BYTES_MAX:
        raise CommandError(f"{path}: larger than {BYTES_MAX // 2**20} MiB: split it")
    rows = _texts(path.read_bytes()) if suffix in TEXT_FILES else _sheet(path)
    lines = [Line(number, cells) for number, cells in rows if any(str(cell).strip() for cell in cells)]
    if not lines:
        raise CommandError(f"{path}: the file is empty")
    if len(lines) > ROWS_MAX + 1:
        raise CommandError(f"{path}: more than {ROWS_MAX:,} rows: split it")
    return lines


def _texts(raw: bytes) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    text = decode(raw)
    csv.field_size_limit(BYTES_MAX)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    start = 1
    for row in reader:
        yield start, tuple(row)
        start = reader.line_num + 1


def decode(raw: bytes) -> str:
    """UTF-8 with or without BOM, else GB18030. What fits neither becomes lone surrogates: such rows are refused."""
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    text = raw.decode("utf-8", errors="surrogateescape")
    broken = sum("\udc80" <= sign <= "\udcff" for sign in text)
    whole = sum(sign > "\x7f" for sign in text) - broken
    if broken <= whole:  # in a GB18030 file nearly every Chinese character is broken UTF-8
        return text
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="surrogateescape")


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",\t;", key=first.count)


def _sheet(path: Path) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    _refuse_bombs(path)
    try:
        rows = cells(path.resolve(), ROWS_MAX + 100)
    except Unreadable as wrong:
        if wrong.hungry:
            raise CommandError(
                f"{path}: too large when unpacked: delete the empty rows and columns at its end, or save it as .csv"
            ) from None
        raise CommandError(f"{path}: not a spreadsheet that can be read: save it as .xlsx or .csv") from None
    for number, row in enumerate(rows, start=1):
        yield number, tuple(_plain(cell) for cell in row)


def _refuse_bombs(path: Path) -> None:
    if not zipfile.is_zipfile(path):  # an .xls, or nothing that calamine will read
        return
    try:
        with zipfile.ZipFile(path) as packed:
            members = packed.infolist()
    except zipfile.BadZipFile:
        raise CommandError(f"{path}: damaged: save it again as .xlsx or .csv") from None
    unpacked = sum(member.file_size for member in members)
    if unpacked > UNPACKED_BYTES_MAX:
        raise CommandError(f"{path}: unpacks to more than {UNPACKED_BYTES_MAX // 2**20} MiB: split it")
    if unpacked > RATIO_FROM_BYTES and unpacked > RATIO_MAX * path.stat().st_size:
        raise CommandError(f"{path}: unpacks to more than {RATIO_MAX} times its size: save it again as .csv")
    if any(member.filename.endswith(MACROS) for member in members):
        raise CommandError(f"{path}: contains macros: save it as a plain .xlsx or .csv")


def _plain(cell: object) -> Cell:
    """A spreadsheet's cell as the office sees it: 1201.0 is 1201, and 0.1 + 0.2 is 0.3."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else f"{cell:.15g}"
    return str(cell)


def texts(cells: Iterable[Cell]) -> list[str]:
    """Cells as text, for a file that goes back to the office."""
    return [cell.isoformat() if isinstance(cell, date) else cell for cell in cells]
