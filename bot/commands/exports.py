"""`export`: what is given out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.context import CommandError, Desk, at_desk

if TYPE_CHECKING:
    pass


app = typer.Typer()
exports = typer.Typer(help="Give data out.")
app.add_typer(exports, name="export")


@exports.command("account")
def export_account(
    context: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE")],
    out: Annotated[Path, typer.Option(help="The zip file to write.")],
) -> None:
    """Everything that is known of one household, as JSON and csv in a zip file."""
    from bot.dossier import write_dossier

    async def work(desk: Desk) -> None:
        await write_dossier(desk, code, out)

    at_desk(context, work)
    typer.echo(f"{out}: everything on {code}")


@exports.command("pupils")
def export_pupils(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="The xlsx file to write.")],
    community: Annotated[str, typer.Option(help="Only this school.")] = "",
) -> None:
    """The pupils' sheet (生源分析表): tier, child's wish, summary, offer and answer of each pupil, and how tiers moved."""
    from bot.content import load_office
    from bot.exporting import sheets_of
    from bot.spreadsheet import write_xlsx
    from models.accounts import community_named
    from models.staff import audit

    async def work(desk: Desk) -> int:
        office = load_office(desk.settings, ())
        async with desk.database.write() as session:
            place = await community_named(session, community) if community else None
            if community and place is None:
                raise CommandError(f"there is no community {community!r}")
            await audit(session, desk.actor, "export.made", "export/pupils", desk.now)
        sheets = await sheets_of(desk.database, office, "pupils", place.id if place else None, office.language)
        write_xlsx(out, sheets)
        return len(next(iter(sheets.values()))) - 1

    typer.echo(f"{out}: {at_desk(context, work)} pupils")


@exports.command("readings")
def export_readings(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="The .csv or .xlsx file to write.")],
    community: Annotated[str, typer.Option(help="Only this community.")] = "",
    missing: Annotated[str, typer.Option(help="Only meters without a reading of this period, to be filled in.")] = "",
) -> None:
    """Meter readings in the columns of `import readings`; with --missing: the list that the meter reader takes along."""
    from domain.billing import read_period

    if out.suffix.lower() not in (".csv", ".xlsx"):
        raise CommandError(f"--out {out}: write a .csv or an .xlsx")
    try:
        period = read_period(missing) if missing else None
    except ValueError as wrong:
        raise CommandError(f"--missing {wrong}") from None

    async def work(desk: Desk) -> int:
        from bot.meters import write_missing, write_readings

        return await (
            write_readings(desk, community, out) if period is None else write_missing(desk, community, period, out)
        )

    typer.echo(f"{out}: {at_desk(context, work)} {'to be read' if missing else 'readings'}")
