"""The commands that put the office's words on paper: letters, poster; and documents that belong to a household."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.context import CommandError, Desk, at_desk
from bot.settings import enabled_channels

if TYPE_CHECKING:
    from bot.batch import Batch

app = typer.Typer()
documents = typer.Typer(help="Contracts and other papers of a household.")
app.add_typer(documents, name="document")
KINDS = ("contract", "agreement", "proof", "letter", "other")
Out = Annotated[Path, typer.Option(help="The file to write.")]
Community = Annotated[str, typer.Option(help="Only this community.")]


@app.command()
def letters(
    context: typer.Context,
    out: Out,
    approved_by: Annotated[int, typer.Option(help="The number of the manager who agreed to the batch.")] = 0,
    community: Community = "",
    days_overdue: Annotated[int, typer.Option(help="Only where a bill has been due for so many days.")] = 60,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count and check; number nothing.")] = False,
) -> None:
    """Notice letters for all who are due one: numbered, as one PDF to print or a ZIP of single ones."""
    if out.suffix.lower() not in (".pdf", ".zip"):
        raise CommandError(f"--out {out}: write a .pdf to print, or a .zip of single letters")
    if not out.parent.is_dir():
        raise CommandError(f"--out {out}: there is no folder {out.parent}")
    if not dry_run and not approved_by:
        raise CommandError(
            "--approved-by is missing: a manager has to agree to the batch; look at it with --dry-run first"
        )

    async def work(desk: Desk) -> tuple[Batch, int]:
        from bot.batch import choose, manager, number_all, write_pdf, write_zip
        from bot.content import load_office

        office = load_office(desk.settings, enabled_channels(desk.settings))
        batch = await choose(desk, office, community.strip(), days_overdue)
        if dry_run or not batch.ready:
            return batch, 0
        approver, at = await manager(desk, approved_by), int(desk.now.timestamp())
        with progress("letters numbered", len(batch.ready)) as advance:
            made = await number_all(desk, office, batch, approver, advance)
        if out.suffix.lower() == ".pdf":
            write_pdf(office, made, out, at)
        else:
            with progress("letters printed", len(made)) as advance:
                write_zip(office, made, out, at, advance)
        return batch, len(made)

    batch, made = at_desk(context, work)
    for reason, number in sorted(batch.none.items()):
        typer.echo(f"no letter: {number} households ({reason})", err=True)
    total = sum(prepared.total_fen for _, prepared in batch.ready)
    word = "would get a letter" if dry_run else f"letters in {out}"
    typer.echo(f"{made if made else len(batch.ready)} {word}, {total / 100:.2f} yuan together")


@contextmanager
def progress(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr where somebody watches."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(name, total=total)
        yield lambda done: bar.advance(task, done)


@app.command()
def poster(
    context: typer.Context,
    community: Annotated[str, typer.Option(help="Whose notice board it is for.")],
    out: Out,
) -> None:
    """A poster for the notice board: totals where they hide everybody, how to pay, a code to chat with us."""
    if out.suffix.lower() not in (".pdf", ".png"):
        raise CommandError(f"--out {out}: write a .pdf or a .png")

    async def work(desk: Desk) -> None:
        from bot.content import load_office
        from bot.letters import MissingLetters
        from bot.poster import write_poster
        from models.runtime import bot_names

        async with desk.database.read() as session:
            names = await bot_names(session)
        office = load_office(desk.settings, enabled_channels(desk.settings), names)
        try:
            await write_poster(desk, office, community.strip(), out)
        except MissingLetters as missing:
            raise CommandError(str(missing)) from None

    at_desk(context, work)
    typer.echo(f"{out}: the poster of {community}")


@documents.command("add")
def add(
    context: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE", help="The account's code.")],
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(KINDS)}.")] = "contract",
    title: Annotated[str, typer.Option(help="What it is called; the file's name when left out.")] = "",
    date: Annotated[str, typer.Option(help="The day on it (ISO); today when left out.")] = "",
) -> None:
    """Keep a copy of a paper with its household. The same file twice is kept once."""
    if kind not in KINDS:
        raise CommandError(f"--kind {kind}: one of {', '.join(KINDS)}")

    async def work(desk: Desk) -> bool:
        from bot.documents import keep_document

        return await keep_document(desk, code.strip(), file, kind, title.strip() or file.stem, date)

    new = at_desk(context, work)
    typer.echo(f"{code}: {file.name} is kept" if new else f"{code}: {file.name} was kept before")


@documents.command("list")
def listing(context: typer.Context, code: Annotated[str, typer.Argument(metavar="CODE")]) -> None:
    """The documents of one household."""

    async def work(desk: Desk) -> list[str]:
        from models.accounts import by_code
        from models.documents import documents_of
        from models.staff import audit

        async with desk.database.write() as session:
            account = await by_code(session, code.strip())
            if account is None:
                raise CommandError(f"there is no account {code!r}")
            await audit(session, desk.actor, "documents.read", f"account/{account.id}", desk.now)
            found = await documents_of(session, account.id)
            return [f"{each.dated_on} {each.kind} {each.title} ({each.size_bytes:,} bytes)" for each in found]

    for line in at_desk(context, work):
        typer.echo(line)
