"""Gives refused rows back to the office: beside the file, in its own columns, each with its reasons in its language."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bot.importing.columns import Sheet, column_title
from bot.importing.reading import Cell, Line, texts
from bot.phrases import in_language
from bot.spreadsheet import write_csv


def reason_words(reason: str, sheet: Sheet, kind: str, language: str) -> str:
    """A row's reason in the office's language; the columns before it are called as they are in its own file."""
    before, colon, why = reason.partition(": ")
    names = before.split(", ")
    titles = [column_title(sheet, kind, name, language) for name in names]
    if not colon or not all(titles):
        return in_language(reason, language)
    return f"{'、'.join(titles)}：{in_language(why, language)}" if language == "zh" else f"{', '.join(titles)}: {why}"


def row_words(file: Path, line: Line, reasons: Sequence[str], language: str) -> str:
    """All that is wrong with one row, in one line."""
    if language == "zh":
        return f"{file.name} 第 {line.number} 行：{'；'.join(reasons)}"
    return f"{file.name} row {line.number}: {'; '.join(reasons)}"


def errors_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.errors.csv")


def give_back(file: Path, header: Sequence[Cell], rows: Sequence[tuple[Sequence[Cell], str]]) -> Path | None:
    """Write FILE.errors.csv, or remove an older one when there is nothing to report."""
    path = errors_file(file)
    if not rows:
        path.unlink(missing_ok=True)
        return None
    width = max(len(header), *(len(cells) for cells, _ in rows))  # a row may have more cells than the header

    def line(cells: Sequence[Cell], last: str) -> list[str]:
        return [*texts(cells), *[""] * (width - len(cells)), last]

    write_csv(path, [line(header, "reason"), *(line(cells, reason) for cells, reason in rows)])
    return path
