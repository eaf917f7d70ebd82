"""The commands that put figures and letters on paper: report, letters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.context import CommandError, Desk, at_desk
from bot.settings import enabled_channels

if TYPE_CHECKING:
    from bot.report import Report

app = typer.Typer()
ENDINGS = (".xlsx", ".pdf", ".png")


@app.command()
def report(
    context: typer.Context,
    period: Annotated[str, typer.Option(help="2026-11, 2026-Q4 or 2026.")],
    out: Annotated[Path, typer.Option(help="The .xlsx, .pdf or .png to write.")],
    community: Annotated[str, typer.Option(help="Only this community.")] = "",
    public: Annotated[bool, typer.Option("--public", help="Totals only, fit for the notice board.")] = False,
) -> None:
    """A period in figures: due, received, ageing, reasons, and what works; with charts."""
    from domain.billing import read_period

    if out.suffix.lower() not in ENDINGS:
        raise CommandError(f"--out {out}: write a .xlsx, a .pdf or a .png")
    if not out.parent.is_dir():
        raise CommandError(f"--out {out}: there is no folder {out.parent}")
    try:
        asked = read_period(period)
    except ValueError as wrong:
        raise CommandError(f"--period {wrong}") from None

    from bot.content import load_office
    from bot.letters import MissingLetters
    from bot.report import read_report
    from bot.report_files import write_report

    async def work(desk: Desk) -> Report:
        from models.staff import audit

        office = load_office(desk.settings, enabled_channels(desk.settings))
        found = await read_report(desk.database, office, asked, desk.now, community=community.strip(), public=public)
        async with desk.database.write() as session:
            await audit(session, desk.actor, "report.read", f"report/{asked}", desk.now, {"community": community})
        return found

    found = at_desk(context, work)
    try:
        write_report(found, out)
    except MissingLetters as missing:
        raise CommandError(str(missing)) from None
    typer.echo(f"{out}: {asked}, {found.where}, as of {found.today}")
