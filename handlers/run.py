"""`/run`: draft a day's run, see what it would do and what changed since, let it go or drop it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.clock import at_local
from domain.errors import Refusal
from domain.messages import Answer, Choice, OutgoingMessage
from domain.roles import RIGHTS, Right
from domain.runs import Approval, Changes, Planned, RunState, compare, is_over
from domain.wording import day_words
from handlers.labels import label, why_words
from handlers.preview import PREVIEW_MAX
from handlers.scopes import officer
from handlers.turn import Turn
from models.accounts import account_ids_of
from models.reminders import Run
from models.runs import codes_of, decide_run, draft_run, rows_of
from models.staff import Staff, audit, close_task
from models.verdicts import decide_all, planned

SHOWN = 10  # households of each sort that a chat shows


async def draft(turn: Turn) -> Answer:
    """Write today's draft; nothing goes out by it."""
    member = _for_all(turn)
    if len(await account_ids_of(turn.session, None)) > PREVIEW_MAX:
        raise Refusal("run.large", {"most": str(PREVIEW_MAX)})
    plans = await _plans(turn, turn.today)
    closes = at_local(turn.today, turn.office.policy(turn.office.kind).window_until, turn.office.zone)
    if is_over(closes, turn.now):
        raise Refusal("run.late", {"closes": f"{closes.astimezone(turn.office.zone):%H:%M}"})
    run = await draft_run(turn.session, turn.today, plans, f"staff/{member.id}", turn.now, closes)
    await audit(turn.session, turn.actor, "run.drafted", f"run/{run.id}", turn.now, {"remind": run.remind})
    return Answer((_overview(turn, run),))


async def changes(turn: Turn) -> Answer:
    """What is different from the draft by now, household by household, with the reason."""
    _for_all(turn)
    run = await _draft_of(turn)
    found = compare(await rows_of(turn.session, run.id), await _plans(turn, run.on_date))
    shown = await _lines(turn, found)
    row = [_button(turn, "run_again", "run.draft"), _button(turn, "approve", "run.approve", run)]
    fields = {"day": day_words(run.on_date, turn.language), "lines": "\n".join(shown) or turn.words("run.no_changes")}
    return Answer((turn.say("run.changes", row, fields=fields),))


async def approve(turn: Turn, run: Run) -> Answer:
    """Let a draft go: what it holds, and nothing that came since."""
    member = _for_all(turn)
    if run.state != RunState.DRAFT:
        raise Refusal("card.decided")
    if is_over(run.expires_at, turn.now):
        raise Refusal("run.expired", {"day": day_words(run.on_date, turn.language)})
    own = run.drafted_by == f"staff/{member.id}"
    if own and any(turn.office.policy(kind).approval is Approval.SECOND for kind in turn.office.policies):
        raise Refusal("run.second", {"who": _who(turn)})
    if not await decide_run(turn.session, run.id, RunState.APPROVED, turn.actor, turn.now):
        raise Refusal("card.decided")
    await close_task(turn.session, f"run/{run.id}", turn.now, staff_id=member.id, outcome="approved")
    await audit(turn.session, turn.actor, "run.approved", f"run/{run.id}", turn.now, {"remind": run.remind})
    fields = {"remind": str(run.remind), "staff": str(run.staff)}
    return Answer((turn.say("control.run_approved", edit=True, fields=fields),))


async def cancel(turn: Turn) -> Answer:
    member = _for_all(turn)
    run = await _draft_of(turn)
    if not await decide_run(turn.session, run.id, RunState.CANCELLED, turn.actor, turn.now):
        raise Refusal("card.decided")
    await close_task(turn.session, f"run/{run.id}", turn.now, staff_id=member.id, outcome="cancelled")
    await audit(turn.session, turn.actor, "run.cancelled", f"run/{run.id}", turn.now)
    return Answer((turn.say("run.cancelled", edit=True, day=day_words(run.on_date, turn.language)),))


def _for_all(turn: Turn) -> Staff:
    """A run is of the whole office: who looks after one community only is told who may."""
    try:
        member = officer(turn, Right.APPROVE)
    except Refusal as refused:
        if refused.template != "staff.not_allowed":
            raise
        raise Refusal("run.not_yours", {"who": _who(turn)}) from None
    if member.community_id is not None:
        raise Refusal("run.not_yours", {"who": _who(turn)})
    return member


def _who(turn: Turn) -> str:
    roles = [role for role, rights in RIGHTS.items() if Right.APPROVE in rights]
    return turn.words("list.comma").join(turn.words(f"role.{role}") for role in roles)


async def _draft_of(turn: Turn) -> Run:
    run = await turn.session.get(Run, int(turn.args["run"]), with_for_update=True)
    if run is None or run.state != RunState.DRAFT:
        raise Refusal("card.decided")
    if is_over(run.expires_at, turn.now):
        raise Refusal("run.expired", {"day": day_words(run.on_date, turn.language)})
    return run


async def _plans(turn: Turn, on: date) -> dict[int, Planned]:
    return planned(await decide_all(turn.session, turn.office, on, turn.now))


def _overview(turn: Turn, run: Run) -> OutgoingMessage:
    row = [
        _button(turn, "approve", "run.approve", run),
        _button(turn, "run_changes", "run.changes", run),
        _button(turn, "run_cancel", "run.cancel", run),
    ]
    look = [turn.button("run_look", "board.preview", reusable=True, date=run.on_date.isoformat())]
    assert run.expires_at is not None
    fields = {
        "day": day_words(run.on_date, turn.language),
        "remind": str(run.remind),
        "staff": str(run.staff),
        "until": f"{run.expires_at.astimezone(turn.office.zone):%H:%M}",
    }
    return turn.say("run.draft", row, look, fields=fields)


def _button(turn: Turn, name: str, action: str, run: Run | None = None) -> Choice:
    args = {"run": str(run.id)} if run is not None else {}
    return Choice(turn.words(f"button.{name}"), action, args, reusable=True)


async def _lines(turn: Turn, found: Changes) -> list[str]:
    codes = await codes_of(turn.session, [*found.new, *found.gone, *found.changed])
    new = [turn.words("run.new", code=codes[a], what=_what(turn, plan)) for a, plan in found.new.items()]
    gone = [turn.words("run.gone", code=codes[a], why=why_words(turn, plan.reason)) for a, plan in found.gone.items()]
    moved = [
        turn.words("run.moved", code=codes[a], was=_what(turn, was), now=_what(turn, now))
        for a, (was, now) in found.changed.items()
    ]
    return [line for some in (new, gone, moved) for line in _some(turn, some)]


def _some(turn: Turn, lines: Sequence[str]) -> Sequence[str]:
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], *([turn.words("run.more", number=str(more))] if more > 0 else [])]


def _what(turn: Turn, plan: Planned) -> str:
    return label(turn, "stage_name", plan.stage)
