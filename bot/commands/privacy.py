"""The commands by which a household or a person is erased: what goes and what stays is shown before anything happens."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.context import CommandError, Desk, at_desk, settings_of
from domain.money import yuan

if TYPE_CHECKING:
    from models.erasing import Erasing, Subject

app = typer.Typer()
erasing = typer.Typer(help="Forget a household or a person for good.")
app.add_typer(erasing, name="erase")

Yes = Annotated[bool, typer.Option("--yes", help="Don't ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would go and what would stay.")]


@erasing.command("account")
def erase_account(
    context: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE", help="The account's code.")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Names, phone, address, chats, files and words of one household go. The money ledger stays, without a name."""
    code = code.strip()

    async def find(desk: Desk) -> tuple[Subject, Erasing] | None:
        from models.accounts import by_code
        from models.erasing import household, preview

        async with desk.database.read() as session:
            account = await by_code(session, code)
            if account is None:
                raise CommandError(f"there is no account {code!r}")
            if account.erased_at is not None:
                return None
            subject = await household(session, account.id)
            return subject, await preview(session, subject)

    if (found := at_desk(context, find)) is None:
        typer.echo(f"{code}: erased before; nothing is left but the money ledger, without names")
        return
    _carry_out(context, code, *found, yes=yes, dry_run=dry_run)


@erasing.command("person")
def erase_person(
    context: typer.Context,
    channel: Annotated[str, typer.Option(help="telegram, wechat, wecom, email or sandbox.")],
    user: Annotated[str, typer.Option(help="The person's id on the channel.")],
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """One person's chats, words and bindings go, on all channels. Their households and the other members stay."""

    async def find(desk: Desk) -> tuple[Subject, Erasing] | None:
        from models.erasing import person, preview

        async with desk.database.read() as session:
            subject = await person(session, channel.strip(), user.strip())
            return None if subject is None else (subject, await preview(session, subject))

    name = f"{channel} {user}"
    if (found := at_desk(context, find)) is None:
        typer.echo(f"{name}: nobody is known by it, so nothing is left to erase")
        return
    _carry_out(context, name, *found, yes=yes, dry_run=dry_run)


def _carry_out(context: typer.Context, name: str, subject: Subject, told: Erasing, *, yes: bool, dry_run: bool) -> None:
    for line in _lines(name, subject, told):
        typer.echo(line)
    if dry_run:
        typer.echo("nothing was erased: this was --dry-run")
        return
    if not yes:
        _ask(name)

    async def work(desk: Desk) -> Erasing:
        from models.erasing import erase, household

        async with desk.database.write() as session:
            # Looked at again: a person may have been bound between the preview and the yes.
            again = subject if subject.account_id is None else await household(session, subject.account_id)
            return await erase(session, again, desk.now, actor=desk.actor)

    done = at_desk(context, work)
    from bot.handing_out import data_folder

    folder = data_folder(settings_of(context))
    for path in done.files:
        (folder / path).unlink(missing_ok=True)
    typer.echo(f"{name}: erased")


def _lines(name: str, subject: Subject, told: Erasing) -> list[str]:
    """What goes, what stays and why, in words that can be read out."""
    lines = [f"{name}: {len(subject.people)} people are forgotten on all channels"]
    lines += [f"  goes: {table} {number}" for table, number in sorted(told.goes.items())]
    lines += [f"  goes: files {len(told.files)}"] if told.files else []
    lines += [
        f"  stays, without names, chats and words: {table} {number}" for table, number in sorted(told.stays.items())
    ]
    if told.open_fen:
        lines.append(
            f"  {yuan(told.open_fen)} yuan are still open: they stay in the books, nobody is reminded any more"
        )
    if told.credit_fen:
        lines.append(f"  {yuan(told.credit_fen)} yuan of credit are theirs: pay them back before you erase")
    if subject.account_id is None:
        lines.append("  the household's own name, phone and address stay: use erase account to erase these, too")
    lines.append("  backups and exports made before still hold everything: delete them as your retention rule says")
    return lines


def _ask(name: str) -> None:
    """Raises CommandError unless the person at the keyboard types the name."""
    if not sys.stdin.isatty():
        raise CommandError("nothing was erased: say --yes to carry it out")
    if typer.prompt(f"This can't be undone. Type {name} to erase it", default="", show_default=False).strip() != name:
        raise CommandError("nothing was erased")
