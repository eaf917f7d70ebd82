"""The commands on SMS lists: make one, say that it went out, or that it didn't."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.context import CommandError, Desk, at_desk

app = typer.Typer()
sms = typer.Typer(help="Texts for households that no channel reaches, for the office's own SMS tool.")
app.add_typer(sms, name="sms")
Run = Annotated[int, typer.Argument(metavar="LIST", help="The list's number.")]


@sms.command("list")
def make(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="The .xlsx or .csv to write.")],
    on: Annotated[str, typer.Option(help="For this day; today when left out.")] = "",
) -> None:
    """Phone, text and code of everybody who is due and has no other way. Nothing counts until `sms sent`."""
    if out.suffix.lower() not in (".xlsx", ".csv"):
        raise CommandError(f"--out {out}: write a .xlsx or a .csv")
    chosen = _day(on) if on else None

    async def work(desk: Desk) -> tuple[int, int, int]:
        from bot.sms import make_list

        return await make_list(desk, out, chosen or desk.today)

    number, listed, left_out = at_desk(context, work)
    if left_out:
        typer.echo(f"{left_out} left out: the text of sms.reminder would not pass the lint for them", err=True)
    typer.echo(f"list {number}: {listed} texts in {out}")
    typer.echo(f"after sending them say `sms sent {number}`, else `sms undo {number}`")


@sms.command("sent")
def sent(context: typer.Context, run: Run) -> None:
    """The list went out: it stands in the log and counts toward the caps."""

    async def work(desk: Desk) -> int:
        from bot.sms import sent as mark_sent

        return await mark_sent(desk, run)

    typer.echo(f"list {run}: {at_desk(context, work)} texts recorded as sent")


@sms.command("undo")
def undo(context: typer.Context, run: Run) -> None:
    """The list was not used: nothing counts, and its households may stand on the next one."""

    async def work(desk: Desk) -> int:
        from bot.sms import undo as take_back

        return await take_back(desk, run)

    typer.echo(f"list {run}: undone, {at_desk(context, work)} texts")


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 (a local date)
    except ValueError:
        raise CommandError(f"--on {text}: write a day such as 2026-12-20") from None
