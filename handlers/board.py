"""How things stand, on one screen; and the policy in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time

from domain.calendar import Move
from domain.clock import at_local
from domain.messages import Answer
from domain.money import yuan
from domain.policy import Stage
from domain.roles import Right
from domain.wording import tongue
from handlers import alarm, desk
from handlers.labels import label, span_words
from handlers.scopes import has, officer
from handlers.turn import Turn
from models.accounts import Community, kinds
from models.calls import CallFigures, CallResults, call_results
from models.queue import Counts, count_tasks
from models.staff import Staff, alarms
from models.status import Board, Slice, board

SLICES_SHOWN = 8
CALLERS_SHOWN = 20
MYRIAD_FEN = 10_000 * 100


async def status(turn: Turn) -> Answer:
    """The board of the member's communities, one glance: what asks for somebody is named, what is at rest is left out."""
    member = officer(turn, Right.READ)
    figures = await board(turn.session, turn.now, turn.office.zone, community_id=member.community_id)
    tasks = await count_tasks(turn.session, member, turn.now) if has(turn, Right.TASKS) else None
    community = await turn.session.get(Community, member.community_id) if member.community_id else None
    where = community.name if community else turn.office.name
    offered = ["status", "buildings"] + (["ages"] if any(figures.ageing.values()) else []) + ["calls"]
    rung = (await _calls(turn, member, turn.today)).all
    row = [turn.button(f"board_{each}", f"board.{each}", reusable=True) for each in offered]
    if has(turn, Right.APPROVE):
        row.append(turn.button("report_make", "report.make", reusable=True, period=f"{turn.today:%Y-%m}"))
    ask = []
    if figures.failed_today or figures.waiting_for_staff:
        ask.append(turn.button("board_failed", "failures.list", reusable=True))
    if tasks is not None and tasks.all:
        ask.append(turn.button("board_tasks", "desk.tasks", reusable=True))
    if has(turn, Right.TASKS) and figures.unknown:
        ask.append(turn.button("desk_unknown", "desk.unknown", reusable=True))
    if has(turn, Right.TASKS) and figures.people_waiting:
        ask.append(turn.button("waiting_queue", "waiting.queue", reusable=True))
    alarmed = alarm.first_line(turn, len(await alarms(turn.session, member.community_id)))
    fields = {"alarms": alarmed, "where": where, **_fields(turn, figures, tasks, rung)}
    pressed = turn.message.choice is not None
    return Answer((turn.say("board.status", row, ask, edit=pressed, fields=fields),))


def _fields(turn: Turn, figures: Board, tasks: Counts | None, called: CallFigures) -> dict[str, str]:
    comma = turn.words("list.comma")
    today = _named(turn, "sent", figures.sent_today) + _named(turn, "promises", figures.promises_today)
    if called.made:
        numbers = {"number": str(called.made), "reached": str(called.reached), "promised": str(called.promised)}
        today.append(turn.words("board.called", **numbers))
    wait = span_words(turn, figures.longest_wait) if figures.longest_wait else ""
    asks = [
        *([desk.count_words(turn, tasks)] if tasks is not None and tasks.all else []),
        *([turn.words("board.people", number=str(figures.people_waiting), wait=wait or "—")] if wait else []),
        *_named(turn, "failed", figures.failed_today),
        *_named(turn, "unknown", figures.unknown),
        *_named(turn, "waiting", figures.waiting_for_staff),
        *_named(turn, "plans_late", figures.plans_late),
        *(
            turn.words("board.channel_red", channel=label(turn, "channel_name", name))
            for name, each in figures.channels.items()
            if not each.ok
        ),
        *(
            turn.words("board.odd_code", channel=label(turn, "channel_name", name), codes=comma.join(each.errors))
            for name, each in figures.channels.items()
            if each.errors
        ),
    ]
    return {
        "due": short_yuan(turn, figures.due_fen),
        "received": short_yuan(turn, figures.received_fen),
        "open": short_yuan(turn, figures.open_fen),
        "rate": percent(figures.rate),
        "before": percent(figures.rate_a_month_ago),
        "today": comma.join(today) or turn.words("board.nothing_yet"),
        "asks": turn.words("board.asks", lines=comma.join(asks)) if asks else turn.words("board.all_well"),
        "paused": turn.words("board.paused" if figures.paused else "board.running"),
    }


def _named(turn: Turn, name: str, number: int) -> list[str]:
    return [turn.words(f"board.{name}", number=str(number))] if number else []


