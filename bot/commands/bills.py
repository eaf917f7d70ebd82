"""`bill` and `payment`: issue, list, correct."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.context import CommandError, Desk, at_desk, settings_of
from bot.phrases import say
from domain.errors import Refusal
from domain.money import yuan

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


SHOWN_ACCOUNTS = 5

app = typer.Typer()
bills = typer.Typer(help="Issue bills and correct them.")
payments = typer.Typer(help="List and correct payments.")
app.add_typer(bills, name="bill")
app.add_typer(payments, name="payment")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and count; store nothing.")]
Why = Annotated[str, typer.Option(help="The reason, kept in the ledger.")]


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
        say(context, f"{code} {bill.item} {bill.period}: {bill.basis} = {yuan(bill.amount_fen)}, due {bill.due_on}")
    if dry_run and len(billed.metered) > SHOWN_ACCOUNTS:
        say(context, f"and {len(billed.metered) - SHOWN_ACCOUNTS} more by meter")
    for fault, codes in sorted(billed.faults.items()):
        more = f" and {len(codes) - SHOWN_ACCOUNTS} more" if len(codes) > SHOWN_ACCOUNTS else ""
        say(context, f"not billed: {fault} ({', '.join(codes[:SHOWN_ACCOUNTS])}{more})", err=True)
    for item, new in billed.by_item.items():
        late = sum(bill.due_on < billed.today for bill in new)
        say(
            context,
            f"{item}: {len(new)} ({yuan(sum(bill.amount_fen for bill in new))} yuan)"
            + (f", {late} due before today" if late else ""),
        )
    word = "to issue" if dry_run else "issued"
    unused = f", {billed.unused} used nothing" if billed.unused else ""
    say(
        context,
        f"{asked}: {billed.issued} {word} ({yuan(billed.amount_fen)} yuan), {billed.already_there} already there{unused}",
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
        say(context, f"{row['id']} {row['item']} {row['period']} due {row['due_on']} {sums}")
    say(context, f"{code.strip()}: {yuan(sum(int(str(row['open_fen'])) for row in rows))} yuan open")


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

    say(context, "\n".join(at_desk(context, work)) or f"no payment of {account} is known")


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
        say(context, at_desk(context, main))
    except Refusal as no:
        from bot.content import load_wording

        language = settings_of(context).organisation.language
        raise CommandError(load_wording().text(no.template, language, no.fields)) from None
