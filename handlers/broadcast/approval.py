"""A second person's yes: for many, or for people whom the author doesn't look after. Never the author's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain import keys
from domain.broadcasts import APPROVAL_LIFE, Stage
from domain.errors import Refusal
from domain.messages import Address, Answer, Audience, Kind, OutgoingMessage
from domain.roles import Right, Role, may
from handlers.broadcast.drafts import find, over, press, refuse_stale
from handlers.broadcast.review import facts
from handlers.broadcast.steering import begin, end
from handlers.notes import at_desk
from handlers.scopes import looks_after, officer
from handlers.turn import Turn
from models.dialogue import staff_groups
from models.runtime import Broadcast
from models.staff import Staff, audit, open_task, staff_for


async def ask(turn: Turn, broadcast: Broadcast) -> Answer:
    """The whole preview on a card to everyone who may agree."""
    desks = await _desks(turn, broadcast)
    if not desks:
        raise Refusal("broadcast.no_approver")
    broadcast.state, broadcast.changed_at = Stage.WAITING, turn.now
    number, desk = str(broadcast.id), at_desk(turn)
    assert turn.staff is not None
    fields, _ = await facts(desk, broadcast, named=True)
    args = {"broadcast": number, "rev": str(broadcast.revision)}
    row = [desk.button(each, f"broadcast.{each}", reusable=True, **args) for each in ("approve", "decline")]
    card = desk.say("broadcast.please_approve", row, kind=Kind.STAFF_CARD, fields={**fields, "author": turn.staff.name})
    card = replace(card, audience=Audience.STAFF)
    await open_task(
        turn.session,
        key=keys.task("broadcast", f"{number}/{broadcast.revision}"),
        kind="broadcast",
        account=None,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + APPROVAL_LIFE,
        source=f"broadcast/{number}",
        community_id=broadcast.community_id,
    )
    detail = {"total": broadcast.total}
    await audit(turn.session, turn.actor, "broadcast.asked", f"broadcast/{number}", turn.now, detail)
    buttons = [press(turn, "edit", broadcast), press(turn, "drop", broadcast)]
    waiting = turn.say("broadcast.waiting", buttons, hours=str(int(APPROVAL_LIFE.total_seconds()) // 3600))
    cards = [replace(card, to=to) for to in desks if to != turn.here]
    return Answer((waiting, *cards))


async def _desks(turn: Turn, broadcast: Broadcast) -> Sequence[Address]:
    """Who may agree, each in their private chat; and the desk's groups, where one of them sits. Empty: nobody may."""
    approvers = [
        member
        for member in await staff_for(turn.session, None)
        if member.id != broadcast.author_id
        and may(Role(member.role), Right.APPROVE)
        and looks_after(member, broadcast.community_id)
        and member.channel in turn.office.channels
    ]
    if not approvers:
        return ()
    desks = [Address(member.channel, member.chat) for member in approvers]
    if broadcast.community_id is not None:
        groups = await staff_groups(turn.session, broadcast.community_id)
        desks += [Address(group.channel, group.chat) for group in groups if group.community_id is not None]
    return tuple(dict.fromkeys(desks))


async def approve(turn: Turn) -> Answer:
    """A manager other than the author."""
    broadcast = await _asked(turn)
    member = officer(turn, Right.APPROVE)
    if broadcast.author_id == member.id:
        raise Refusal("broadcast.not_your_own")
    broadcast.approver_id = member.id
    await audit(turn.session, turn.actor, "broadcast.approved", f"broadcast/{broadcast.id}", turn.now)
    started = await begin(turn, broadcast)
    author = await turn.session.get_one(Staff, broadcast.author_id)
    told = turn.say("broadcast.was_approved", fields={"name": member.name})
    answer = Answer((turn.say("broadcast.approved", edit=True, name=author.name),))
    answer = answer.also(_to_author(turn, broadcast, told))
    if broadcast.state == Stage.SCHEDULED:  # of one that runs already the job shows how far it is
        answer = answer.also(_to_author(turn, broadcast, replace(started.messages[0], edit=False)))
    return answer


async def decline(turn: Turn) -> Answer:
    broadcast = await _asked(turn)
    member = officer(turn, Right.APPROVE)
    broadcast.approver_id = member.id
    await end(turn, broadcast, "declined")
    author = await turn.session.get_one(Staff, broadcast.author_id)
    told = turn.say("broadcast.was_declined", fields={"name": member.name})
    answer = Answer((turn.say("broadcast.declined", edit=True, name=author.name),))
    return answer.also(_to_author(turn, broadcast, told))


def _to_author(turn: Turn, broadcast: Broadcast, message: OutgoingMessage) -> OutgoingMessage:
    there = Address(broadcast.channel, broadcast.chat)
    return replace(message, to=there, kind=Kind.STAFF_CARD, audience=Audience.STAFF)


async def _asked(turn: Turn) -> Broadcast:
    """The request, unless it is over or decided: then who decided it, in one clear answer."""
    member = officer(turn, Right.APPROVE)
    broadcast = await find(turn, turn.args["broadcast"])
    if broadcast is None or not looks_after(member, broadcast.community_id):
        raise Refusal("desk.no_task")
    if broadcast.approver_id is not None:
        decider = await turn.session.get_one(Staff, broadcast.approver_id)
        raise Refusal(
            "broadcast.decided", {"name": decider.name, "state": turn.words(f"broadcast.stage_{broadcast.state}")}
        )
    if over(turn, broadcast):
        raise Refusal("broadcast.expired_waiting")
    refuse_stale(turn, broadcast, Stage.WAITING)
    return broadcast
