"""The question that the bot has asked in a chat, for routes that would otherwise win over its answer."""

from __future__ import annotations

from handlers.turn import Turn
from models.dialogue import dialogue_of, live_takeover

# Steps in which a member of staff writes to somebody else: "stop" or "a person" are not their own wishes then.
STAFF_STEPS = frozenset(
    "person.staff plan.reason dispute.decision complaint.reply claim.amount bind.code account.words account.code "
    "desk.drop desk.note desk.later note.words followup.date followup.words broadcast.text broadcast.codes broadcast.days "
    "broadcast.moment broadcast.expiry "
    "calls.day calls.moment calls.words calls.note visits.day visits.words visits.note "
    "cases.words cases.title cases.steps practice.words".split()
)


async def pending(turn: Turn) -> str:
    """The step that plain words belong to; empty for a button, a command, or when nothing was asked."""
    if turn.message.choice is not None or turn.text.startswith("/"):
        return ""
    state = await dialogue_of(turn.session, turn.message.channel, turn.message.chat, turn.message.sender)
    return state.step if state is not None and state.until >= turn.now else ""


async def writes_to_others(turn: Turn) -> bool:
    return turn.staff is not None and await pending(turn) in STAFF_STEPS


async def talks_with_staff(turn: Turn) -> bool:
    """Whether a member of staff has this chat: then plain words are for them. A button or a command is still ours."""
    if turn.message.choice is not None or turn.text.startswith("/"):
        return False
    taken = await live_takeover(turn.session, turn.message.channel, turn.message.chat)
    return taken is not None and taken.state == "live"
