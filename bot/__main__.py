"""The command line: `python -m bot [--config config.toml] COMMAND`."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import Abort, TyperException

from bot.commands.context import CommandError, configuration
from bot.settings import ConfigError, language_of
from domain.policy import PolicyError

# Each file of bot/commands/ brings its commands in an `app` of its own; they stand side by side.
COMMANDS = (
    "running",
    "imports",
    "bills",
    "databases",
    "exports",
    "office",
    "wechat",
    "wecom",
    "privacy",
    "reporting",
    "papers",
    "simulating",
    "sms",
    "runs",
)
WRONG_USE = 2
SHOW_FAULTS = "NUANLING_DEBUG"

app = typer.Typer(
    name="python -m bot",
    help="Nuanling 暖铃: kind fee reminders.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
)


@app.callback()
def root(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="The configuration; config.toml where it exists, else safe defaults.")
    ] = None,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help(), err=True)
        raise typer.Exit(WRONG_USE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. Whatever was used wrongly is said in one line on stderr."""
    os.umask(0o077)  # what a command writes holds names, phones or tokens: for its owner alone
    try:
        result = _built()(args=arguments, standalone_mode=False)
    except Abort:
        return _wrong(arguments, "stopped")
    except TyperException as wrong:
        return _wrong(arguments, wrong.format_message().rstrip("."), _how(wrong))
    except (CommandError, ConfigError, PolicyError) as wrong:
        return _wrong(arguments, str(wrong))
    except OSError as wrong:
        return _wrong(arguments, f"{wrong.filename}: {wrong.strerror}" if wrong.filename else str(wrong))
    except Exception as wrong:
        if os.environ.get(SHOW_FAULTS):
            raise
        line = _database_fault(wrong)
        return _wrong(
            arguments,
            line or f"a fault of the program: {type(wrong).__name__}: set {SHOW_FAULTS}=1 to see where, and report it",
        )
    return result if isinstance(result, int) else 0


@cache
def _built() -> Any:
    """All commands with their options, read from the signatures once in a process: that takes a tenth of a second."""
    return typer.main.get_command(app)


def _wrong(arguments: Sequence[str] | None, line: str, how: str = "") -> int:
    """Say in the office's language, in one line, what is wrong and what to do."""
    from bot.phrases import in_language

    language = _language(sys.argv[1:] if arguments is None else arguments)
    told = in_language(" ".join(line.split()), language)
    if how:
        told += f"（{in_language(how, language)}）" if language == "zh" else f" ({how})"
    typer.echo(f"nuanling: {told}", err=True)
    return WRONG_USE


def _how(wrong: TyperException) -> str:
    """Where the right use is told: the help of the command that was meant."""
    context = getattr(wrong, "ctx", None)
    return f"see `{context.command_path} --help`" if context is not None else ""


def _language(arguments: Sequence[str]) -> str:
    """The office's, by the configuration that was named."""
    chosen = [value for name, value in pairwise(arguments) if name == "--config"]
    chosen += [each.removeprefix("--config=") for each in arguments if each.startswith("--config=")]
    return language_of(configuration(Path(chosen[0]) if chosen else None))


def _database_fault(wrong: Exception) -> str | None:
    """What the database said, without the statement and the data in it; None when it is no fault of the database's."""
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    from bot.database import OwnedElsewhere

    if isinstance(wrong, OwnedElsewhere):
        return str(wrong)
    if isinstance(wrong, DBAPIError):
        return f"the database refused: {str(wrong.orig).splitlines()[0]}"
    return f"the database refused: {type(wrong).__name__}" if isinstance(wrong, SQLAlchemyError) else None


for _name in COMMANDS:
    app.add_typer(importlib.import_module(f"bot.commands.{_name}").app)

if __name__ == "__main__":
    sys.exit(main())
