"""Case files (案卷): asked for by one colleague with a purpose, agreed to by another manager, then made. Residents never hear of it."""

from __future__ import annotations

from dataclasses import replace

from domain import keys
from domain.errors import Refusal
from domain.messages import Address, Answer, Audience, Kind, OutgoingMessage
from domain.roles import Right
from domain.wording import tongue
from handlers.letter import approvers
from handlers.notes import at_desk
from handlers.scopes import household_of, looks_after, officer
from handlers.turn import Turn
from models.accounts import Account
from models.cases import APPROVAL_LIFE, CaseFile, CaseStage, decide_case, waiting_case
from models.documents import documents_of
from models.papers import PaperKind, ask_for
from models.staff import Staff, audit, close_task, open_task

PURPOSE_MAX = 300


async def command(turn: Turn) -> Answer:
    """`/case CODE`: what is it for?"""
    officer(turn, Right.TASKS)
    code = turn.argument.partition(" ")[0]
    return await _purpose(turn, code, "") if code else Answer((turn.say("case.usage"),))


async def start(turn: Turn) -> Answer:
    """The same from a task's button."""
    return await _purpose(turn, turn.args["code"], turn.args.get("task", ""))


async def _purpose(turn: Turn, code: str, task: str) -> Answer:
    account = await household_of(turn, code, Right.TASKS)
    if await waiting_case(turn.session, account.id, turn.now) is not None:
        raise Refusal("case.waits_already", {"code": account.code})
    if not await approvers(turn, officer(turn, Right.TASKS).id, account.community_id):
        raise Refusal("case.no_approver")
    number = str(len(await documents_of(turn.session, account.id)))
    question = turn.say("case.what_for", fields={"code": account.code, "documents": number})
    return Answer((question,), expect="case.purpose", memory={"code": account.code, "task": task})


async def purpose(turn: Turn) -> Answer | None:
    """Asked for: a card to every manager of the community but the one who asks."""
    if not turn.text:
        return None
    account = await household_of(turn, turn.memory["code"], Right.TASKS)
    member = officer(turn, Right.TASKS)
    if await waiting_case(turn.session, account.id, turn.now) is not None:
        raise Refusal("case.waits_already", {"code": account.code})
    asked = CaseFile(
        account_id=account.id,
        task_id=int(turn.memory["task"]) if turn.memory.get("task") else None,
        state=CaseStage.ASKED,
        staff_id=member.id,
        purpose=turn.text[:PURPOSE_MAX],
        asked_at=turn.now,
    )
    turn.session.add(asked)
    await turn.session.flush()
    desk = at_desk(turn)
    row = [desk.button(f"case_{name}", f"case.{name}", case=str(asked.id)) for name in ("approve", "decline")]
    fields = {**desk.called(account), "code": account.code, "author": member.name, "purpose": asked.purpose}
    card = replace(desk.say("case.please_approve", row, kind=Kind.STAFF_CARD, fields=fields), audience=Audience.STAFF)
    await open_task(
        turn.session,
        key=keys.task("case", str(asked.id)),
        kind="approval",
        account=account,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + APPROVAL_LIFE,
        source=f"case/{asked.id}",
    )
    await audit(turn.session, turn.actor, "case.asked", f"account/{account.id}", turn.now, {"case": asked.id})
    desks = await approvers(turn, member.id, account.community_id)
    return Answer((turn.say("case.asked", code=account.code), *(replace(card, to=to, about=None) for to in desks)))


async def approve(turn: Turn) -> Answer:
    """A second person's yes, never the author's own; the file goes to the one who asked."""
    asked, account = await _decided(turn, CaseStage.APPROVED)
    writer = await turn.session.get_one(Staff, asked.staff_id)
    await ask_for(turn.session, PaperKind.CASE, f"case/{asked.id}", writer.id, tongue(turn.language), turn.now)
    fields = {"code": account.code, "author": writer.name}
    told = turn.say("case.was_approved", fields={"code": account.code, "name": officer(turn, Right.APPROVE).name})
    return Answer((turn.say("case.approved", edit=True, fields=fields), *_to(turn, writer, told)))


async def decline(turn: Turn) -> Answer:
    asked, account = await _decided(turn, CaseStage.DECLINED)
    writer = await turn.session.get_one(Staff, asked.staff_id)
    fields = {"code": account.code, "author": writer.name}
    told = turn.say("case.was_declined", fields={"code": account.code, "name": officer(turn, Right.APPROVE).name})
    return Answer((turn.say("case.declined", edit=True, fields=fields), *_to(turn, writer, told)))


async def _decided(turn: Turn, stage: CaseStage) -> tuple[CaseFile, Account]:
    """The request, decided by this press; else one clear answer: not yours, your own, too late, done."""
    member = officer(turn, Right.APPROVE)
    asked = await turn.session.get(CaseFile, int(turn.args["case"]))
    account = await turn.session.get_one(Account, asked.account_id) if asked is not None else None
    if asked is None or account is None or not looks_after(member, account.community_id):
        raise Refusal("desk.no_task")
    if asked.staff_id == member.id:
        raise Refusal("case.not_your_own")
    if asked.state != CaseStage.ASKED:
        raise Refusal("card.decided")
    if asked.asked_at + APPROVAL_LIFE < turn.now:
        raise Refusal("case.expired")
    if not await decide_case(turn.session, asked.id, stage, member.id, turn.now):
        raise Refusal("card.decided")
    await close_task(turn.session, f"case/{asked.id}", turn.now, staff_id=member.id, outcome="solved")
    await audit(turn.session, turn.actor, f"case.{stage}", f"account/{account.id}", turn.now, {"case": asked.id})
    return asked, account


def _to(turn: Turn, writer: Staff, message: OutgoingMessage) -> tuple[OutgoingMessage, ...]:
    if not writer.chat:
        return ()
    there = Address(writer.channel, writer.chat)
    return (replace(message, to=there, kind=Kind.STAFF_CARD, audience=Audience.STAFF, about=None),)
