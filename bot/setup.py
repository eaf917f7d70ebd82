"""The first start: six questions, a configuration with comments, a database."""

from __future__ import annotations

import asyncio
import json
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer
from pydantic import ValidationError

from bot.commands.context import CommandError, database_of, opened
from bot.content import CONTENT
from bot.settings import (
    ROOT,
    ConfigError,
    DatabaseSection,
    Organisation,
    Section,
    Settings,
    Telegram,
    enabled_channels,
    load,
)

EXAMPLE = ROOT / "config.example.toml"
SECTIONS: Mapping[str, type[Section]] = {
    "organisation": Organisation,
    "telegram": Telegram,
    "database": DatabaseSection,
}


def set_up(out: Path, *, ask: bool, force: bool) -> None:
    """Write the configuration and create the database. Raises CommandError: the file is there, and no `force`."""
    if out.exists() and not force:
        raise CommandError(f"{out}: is there already: give --force to overwrite it, or --out another file")
    if not out.parent.is_dir():
        raise CommandError(f"{out.parent}: no such folder")
    words = tomllib.loads((CONTENT / "setup.toml").read_text(encoding="utf-8"))
    answers = _ask(words["question"]) if ask else {}
    if answers.get("telegram.token"):
        answers["telegram.enabled"] = True
    _write(out, filled(EXAMPLE.read_text(encoding="utf-8"), {**answers, "policy.approve_first_run": True}))
    settings = load(out)

    async def create() -> None:
        async with opened(settings):
            pass

    asyncio.run(create())
    said = ["done"]
    said += ["no_name"] if settings.organisation.name == Organisation().name else []
    said += [] if enabled_channels(settings) else ["no_channel"]
    for name in said:
        for language in ("zh", "en"):
            typer.echo(words[name][language].format(out=out, name=settings.organisation.name))


def _ask(questions: list[dict[str, Any]]) -> dict[str, Any]:
    """One answer a question; a wrong one is asked for again."""
    answers: dict[str, Any] = {}
    for question in questions:
        section, _, key = question["key"].partition(".")
        default = "" if question.get("must") else getattr(SECTIONS[section](), key)
        while True:
            typed = typer.prompt(f"{question['zh']}\n{question['en']}", default=default, show_default=bool(default))
            try:
                answers[question["key"]] = checked(section, key, str(typed).strip())
                break
            except ValueError as wrong:
                typer.echo(f"  {question['wrong']}\n  {wrong}", err=True)
    return answers


def checked(section: str, key: str, typed: str) -> str:
    """An answer as the configuration takes it. Raises ValueError with the reason."""
    if not typed.isprintable():
        raise ValueError("holds characters that nobody can see")
    if key == "name" and not typed:
        raise ValueError("people must know who writes: give a name")
    if key == "token" and " " in typed:
        raise ValueError("a token has no spaces")
    if key == "kind":
        words = tomllib.loads((CONTENT / "columns.toml").read_text(encoding="utf-8"))["words"]["kind"]
        typed = next((kind for kind, aliases in words.items() if typed.lower() in (kind, *aliases)), typed)
    try:
        made = SECTIONS[section].model_validate({key: typed})
    except ValidationError as wrong:
        raise ValueError(wrong.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")) from None
    if isinstance(made, DatabaseSection):
        try:
            database_of(Settings(database=made))
        except (ConfigError, OSError) as wrong:
            raise ValueError(str(wrong)) from None
    return typed


def filled(example: str, values: Mapping[str, Any]) -> str:
    """The example's text, comments and all, with these values (`section.key` -> value) in the place of its own."""
    left = dict(values)
    lines, section = [], ""
    for line in example.splitlines():
        if found := re.fullmatch(r"\[(\w+)\]", line):
            section = found[1]
        elif (found := re.match(r"(\w+) = ", line)) and f"{section}.{found[1]}" in left:
            # A JSON text is a TOML text too, but for the delete sign, which no answer holds.
            line = f"{found[1]} = {json.dumps(left.pop(f'{section}.{found[1]}'), ensure_ascii=False)}"
        lines.append(line)
    if left:
        raise KeyError(f"config.example.toml has no {', '.join(left)}")
    return "\n".join(lines) + "\n"


def _write(out: Path, text: str) -> None:
    """Readable by its owner alone: it may hold a token."""
    partial = out.with_name(f".{out.name}.partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(out)
