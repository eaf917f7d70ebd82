"""`db`: migrate, check, back up, restore."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.context import CommandError, Desk, at_desk, database_of, settings_of

if TYPE_CHECKING:
    pass


app = typer.Typer()
databases = typer.Typer(help="Migrate, check, back up and restore the database.")
app.add_typer(databases, name="db")

File = Annotated[Path, typer.Argument(metavar="FILE")]


@databases.command("upgrade")
def upgrade_database(context: typer.Context) -> None:
    """Bring the tables to this version's shape."""
    from alembic.util import CommandError as MigrationError

    from bot.database import Ownership, upgrade

    settings = settings_of(context)

    async def main() -> None:
        database = database_of(settings)
        try:
            await upgrade(database)
        finally:
            await database.close()

    with Ownership(settings.database.url):
        try:
            asyncio.run(main())
        except MigrationError:
            raise CommandError("the database was made by a newer version: run that version") from None
    typer.echo("the database has this version's shape")


@databases.command("check")
def check_database(context: typer.Context) -> None:
    """Is the file sound, does the money add up, is the outbox in order, is the audit log whole?"""

    async def work(desk: Desk) -> list[str]:
        from models.invariants import findings

        return await findings(desk.database)

    found = at_desk(context, work)
    for each in found or ["ok"]:
        typer.echo(each)
    if found:
        raise typer.Exit(1)


@databases.command("backup")
def backup_database(
    context: typer.Context,
    file: File,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a backup of that name.")] = False,
) -> None:
    """Copy the database to FILE while it is in use, and check the copy."""
    from bot.backup import backup

    found = backup(settings_of(context).database.url, file, overwrite=force)
    for each in found:
        typer.echo(each)
    if found:
        raise typer.Exit(1)
    typer.echo(f"{file}: copied and checked")


@databases.command("restore")
def restore_database(context: typer.Context, file: File) -> None:
    """Put a backup in the place of the database; the database of before is kept beside it."""
    from bot.backup import restore

    settings = settings_of(context)
    found, kept = restore(settings.database.url, file, settings.organisation.zone)
    for each in found:
        typer.echo(each)
    if found:
        typer.echo("nothing was restored", err=True)
        raise typer.Exit(1)
    typer.echo(f"restored from {file}" + (f"; the database of before is {kept}" if kept else ""))
