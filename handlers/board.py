"""How things stand, on one screen; and the policy in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from domain.errors import Refusal
from domain.ladder import Wait, decide
from domain.messages import Answer
from domain.money import yuan
from domain.policy import Policy, Stage
from domain.roles import Right
from domain.wording import day_words
from handlers.desk import span_words
from handlers.scopes import officer
from handlers.turn import Turn
from models.accounts import Community, account_ids_of
from models.standing import households
from models.status import Board, Slice, board

SLICES_SHOWN = 8
PREVIEW_MAX = 1500  # households that are decided while the chat waits; more are the command line's business
PREVIEW_SAMPLES = 3
MYRIAD_FEN = 10_000 * 100


async def status(turn: Turn) -> Answer:
    """The board of the member's communities. In a staff group it holds totals only, like everywhere."""
    member = officer(turn, Right.READ)
    figures = await board(turn.session, turn.now, turn.office.zone, community_id=member.community_id)
    community = await turn.session.get(Community, member.community_id) if member.community_id else None
    fields = _fields(turn, figures) | {"where": community.name if community else turn.office.name}
    row = [turn.button(f"board_{each}", f"board.{each}", reusable=True) for each in ("status", "buildings")]
    pressed = bool(turn.message.choice)
    return Answer((turn.say("board.status", row, edit=pressed, fields=fields),))


def _fields(turn: Turn, figures: Board) -> dict[str, str]:
    ageing = ", ".join(
        turn.words("board.age", days=str(days), open=short_yuan(fen)) for days, fen in figures.ageing.items() if fen
    )
    channels = ", ".join(
        turn.words("board.channel_ok" if each.ok else "board.channel_red", channel=name)
        for name, each in figures.channels.items()
    )
    wait = span_words(turn, figures.longest_wait) if figures.longest_wait else turn.words("board.nobody")
    return {
        "due": short_yuan(figures.due_fen),
        "received": short_yuan(figures.received_fen),
        "open": short_yuan(figures.open_fen),
        "rate": percent(figures.rate),
        "before": percent(figures.rate_a_month_ago),
        "ageing": ageing or "—",
        "sent": str(figures.sent_today),
        "failed": str(figures.failed_today),
        "unknown": str(figures.unknown),
        "waiting": str(figures.waiting_for_staff),
        "promises": str(figures.promises_today),
        "late": str(figures.plans_late),
        "people": str(figures.people_waiting),
        "wait": wait,
        "offers": str(figures.offers_open),
        "channels": channels or "—",
        "paused": turn.words("board.paused" if figures.paused else "board.running"),
    }


async def buildings(turn: Turn) -> Answer:
    """The same by building or class, the lowest rate first."""
    member = officer(turn, Right.READ)
    figures = await board(turn.session, turn.now, turn.office.zone, community_id=member.community_id)
    lowest = sorted(figures.buildings, key=lambda each: (each.rate, -each.open_fen))
    lines = "\n".join(_slice(turn, each) for each in lowest[:SLICES_SHOWN]) or "—"
    row = [turn.button("board_back", "board.status", reusable=True)]
    return Answer((turn.say("board.buildings", row, edit=True, lines=lines),))


def _slice(turn: Turn, part: Slice) -> str:
    return turn.words("board.slice", name=part.name, rate=percent(part.rate), open=short_yuan(part.open_fen))


def percent(rate: float) -> str:
    return f"{rate * 100:.1f}%"


def short_yuan(fen: int) -> str:
    """`48600000` → `48.6万`; smaller sums to the fen."""
    return f"{fen / MYRIAD_FEN:.1f}万" if abs(fen) >= 10 * MYRIAD_FEN else yuan(fen)


async def policy(turn: Turn) -> Answer:
    """Each policy's stages in words. They are edited in their files, never in a chat."""
    officer(turn, Right.POLICY)
    return Answer(tuple(turn.say("board.policy", fields=_policy(turn, each)) for each in turn.office.policies.values()))


def _policy(turn: Turn, policy: Policy) -> Mapping[str, str]:
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
    return turn.words("board.stage", moment=moment, action=turn.words(f"action.{stage.action}"), name=stage.name)


async def preview(turn: Turn) -> Answer:
    """`/preview [date]`: how many would be reminded, handed to staff or left in peace, and why, with three samples."""
    member = officer(turn, Right.PREVIEW)
    try:
        on = date.fromisoformat(turn.argument) if turn.argument else turn.today
    except ValueError:
        raise Refusal("board.preview_usage") from None
    ids = await account_ids_of(turn.session, member.community_id)
    if len(ids) > PREVIEW_MAX:
        raise Refusal("board.preview_large", {"number": str(len(ids)), "most": str(PREVIEW_MAX)})
    counts: Counter[str] = Counter()
    samples: list[str] = []
    async for household in households(turn.session, turn.office, on, turn.now, only=ids):
        decision = decide(turn.office.policy(household.kind), household.standing, on)
        reason = decision.reason if isinstance(decision, Wait) else None
        counts[turn.words(f"why.{reason}") if reason else turn.words(f"board.{type(decision).__name__.lower()}")] += 1
        if decision.stage is not None and reason is None and len(samples) < PREVIEW_SAMPLES:
            samples.append(
                f"· {household.standing.code} {turn.words(f'action.{decision.stage.action}')} ({decision.stage.name})"
            )
    lines = "\n".join(f"{name} {number}" for name, number in counts.most_common())
    fields = {"day": day_words(on, turn.language), "lines": lines or "—", "samples": "\n".join(samples) or "—"}
    return Answer((turn.say("board.preview", fields=fields),))
