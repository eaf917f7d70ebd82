"""`simulate`: days of a seeded estate on a virtual clock and a scratch database."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.context import CommandError, settings_of
from domain.money import yuan

if TYPE_CHECKING:
    from bot.simulation.running import Progress, Result

app = typer.Typer()
DAYS_MAX, ACCOUNTS_MAX = 3660, 10_000
BREAKS_SHOWN = 10
LINE_EVERY_DAYS = 30  # where nobody watches a bar


@app.command()
def simulate(
    context: typer.Context,
    days: Annotated[int, typer.Option(help="How many days.")],
    accounts: Annotated[int, typer.Option(help="How many households.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed plays the same days.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Play days of an estate: the real jobs, gate, lanes and dispatcher; exit 1 when anything broke a rule."""
    if not 1 <= days <= DAYS_MAX:
        raise CommandError(f"--days {days}: 1 to {DAYS_MAX}")
    if not 1 <= accounts <= ACCOUNTS_MAX:
        raise CommandError(f"--accounts {accounts}: 1 to {ACCOUNTS_MAX}")
    result = _played(context, days, accounts, seed)
    if as_json:
        typer.echo(json.dumps(result.to_json(), ensure_ascii=False))
    else:
        _show(result)
    if result.invariant_breaks:
        raise typer.Exit(1)


def _played(context: typer.Context, days: int, accounts: int, seed: int) -> Result:
    from bot.content import CONTENT
    from bot.log import set_up
    from bot.simulation.running import Simulation
    from understanding.reader import Reader

    settings, reader = settings_of(context), Reader.load(CONTENT)
    set_up()
    gc.freeze()  # the program and its reader stay: no need to look through them for garbage all year
    with TemporaryDirectory(prefix="nuanling-") as directory, ExitStack() as stack:
        simulation = Simulation(settings, Path(directory), days=days, accounts=accounts, seed=seed)
        return asyncio.run(simulation.run(_progress(stack, days), reader))


def _progress(stack: ExitStack, days: int) -> Progress:
    """A bar for who watches, else a line now and then; always on stderr."""
    if not sys.stderr.isatty():

        def tell(done: int) -> None:
            if done % LINE_EVERY_DAYS == 0 and done < days:
                typer.echo(f"{done} of {days} days", err=True)

        return tell
    from rich.console import Console
    from rich.progress import Progress as Bar

    bar = stack.enter_context(Bar(console=Console(stderr=True)))
    task = bar.add_task("days", total=days)
    return lambda done: bar.update(task, completed=done)


def _show(result: Result) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False)
    for name, value in result.to_json().items():
        if name == "invariant_breaks":
            continue
        shown = yuan(value) if name.endswith("_fen") else value
        if isinstance(value, dict):
            shown = ", ".join(f"{kind} {number}" for kind, number in value.items())
        table.add_row(name.removesuffix("_fen"), str(shown))
    console = Console()
    console.print(table)
    for each in result.invariant_breaks[:BREAKS_SHOWN]:
        console.print(f"{each.day}  {each.rule}: {each.detail}")
    more = len(result.invariant_breaks) - BREAKS_SHOWN
    console.print(f"and {more} more" if more > 0 else f"{len(result.invariant_breaks)} breaks of a rule")
