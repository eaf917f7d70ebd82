"""Gives refused rows back to the office: beside the file, in its own columns, each with the reason in its language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from bot.content import CONTENT
from bot.importing.reading import Cell, texts
from bot.spreadsheet import write_csv


def in_language(reason: str, language: str) -> str:
    """A reason as the office says it. Before it stands the column's own name; a reason without words stays as it is."""
    for template, pattern in _phrases() if language == "zh" else ():
        if (found := pattern.fullmatch(reason)) is not None:
            return (found["column"] or "") + template.format_map(found.groupdict())
    return reason


@cache
def _phrases() -> list[tuple[str, re.Pattern[str]]]:
    """(the office's words, what to look for), from content/refusals.zh.toml."""
    phrases = tomllib.loads((CONTENT / "refusals.zh.toml").read_text(encoding="utf-8"))
    return [
        (words, re.compile(f"(?P<column>[^:]{{1,60}}: )?{_gaps(text)}", re.DOTALL)) for text, words in phrases.items()
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