async def calls(turn: Turn) -> Answer:
    """The month's calls by community and colleague: made, reached, ended with a day, paid within a week."""
    member = officer(turn, Right.READ)
    found = await _calls(turn, member, turn.today.replace(day=1))
    where = found.communities if len(found.communities) > 1 else ()
    lines = [_call_line(turn, each, each.name) for each in (*where, *found.members)[:CALLERS_SHOWN]]
    whole = _call_line(turn, found.all, turn.words("board.calls_all"))
    row = [turn.button("board_back", "board.status", reusable=True)]
    if not found.all.made:
        return Answer((turn.say("board.no_calls", row, edit=True),))
    return Answer((turn.say("board.calls", row, edit=True, lines="\n".join([whole, *lines])),))


async def _calls(turn: Turn, member: Staff, first: date) -> CallResults:
    since = at_local(first, time(), turn.office.zone)
    return await call_results(turn.session, since, turn.now, turn.office.zone, member.community_id)


def _call_line(turn: Turn, figures: CallFigures, name: str) -> str:
    numbers = {each: str(getattr(figures, each)) for each in ("made", "reached", "promised", "paid")}
    return turn.words("board.call_line", name=name, **numbers)


async def ages(turn: Turn) -> Answer:
    """How old what is open is."""
    member = officer(turn, Right.READ)
    figures = await board(turn.session, turn.now, turn.office.zone, community_id=member.community_id)
    lines = [
        turn.words("board.age", days=str(days), open=short_yuan(turn, fen))
        for days, fen in figures.ageing.items()
        if fen
    ]
    row = [turn.button("board_back", "board.status", reusable=True)]
    return Answer((turn.say("board.ages", row, edit=True, lines="\n".join(lines) or "—"),))


async def buildings(turn: Turn) -> Answer:
    """The same by building or class, the lowest rate first."""
    member = officer(turn, Right.READ)
    figures = await board(turn.session, turn.now, turn.office.zone, community_id=member.community_id)
    lowest = sorted(figures.buildings, key=lambda each: (each.rate, -each.open_fen))
    lines = "\n".join(_slice(turn, each) for each in lowest[:SLICES_SHOWN]) or "—"
    row = [turn.button("board_back", "board.status", reusable=True)]
    return Answer((turn.say("board.buildings", row, edit=True, lines=lines),))


def _slice(turn: Turn, part: Slice) -> str:
    return turn.words("board.slice", name=part.name, rate=percent(part.rate), open=short_yuan(turn, part.open_fen))


def percent(rate: float) -> str:
    return f"{rate * 100:.1f}%"


def short_yuan(turn: Turn, fen: int) -> str:
    """`48600000` → `48.6万` or `486.0k`; smaller sums to the fen."""
    if abs(fen) < 10 * MYRIAD_FEN:
        return yuan(fen)
    if tongue(turn.language) == "en":
        return turn.words("board.large", number=f"{fen / 100_000:,.1f}")
    return turn.words("board.large", number=f"{fen / MYRIAD_FEN:,.1f}")


async def policy(turn: Turn) -> Answer:
    """The stages that hold for the member's communities, in words; the other kind's by a button.

    Policies are edited in their files, never in a chat.
    """
    member = officer(turn, Right.PREVIEW)
    if "kind" in turn.args:
        return Answer((turn.say("board.policy", fields=_policy(turn, turn.args["kind"])),))
    theirs = await kinds(turn.session, member.community_id) or {turn.office.kind}
    here = [turn.say("board.policy", fields=_policy(turn, kind)) for kind in turn.office.policies if kind in theirs]
    others = [
        turn.button(f"policy_{kind}", "board.policy", reusable=True, kind=kind)
        for kind in turn.office.policies
        if kind not in theirs
    ]
    return Answer((*here[:-1], replace(here[-1], choices=(tuple(others),) if others else ())))


def _policy(turn: Turn, kind: str) -> Mapping[str, str]:
    policy = turn.office.policy(kind)
    return {
        "kind": turn.words(f"fee.{policy.kind}"),
        "stages": "\n".join(_stage(turn, stage) for stage in policy.stages),
        "window": f"{policy.window_from:%H:%M}–{policy.window_until:%H:%M}",
        "caps": f"{policy.per_day} / {policy.per_week} / {policy.per_month}",
        "spacing": str(policy.spacing_days),
        "hash": policy.hash,
    }


def _stage(turn: Turn, stage: Stage) -> str:
    days = stage.days_after_due
    when = turn.words("board.before" if days < 0 else "board.after", days=str(abs(days)))
    moment = when if days else turn.words("board.on")
    name = label(turn, "stage_name", stage.name)
    if stage.move is not Move.STAYS:
        name += turn.words(f"board.move_{stage.move}")
    return turn.words("board.stage", moment=moment, action=turn.words(f"action.{stage.action}"), name=name)
