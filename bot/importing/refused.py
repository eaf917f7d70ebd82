"""Gives refused rows back to the office: beside the file, in its own columns, each with its reasons in its language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bot.content import CONTENT
from bot.importing.columns import Sheet, column_title
from bot.importing.reading import Cell, Line, texts
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


def in_language(reason: str, language: str) -> str:
    """What the program says, as the office says it; the file's name may stand before it. Without words it stays as it is."""
    for template, pattern in _phrases() if language == "zh" else ():
        if (found := pattern.fullmatch(reason)) is not None:
            gaps = {name: _gap_words(value or "") for name, value in found.groupdict().items()}
            before = f"{gaps['before']}：" if gaps["before"] else ""
            return before + template.format_map(gaps)
    return reason


def _gap_words(value: str) -> str:
    """What was typed in Chinese quotation marks, a list of names with Chinese commas."""
    typed = re.fullmatch(r"(['\"])(.*)\1", value, re.DOTALL)
    return f"“{typed[2]}”" if typed else value.replace(", ", "、")


@cache
def _phrases() -> list[tuple[str, re.Pattern[str]]]:
    """(the office's words, what to look for), from content/refusals.zh.toml."""
    phrases = tomllib.loads((CONTENT / "refusals.zh.toml").read_text(encoding="utf-8"))
    return [
        (words, re.compile(f"(?:(?P<before>[^:]{{1,300}}): )?{_gaps(text)}", re.DOTALL))
        for text, words in phrases.items()
    ]


def _gaps(text: str) -> str:
    parts = re.split(r"\{(\w+)\}", text)
    return "".join(f"(?P<{part}>.+?)" if n % 2 else re.escape(part) for n, part in enumerate(parts))


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
