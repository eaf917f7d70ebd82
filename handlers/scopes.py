"""Which part of the office a staff member looks after; what lies outside is refused as if it were not there."""

from __future__ import annotations

from domain.errors import Refusal
from domain.limits import Act
from domain.messages import Audience
from domain.money import yuan
from domain.roles import Right, Role, may
from domain.rooms import reads_like_room
from handlers.turn import Turn
from models.accounts import Account, accounts_called, by_code
from models.staff import Staff, StaffTask

HOMES_NAMED = 6


def officer(turn: Turn, right: Right) -> Staff:
    """The staff member who writes, with the right in question: asked again at every press and every step."""
    member = turn.staff
    if member is None or turn.message.audience is Audience.GROUP:
        raise Refusal("button.not_yours")
    if not may(Role(member.role), right):
        raise Refusal("staff.not_allowed", {"role": turn.words(f"role.{member.role}")})
    return member


def has(turn: Turn, right: Right) -> bool:
    return turn.staff is not None and may(Role(turn.staff.role), right)


def looks_after(member: Staff, community_id: int | None) -> bool:
    """Whether a community is theirs; what belongs to no community belongs to those who have them all."""
    return member.community_id is None or member.community_id == community_id


def within_limit(turn: Turn, act: Act, fen: int) -> None:
    """Raise Refusal where this sum is above what the member's role may decide: it names the roles that may."""
    role = Role(officer(turn, Right.TASKS).role)
    limits = turn.office.limits
    if limits.allows(role, act, fen):
        return
    may_it = limits.who_may(act, fen)
    who = turn.words("list.comma").join(turn.words(f"role.{each}") for each in may_it) or "—"
    fields = {"role": turn.words(f"role.{role}"), "limit": yuan(max(0, limits.fen(role, act))), "who": who}
    raise Refusal("staff.over_limit", {**fields, "act": turn.words(f"act.{act}"), "amount": yuan(fen)})


async def household_of(turn: Turn, code: str, right: Right) -> Account:
    """The household of a code, or of a room that only one of theirs has. An unknown code and somebody else's community are
    refused in the same words.
    """
    member, code = officer(turn, right), code.strip()
    account = await by_code(turn.session, code) or await _of_room(turn, member, code)
    if account is None or account.erased_at is not None or not looks_after(member, account.community_id):
        raise Refusal("account.not_yours", {"code": code[:40] or "—"})
    return account


async def _of_room(turn: Turn, member: Staff, room: str) -> Account | None:
    """Raises Refusal where several homes are meant: to act on the wrong one is worse than to ask."""
    if not reads_like_room(room):
        return None
    found = await accounts_called(turn.session, member.community_id, room, HOMES_NAMED + 1)
    if len(found) > 1:
        codes = turn.words("list.comma").join(each.code for each in found[:HOMES_NAMED])
        more = turn.words("account.and_more") if len(found) > HOMES_NAMED else ""
        raise Refusal("account.several_homes", {"room": room[:40], "codes": codes + more})
    return next(iter(found), None)


async def task_of(turn: Turn, task_id: str) -> StaffTask:
    member = officer(turn, Right.TASKS)
    task = await turn.session.get(StaffTask, int(task_id))
    if task is None or not looks_after(member, task.community_id):
        raise Refusal("desk.no_task")
    return task
