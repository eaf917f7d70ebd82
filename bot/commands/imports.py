"""`import`: what the office brings in from its files."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.context import Desk, at_desk, settings_of

if TYPE_CHECKING:
    from bot.importing.outcome import Outcome

SHOWN_REFUSALS = 5  # on the screen; the file has them all

app = typer.Typer()
imports = typer.Typer(help="Bring an office file in: csv (UTF-8, GB18030), xlsx, xls, ods.")
app.add_typer(imports, name="import")

File = Annotated[Path, typer.Argument(metavar="FILE")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and count; store nothing.")]


@imports.command("accounts")
def import_accounts(context: typer.Context, file: File, dry_run: DryRun = False) -> None:
    """Households or families: code, community, payer_name and more. Known codes are updated."""
    _import(context, "accounts", file, dry_run)


@imports.command("bills")
def import_bills(context: typer.Context, file: File, dry_run: DryRun = False) -> None:
    """Bills: account_code, item, period, amount_yuan, due_on."""
    _import(context, "bills", file, dry_run)


@imports.command("payments")
def import_payments(context: typer.Context, file: File, dry_run: DryRun = False) -> None:
    """Payments: account_code, amount_yuan, paid_on, method, reference."""
    _import(context, "payments", file, dry_run)


@imports.command("fees")
def import_fees(context: typer.Context, file: File, dry_run: DryRun = False) -> None:
    """Fee rules: community, item, formula, rate_yuan (for one cycle), cycle, due_day, from; by meter tier_prices and more."""
    _import(context, "fees", file, dry_run)


@imports.command("services")
def import_services(context: typer.Context, file: File, dry_run: DryRun = False) -> None:
    """Completed services, quoted to residents: community, period (YYYY-MM), service, quantity, unit."""
    _import(context, "services", file, dry_run)


@imports.command("offers")
def import_offers(context: typer.Context, file: File, dry_run: DryRun = False) -> None:
    """Renewals offered, within the law's limits: account_code, opens_on, closes_on, amount_yuan, lessons, covers_from …"""
    _import(context, "offers", file, dry_run)


@imports.command("readings")
def import_readings(context: typer.Context, file: File, dry_run: DryRun = False) -> None:
    """Meter readings: account_code, item, read_on, reading; meter, begins (replaced), correction, checked."""
    _import(context, "readings", file, dry_run)


def _import(context: typer.Context, kind: str, file: Path, dry_run: bool) -> None:
    """Read, understand, store, report. The last two lines on stdout count the rows; exit 1 if any was refused."""
    language = settings_of(context).organisation.language  # a wrong configuration is said before a long file is read
    from bot.content import load_wording
    from bot.importing.file import understand_file
    from bot.importing.refused import give_back, reason_words, row_words
    from bot.importing.storing import refuse_strangers, store
    from bot.phrases import say
    from bot.terminal import Terminal

    words = load_wording()
    found = understand_file(file, kind)
    if found.sheet.unknown:
        names = Terminal(words, language).joined(found.sheet.unknown)
        typer.echo(words.text("import.left_out", language, {"file": str(file), "columns": names}), err=True)
    with _progress(file.name, len(found.rows)) as advance:

        async def work(desk: Desk) -> Outcome:
            outcome = await store(
                desk, kind, found.rows, found.sheet.places, file=file.name, dry_run=dry_run, advance=advance
            )
            await refuse_strangers(desk, found.strangers, outcome)
            return outcome

        outcome = at_desk(context, work)
    lines, reasons = {}, defaultdict(list)
    for line, reason in (*found.refused, *((row.line, reason) for row, reason in outcome.refused)):
        lines[line.number] = line
        reasons[line.number].append(reason_words(reason, found.sheet, kind, language))
    refused = [
        (lines[number].cells, row_words(file, lines[number], reasons[number], language)) for number in sorted(lines)
    ]
    for _, told in refused[:SHOWN_REFUSALS]:
        typer.echo(told, err=True)
    if (report := give_back(file, found.sheet.header.cells, refused)) is not None:
        typer.echo(words.text("import.report", language, {"file": str(report)}), err=True)
    for note in outcome.notes:
        say(context, note, err=True)
    counts = {name: str(getattr(outcome, name)) for name in ("new", "changed", "unchanged")}
    summary = "import.would" if dry_run else "import.did"
    typer.echo(words.text(summary, language, {**counts, "refused": str(len(refused))}))
    changed = f", {outcome.changed} changed" if kind == "accounts" else ""
    typer.echo(f"{outcome.accepted} accepted, {len(refused)} rejected{changed}")
    if refused:
        raise typer.Exit(1)


@contextmanager
def _progress(name: str, rows: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr where somebody watches."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=rows)
        yield lambda done: progress.advance(task, done)
