"""What the program says at the command line, in the office's language. Programs read `--json`, which is never translated."""

from __future__ import annotations

import re
import tomllib
from functools import cache

import typer

from bot.commands.context import settings_of
from bot.settings import ROOT

BOOKS = tuple(ROOT / "content" / name for name in ("commands.zh.toml", "refusals.zh.toml"))


def say(context: typer.Context, line: str, *, err: bool = False) -> None:
    """Print some lines as the office says them."""
    language = settings_of(context).organisation.language
    typer.echo("\n".join(in_language(each, language) for each in line.split("\n")), err=err)


def in_language(said: str, language: str) -> str:
    """What the program says, as the office says it; the file's name may stand before it. Without words it stays as it is."""
    for template, pattern in _phrases() if language == "zh" else ():
        if (found := pattern.fullmatch(said)) is not None:
            gaps = {name: _gap_words(value or "") for name, value in found.groupdict().items()}
            before = f"{gaps['before']}：" if gaps["before"] else ""
            return before + template.format_map(gaps)
    return said


def _gap_words(value: str) -> str:
    """What was typed in Chinese quotation marks, a phrase in its own words, a list of names with Chinese commas."""
    typed = re.fullmatch(r"(['\"])(.*)\1", value, re.DOTALL)
    return f"“{typed[2]}”" if typed else in_language(value, "zh").replace(", ", "、")


@cache
def _phrases() -> list[tuple[str, re.Pattern[str]]]:
    """(the office's words, what to look for) of the phrase books, the most particular first."""
    phrases = {text: words for book in BOOKS for text, words in tomllib.loads(book.read_text(encoding="utf-8")).items()}
    return [
        (words, re.compile(f"(?:(?P<before>[^:]{{1,300}}): )?{_gaps(text)}", re.DOTALL))
        for text, words in sorted(phrases.items(), key=lambda phrase: -len(re.sub(r"\{\w+\}", "", phrase[0])))
    ]


def _gaps(text: str) -> str:
    parts = re.split(r"\{(\w+)\}", text)
    return "".join(f"(?P<{part}>.+?)" if n % 2 else re.escape(part) for n, part in enumerate(parts))
