"""`runs`: draft a day's run, see what changed since, let it go or drop it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.context import CommandError, Desk, at_desk
from bot.phrases import say
from bot.settings import enabled_channels

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.office import Office
    from models.reminders import Run

app = typer.Typer()
runs = typer.Typer(help="A day's run: draft it, look at it, let it go.")
app.add_typer(runs, name="runs")
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@runs.command("draft")
def draft(context: typer.Context, as_json: Json = False) -> None:
    """Write today's draft. Nothing goes out until it is approved."""

    async def work(desk: Desk) -> dict[str, Any]:
        from domain.clock import at_local
        from domain.runs import is_over
        from models.runs import draft_run
        from models.staff import audit
        from models.verdicts import decide_all, planned

        office = _office(desk)
        closes = at_local(desk.today, office.policy(office.kind).window_until, office.zone)
        if is_over(closes, desk.now):
            raise CommandError(
                f"no reminders go out after {closes.astimezone(office.zone):%H:%M} today: draft tomorrow"
            )
        async with desk.database.read() as session:
            plans = planned(await decide_all(session, office, desk.today, desk.now))
        async with desk.database.write() as session:
            run = await draft_run(session, desk.today, plans, desk.actor, desk.now, closes)
            await audit(session, desk.actor, "run.drafted", f"run/{run.id}", desk.now, {"remind": run.remind})
        return {"run": run.id, "on": run.on_date.isoformat(), "remind": run.remind, "staff": run.staff}

    made = at_desk(context, work)
    shown = f"run {made['run']} for {made['on']}: {made['remind']} reminders, {made['staff']} tasks; `runs approve` lets it go"
    if as_json:
        typer.echo(json.dumps(made))
    else:
        say(context, shown)


@runs.command("changes")
def changes(context: typer.Context, as_json: Json = False) -> None:
    """What is different from the draft by now, and why."""

    async def work(desk: Desk) -> dict[str, list[dict[str, str]]]:
        from domain.runs import compare
        from models.runs import codes_of, rows_of
        from models.verdicts import decide_all, planned

        office = _office(desk)
        async with desk.database.read() as session:
            run = await _live(session, desk)
            now = planned(await decide_all(session, office, run.on_date, desk.now))
            found = compare(await rows_of(session, run.id), now)
            codes = await codes_of(session, [*found.new, *found.gone, *found.changed])
        return {
            "new": [{"account": codes[a], "stage": plan.stage} for a, plan in found.new.items()],
            "gone": [{"account": codes[a], "reason": plan.reason} for a, plan in found.gone.items()],
            "changed": [
                {"account": codes[a], "was": was.stage, "stage": plan.stage} for a, (was, plan) in found.changed.items()
            ],
        }

    found = at_desk(context, work)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for sort, rows in found.items():
        for row in rows:
            say(context, f"{sort:8}{row['account']}  {row.get('was', '')} {row.get('stage') or row.get('reason')}")
    if not any(found.values()):
        say(context, "nothing changed since the draft")


@runs.command("approve")
def approve(context: typer.Context) -> None:
    """Let the draft go: the next tick sends it."""
    say(context, _decide(context, "approved"))


@runs.command("cancel")
def cancel(context: typer.Context) -> None:
    """Drop the draft: nothing of it is sent."""
    say(context, _decide(context, "cancelled"))


def _decide(context: typer.Context, state: str) -> str:
    async def work(desk: Desk) -> str:
        from domain.runs import Approval, RunState
        from models.runs import decide_run
        from models.staff import audit, close_task

        office = _office(desk)
        async with desk.database.write() as session:
            run = await _live(session, desk)
            second = any(office.policy(kind).approval is Approval.SECOND for kind in office.policies)
            if state == RunState.APPROVED and second and run.drafted_by == desk.actor:
                raise CommandError(
                    f"run {run.id} was drafted by {desk.actor}: the policy asks for somebody else's approval"
                )
            if not await decide_run(session, run.id, RunState(state), desk.actor, desk.now):
                raise CommandError(f"run {run.id} was decided meanwhile: see `runs draft`")
            await close_task(session, f"run/{run.id}", desk.now, staff_id=None, outcome=state)
            await audit(session, desk.actor, f"run.{state}", f"run/{run.id}", desk.now)
            return f"run {run.id} for {run.on_date}: {state}"

    return at_desk(context, work)


def _office(desk: Desk) -> Office:
    from bot.content import load_office

    return load_office(desk.settings, enabled_channels(desk.settings), clock=desk.clock)


async def _live(session: AsyncSession, desk: Desk) -> Run:
    """The draft that can still be decided. Raises CommandError with the cure."""
    from domain.runs import RunState, is_over
    from models.runs import latest_run

    run = await latest_run(session)
    if run is None or run.state != RunState.DRAFT:
        raise CommandError("there is no draft: write one with `runs draft`")
    if is_over(run.expires_at, desk.now):
        raise CommandError(f"the draft for {run.on_date} has run out: write a new one with `runs draft`")
    return run
