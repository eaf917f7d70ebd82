"""A stranger without a token asks to be bound; staff decide and name the account."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain import keys
from domain.errors import Refusal
from domain.messages import Address, Answer
from domain.roles import Member
from handlers import bill, bind
from handlers.notes import at_desk, decider, send, to_staff, toward
from handlers.scopes import looks_after
from handlers.turn import Turn
from models import people
from models.accounts import by_code
from models.people import BindingRequest, Contact
from models.staff import audit, close_task, open_task

ANSWER_WITHIN = timedelta(days=1)
TEXT_MAX = 200


async def ask(turn: Turn) -> Answer:
    """The button under the stranger's greeting."""
    if await people.open_request(turn.session, turn.message.channel, turn.message.sender) is not None:
        return Answer((turn.say("bind.request_waiting", hotline=turn.office.hotline),))
    return Answer((turn.say("bind.request_what"),), expect="bind.room")


async def room(turn: Turn) -> Answer | None:
    """Room and name, as the stranger typed them."""
    here = turn.message
    if not turn.text:
        return None
    if await people.open_request(turn.session, here.channel, here.sender) is not None:
        return Answer((turn.say("bind.request_waiting", hotline=turn.office.hotline),))
    request = BindingRequest(
        channel=here.channel,
        user=here.sender,
        chat=here.chat,
        name=here.sender_name[:80],
        text=turn.text[:TEXT_MAX],
        created_at=turn.now,
    )
    turn.session.add(request)
    await turn.session.flush()
    source, desk = f"request/{request.id}", at_desk(turn)
    row = [desk.button(name, f"bind.{name}", reusable=True, request=str(request.id)) for name in ("approve", "decline")]
    card = desk.say("card.request", row, name=request.name or here.sender, text=request.text)
    await open_task(
        turn.session,
        key=keys.task("binding", str(request.id)),
        kind="binding",
        account=None,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + ANSWER_WITHIN,
        source=source,
    )
    return Answer((turn.say("bind.request_sent", hotline=turn.office.hotline),)).also(*await to_staff(turn, card))


# what staff decide


async def _undecided(turn: Turn, request_id: str) -> BindingRequest:
    decider(turn)
    request = await turn.session.get(BindingRequest, int(request_id), with_for_update=True)
    if request is None or request.state != "open":
        raise Refusal("card.decided")
    return request


async def approve(turn: Turn) -> Answer:
    """Staff agree: which account is it?"""
    request = await _undecided(turn, turn.args["request"])
    question = turn.say("card.which_account", text=request.text)
    return Answer((question,), expect="bind.code", memory={"request": str(request.id)})


async def code(turn: Turn) -> Answer | None:
    """The account's code, typed by staff: the stranger is bound to it and hears so, with the bill."""
    request = await _undecided(turn, turn.memory["request"])
    account = await by_code(turn.session, turn.text)
    if account is None or not looks_after(decider(turn), account.community_id):
        text = turn.say("card.no_such_account", code=turn.text[:64])
        return Answer((text,), expect="bind.code", memory=turn.memory)
    before = await people.members_of(turn.session, account.id)
    role = Member.FAMILY if any(binding.role == Member.OWNER for _, binding in before) else Member.OWNER
    there = toward(turn, Address(request.channel, request.chat), language_of(request), account)
    there = replace(there, message=replace(there.message, sender=request.user, sender_name=request.name))
    here = Contact(channel=request.channel, user=request.user, chat=request.chat)
    binding = await bind.join(there, account, here, role, verified=False)
    await _close(turn, request, "approved")
    told = send(there, there.say("bind.bound_by_staff", fields=there.called()))
    told += send(there, await bill.overview(there))
    others = await bind.tell_others(there, account, binding, before)
    return Answer((turn.say("card.bound", code=account.code), *told, *others))


async def decline(turn: Turn) -> Answer:
    request = await _undecided(turn, turn.args["request"])
    await _close(turn, request, "declined")
    there = toward(turn, Address(request.channel, request.chat), language_of(request))
    told = send(there, there.say("bind.request_declined", hotline=turn.office.hotline))
    return Answer((turn.say("card.declined"), *told))


async def _close(turn: Turn, request: BindingRequest, state: str) -> None:
    request.state = state
    source = f"request/{request.id}"
    await close_task(turn.session, source, turn.now, staff_id=decider(turn).id, outcome=state)
    await audit(turn.session, turn.actor, f"bind.{state}", source, turn.now)


def language_of(request: BindingRequest) -> str:
    """A stranger's language as far as their own words show it."""
    return "en" if request.text.isascii() else "zh"
