"""The commands on data: import, bill, payment, db, export."""

from __future__ import annotations

import asyncio
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.context import CommandError, Desk, at_desk, database_of, settings_of
from domain.errors import Refusal
from domain.money import yuan

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from bot.importing.outcome import Outcome

SHOWN_REFUSALS = 5  # on the screen; the file has them all
SHOWN_ACCOUNTS = 5

app = typer.Typer()
imports = typer.Typer(help="Bring an office file in: csv (UTF-8, GB18030), xlsx, xls, ods.")
bills = typer.Typer(help="Issue bills and correct them.")
payments = typer.Typer(help="Correct payments.")
databases = typer.Typer(help="Migrate, check, back up and restore the database.")
exports = typer.Typer(help="Give data out.")
for _name, _group in (
    ("import", imports),
    ("bill", bills),
    ("payment", payments),
    ("db", databases),
    ("export", exports),
):
    app.add_typer(_group, name=_name)

File = Annotated[Path, typer.Argument(metavar="FILE")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and count; store nothing.")]
Why = Annotated[str, typer.Option(help="The reason, kept in the ledger.")]


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
    """Fee rules: community, item, formula, rate_yuan (for one cycle), cycle, due_day, from."""
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
    from bot.importing.refused import give_back, in_language, reason_words, row_words
    from bot.importing.storing import refuse_strangers, store
    from bot.terminal import Terminal

    words = load_wording()
    try:
        found = understand_file(file, kind)
    except CommandError as wrong:
        raise CommandError(in_language(str(wrong), language)) from None
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
        typer.echo(in_language(note, language), err=True)
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


@bills.command("generate")
def generate(
    context: typer.Context,
    period: Annotated[str, typer.Option(help="2026-12 (with the quarter or year it opens), 2026-Q4 or 2026.")],
    community: Annotated[str, typer.Option(help="Only this community.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Issue the bills of a period from the fee rules. Running it again issues nothing twice.

    What goes by meter is billed once it is over: a month bills the quarter or year that it closes.
    """
    from domain.billing import read_period

    try:
        asked = read_period(period)
    except ValueError as wrong:
        raise CommandError(f"--period {wrong}") from None

    from bot.billing import Billed, bill_period

    async def work(desk: Desk) -> Billed:
        return await bill_period(desk, asked, community, dry_run=dry_run)

    billed = at_desk(context, work)
    for code, bill in billed.metered[:SHOWN_ACCOUNTS] if dry_run else ():
        typer.echo(f"{code} {bill.item} {bill.period}: {bill.basis} = {yuan(bill.amount_fen)}, due {bill.due_on}")
    if dry_run and len(billed.metered) > SHOWN_ACCOUNTS:
        typer.echo(f"and {len(billed.metered) - SHOWN_ACCOUNTS} more by meter")
    for fault, codes in sorted(billed.faults.items()):
        more = f" and {len(codes) - SHOWN_ACCOUNTS} more" if len(codes) > SHOWN_ACCOUNTS else ""
        typer.echo(f"not billed: {fault} ({', '.join(codes[:SHOWN_ACCOUNTS])}{more})", err=True)
    for item, new in billed.by_item.items():
        late = sum(bill.due_on < billed.today for bill in new)
        typer.echo(
            f"{item}: {len(new)} ({yuan(sum(bill.amount_fen for bill in new))} yuan)"
            + (f", {late} due before today" if late else "")
        )
    word = "to issue" if dry_run else "issued"
    unused = f", {billed.unused} used nothing" if billed.unused else ""
    typer.echo(
        f"{asked}: {billed.issued} {word} ({yuan(billed.amount_fen)} yuan), {billed.already_there} already there{unused}"
    )
    if billed.faults:
        raise typer.Exit(1)


@bills.command("list")
def list_bills(
    context: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE", help="The account's code.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """The bills of one household with their numbers, which the corrections ask for; the last line is what is open."""
    import json

    async def work(desk: Desk) -> list[dict[str, object]]:
        from models.accounts import by_code
        from models.bills import bill_lines
        from models.staff import audit

        async with desk.database.write() as session:
            account = await by_code(session, code.strip())
            if account is None:
                raise CommandError(f"there is no account {code!r}")
            await audit(session, desk.actor, "account.read", f"account/{account.id}", desk.now)
            return [
                {
                    "id": line.bill.id,
                    "item": line.bill.item,
                    "period": line.bill.period,
                    "due_on": line.bill.due_on.isoformat(),
                    "billed_fen": line.billed_fen,
                    "received_fen": line.received_fen,
                    "open_fen": line.open_fen,
                }
                for line in await bill_lines(session, [account.id])
            ]

    rows = at_desk(context, work)
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        sums = " ".join(f"{name} {yuan(int(str(row[f'{name}_fen'])))}" for name in ("billed", "received", "open"))
        typer.echo(f"{row['id']} {row['item']} {row['period']} due {row['due_on']} {sums}")
    typer.echo(f"{code.strip()}: {yuan(sum(int(str(row['open_fen'])) for row in rows))} yuan open")


@bills.command("void")
def void(
    context: typer.Context, bill: Annotated[int, typer.Argument(metavar="ID")], why: Why = "voided by command"
) -> None:
    """Take a bill back by a reversal; what it had received becomes the household's credit."""

    async def work(session: AsyncSession, desk: Desk) -> str:
        from models.corrections import void_bill

        await void_bill(session, bill, why, desk.today, desk.now, actor=desk.actor)
        return f"bill {bill} is void"

    _correct(context, work)


@bills.command("adjust")
def adjust(
    context: typer.Context,
    bill: Annotated[int, typer.Argument(metavar="ID")],
    fen: Annotated[int, typer.Option(help="By how many fen: 500 raises, -500 lowers.")],
    why: Why,
) -> None:
    """Raise or lower what a bill asks for."""

    async def work(session: AsyncSession, desk: Desk) -> str:
        from models.corrections import adjust_bill

        new_fen = await adjust_bill(session, bill, fen, _reason(why), desk.today, desk.now, actor=desk.actor)
        return f"bill {bill} asks for {yuan(new_fen)} yuan now"

    _correct(context, work)


@bills.command("recalculate")
def recalculate(
    context: typer.Context,
    bill: Annotated[int, typer.Argument(metavar="[ID]")] = 0,
    why: Why = "the reading was corrected",
    dry_run: DryRun = False,
) -> None:
    """Work a metered bill out anew after a reading was corrected. Without ID: the bills that wait for it."""

    async def work(session: AsyncSession, desk: Desk) -> str:
        from models.readings import bills_leaning_on
        from models.recalculation import recalculate_bill, worked_out_anew
        from models.staff import close_task

        ids = [bill] if bill else sorted({each.bill.id for each in await bills_leaning_on(session)})
        if dry_run or not bill:
            shown = [(each, await worked_out_anew(session, each)) for each in ids]
            lines = [f"bill {each}: {yuan(anew.was_fen)} → {yuan(anew.now_fen)}, {anew.basis}" for each, anew in shown]
            return "\n".join(lines) or "no bill leans on a reading that was corrected"
        anew = await recalculate_bill(session, bill, _reason(why), desk.today, desk.now, actor=desk.actor)
        await close_task(session, f"reading/{bill}", desk.now, staff_id=None, outcome="solved")
        return f"bill {bill}: {yuan(anew.was_fen)} → {yuan(anew.now_fen)}, {anew.basis}"

    _correct(context, work)


@payments.command("list")
def list_payments(context: typer.Context, account: Annotated[str, typer.Argument(metavar="ACCOUNT")]) -> None:
    """The payments of a household with their numbers, the latest first; reversed ones too."""

    async def work(desk: Desk) -> list[str]:
        from models.bills import payments_of

        async with desk.database.read() as session:
            return [
                f"{each.id}  {each.paid_on}  {yuan(each.amount_fen)}  {each.method}  {each.reference}"
                + ("  reversed" if each.reversed_at is not None else "")
                for each in await payments_of(session, account)
            ]

    typer.echo("\n".join(at_desk(context, work)) or f"no payment of {account} is known")


@payments.command("reverse")
def reverse(context: typer.Context, payment: Annotated[int, typer.Argument(metavar="ID")], why: Why) -> None:
    """A payment that did not stand: its money is taken back, from the latest bills first where it was used."""

    async def work(session: AsyncSession, desk: Desk) -> str:
        from models.corrections import reverse_payment

        await reverse_payment(session, payment, _reason(why), desk.today, desk.now, actor=desk.actor)
        return f"payment {payment} is reversed"

    _correct(context, work)


def _reason(why: str) -> str:
    if not why.strip():
        raise CommandError("--why is empty: give the reason, it is kept in the ledger")
    return why.strip()


def _correct(context: typer.Context, work: Callable[[AsyncSession, Desk], Awaitable[str]]) -> None:
    """Run one correction in one transaction and say what it did, or why a rule said no."""

    async def main(desk: Desk) -> str:
        async with desk.database.write() as session:
            return await work(session, desk)

    try:
        typer.echo(at_desk(context, main))
    except Refusal as no:
        from bot.content import load_wording

        raise CommandError(load_wording().text(no.template, "en", no.fields)) from None


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
