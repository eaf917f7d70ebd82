"""Messages that are in doubt or failed: each with its reason and what to do about it."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.errors import Refusal
from domain.messages import Answer, OutgoingMessage
from domain.roles import Right
from handlers.labels import label
from handlers.scopes import looks_after, officer
from handlers.turn import Turn
from models.accounts import Account
from models.outbox import Outbox, failed_rows, resolve_unknown, unknown_rows
from models.staff import audit

UNKNOWN_SHOWN = 5
FAILED_SHOWN = 8
FAILED_FOR = timedelta(days=7)
TEXT_SHOWN = 200
# Why a message failed, by the reason kept beside it: each has its words and its cure under `failed.*`.
CAUSES = {name: name for name in ("unreachable", "rejected", "attempts", "quarantine", "not_confirmed", "quota_gone")}


async def unknown(turn: Turn) -> Answer:
    """The oldest of them, each with one tap to settle it."""
    member = officer(turn, Right.TASKS)
    rows = await unknown_rows(turn.session, member.community_id, limit=UNKNOWN_SHOWN)
    if not rows:
        return Answer((turn.say("desk.no_unknown"),))
    return Answer(tuple([await _one_unknown(turn, row) for row in rows]))


async def _one_unknown(turn: Turn, row: Outbox) -> OutgoingMessage:
    account = await turn.session.get(Account, row.account_id) if row.account_id else None
    local = (row.lease_until or row.created_at).astimezone(turn.office.zone)
    fields = {
        "code": account.code if account else "—",
        "channel": label(turn, "channel_name", row.channel),
        "at": local.strftime("%m-%d %H:%M"),
        "text": row.text[:TEXT_SHOWN],
    }
    buttons = [
        turn.button("unknown_arrived", "unknown.arrived", row=str(row.id)),
        turn.button("unknown_again", "unknown.again", row=str(row.id)),
    ]
    return turn.say("desk.unknown_row", buttons, fields=fields)


async def arrived(turn: Turn) -> Answer:
    return await _resolved(turn, arrived=True)


async def again(turn: Turn) -> Answer:
    return await _resolved(turn, arrived=False)


async def _resolved(turn: Turn, *, arrived: bool) -> Answer:
    member = officer(turn, Right.TASKS)
    row = await turn.session.get(Outbox, int(turn.args["row"]))
    account = await turn.session.get(Account, row.account_id) if row is not None and row.account_id else None
    if row is None or not looks_after(member, account.community_id if account else None):
        raise Refusal("desk.no_task")
    if not await resolve_unknown(turn.session, row.id, arrived=arrived, by=turn.actor, at=turn.now):
        raise Refusal("card.decided")
    action = "arrived" if arrived else "again"
    await audit(turn.session, turn.actor, f"unknown.{action}", f"outbox/{row.id}", turn.now)
    return Answer((turn.say(f"desk.unknown_{action}", edit=True, code=account.code if account else "—"),))


# messages that failed


async def failed(turn: Turn) -> Answer:
    """What did not arrive in the last week, newest first: why, and the cure."""
    member = officer(turn, Right.READ)
    skip = max(0, int(turn.args.get("skip", "0")))
    since = turn.now - FAILED_FOR
    found = await failed_rows(turn.session, member.community_id, since, limit=FAILED_SHOWN + 1, skip=skip)
    row = [turn.button("board_back", "board.status", reusable=True)]
    if len(found) > FAILED_SHOWN:
        row.insert(0, turn.button("desk_more", "failures.list", reusable=True, skip=str(skip + FAILED_SHOWN)))
    if not found:
        return Answer((turn.say("failed.none", row, edit=turn.message.choice is not None),))
    lines = [_failed_line(turn, failure, code) for failure, code in found[:FAILED_SHOWN]]
    causes = dict.fromkeys(CAUSES.get(failure.reason, "other") for failure, _ in found[:FAILED_SHOWN])
    cures = "\n".join(turn.words(f"failed.cure_{cause}") for cause in causes)
    return Answer(
        (turn.say("failed.list", row, edit=turn.message.choice is not None, lines="\n".join(lines), cures=cures),)
    )


def _failed_line(turn: Turn, row: Outbox, code: str) -> str:
    fields = {
        "code": code or "—",
        "at": _local(turn, row.lease_until or row.created_at),
        "channel": label(turn, "channel_name", row.channel),
        "kind": label(turn, "message_kind", row.kind),
        "why": turn.words(f"failed.why_{CAUSES.get(row.reason, 'other')}"),
    }
    return turn.words("failed.line", **fields)


def _local(turn: Turn, at: datetime) -> str:
    return f"{at.astimezone(turn.office.zone):%m-%d %H:%M}"
