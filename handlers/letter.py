"""Notice letters (催缴通知书) at the desk: a preview first, a second person's yes where the office wants one, then a number."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from domain import keys
from domain.errors import Refusal
from domain.messages import Address, Answer, Audience, Choice, Kind, OutgoingMessage
from domain.money import yuan
from domain.notice import long_day, notice, number_words, pay_by, words_hash
from domain.personal import manner_of
from domain.roles import Right, Role, may
from domain.wording import tongue
from handlers.labels import why_words
from handlers.notes import at_desk
from handlers.scopes import has, household_of, looks_after, officer
from handlers.turn import Turn
from models.accounts import Account
from models.letters import Letter, Stage, live_letter, number_letter, same_bills, take, words_agreed_to
from models.noticing import Prepared, prepare, sender_of
from models.papers import PaperKind, ask_for
from models.staff import Staff, StaffTask, audit, close_task, open_task, staff_for

APPROVAL_LIFE = timedelta(hours=72)  # afterwards the figures are stale
LETTER_TASKS = ("letter",)
REASON_MAX = 300


async def command(turn: Turn) -> Answer:
    """`/letter CODE`: the household's letter under way, or a new preview."""
    officer(turn, Right.TASKS)
    code = turn.argument.partition(" ")[0]
    return await _written(turn, code) if code else Answer((turn.say("letter.usage"),))


async def write(turn: Turn) -> Answer:
    """The same from a task's button or the household's card."""
    return await _written(turn, turn.args["code"], turn.args.get("task"))


async def _written(turn: Turn, code: str, task_number: str | None = None) -> Answer:
    account = await household_of(turn, code, Right.TASKS)
    letter = await live_letter(turn.session, account.id)
    if letter is not None and letter.state == Stage.DRAFT and letter.created_at.date() != turn.now.date():
        letter.state, letter.reason = Stage.VOID, "stale"
        letter = None
    if letter is None:
        letter = await _draft(turn, account, task_number)
    return await _shown(turn, letter, account)


async def _draft(turn: Turn, account: Account, task_number: str | None) -> Letter:
    prepared, member = await prepared_for(turn, account), officer(turn, Right.TASKS)
    task = await turn.session.get(StaffTask, int(task_number)) if task_number else None
    letter = Letter(
        account_id=account.id,
        task_id=task.id if task is not None and task.account_id == account.id else None,
        state=Stage.DRAFT,
        staff_id=member.id,
        words=words_hash(turn.office.wording),
        total_fen=prepared.total_fen,
        bills=json.dumps(prepared.bills),
        written_on=turn.today,
        pay_by=pay_by(turn.today, turn.office.letterhead, turn.office.calendar),
        created_at=turn.now,
    )
    turn.session.add(letter)
    await turn.session.flush()
    await audit(turn.session, turn.actor, "letter.drafted", f"letter/{letter.id}", turn.now, {"account": account.id})
    return letter


async def prepared_for(turn: Turn, account: Account) -> Prepared:
    """What the letter would say now; a rule's no with its reason in words."""
    try:
        return await prepare(turn.session, turn.office, account, turn.today, turn.now)
    except Refusal as no:
        reason = {"reason": why_words(turn, no.fields["reason"])} if "reason" in no.fields else {}
        raise Refusal(no.template, {**no.fields, **reason}) from None


async def _shown(turn: Turn, letter: Letter, account: Account) -> Answer:
    """Where the letter stands and what can be done with it; a draft's picture follows as a file."""
    fields = await summary(turn, letter, account)
    mine = turn.staff is not None and letter.staff_id == turn.staff.id
    match Stage(letter.state):
        case Stage.DRAFT:
            await _paper(turn, PaperKind.DRAFT, letter, officer(turn, Right.TASKS))
            asks = await needs_approval(turn, letter)
            step = _press(turn, "ask" if asks else "issue", letter)
            return Answer((turn.say("letter.preview", [step, _press(turn, "drop", letter)], fields=fields),))
        case Stage.ASKED:
            row = [_press(turn, "drop", letter)] if mine or has(turn, Right.APPROVE) else []
            return Answer((turn.say("letter.waits", row, fields=fields),))
    again = _press(turn, "print", letter, reusable=True)
    void = _press(turn, "void", letter, reusable=True)
    return Answer((turn.say("letter.issued", delivery_buttons(turn, letter), [again, void], fields=fields),))


def _press(turn: Turn, name: str, letter: Letter, *, reusable: bool = False) -> Choice:
    return turn.button(f"letter_{name}", f"letter.{name}", reusable=reusable, letter=str(letter.id))


def delivery_buttons(turn: Turn, letter: Letter) -> list[Choice]:
    number = str(letter.id)
    return [
        turn.button(f"letter_{means}", "letter.means", reusable=True, letter=number, means=means)
        for means in ("handed", "registered", "letter_box")
    ]


async def summary(turn: Turn, letter: Letter, account: Account) -> dict[str, str]:
    """The letter in a few figures, as a chat may show them."""
    writer = await turn.session.get(Staff, letter.staff_id) if letter.staff_id else None
    number = ""
    if letter.number is not None and letter.year is not None:
        number = number_words(turn.office.wording, turn.language, letter.year, letter.number)
    return {
        **at_desk(turn).called(account),
        "code": account.code,
        "total": yuan(letter.total_fen),
        "bills": str(len(json.loads(letter.bills))),
        "pay_by": long_day(letter.pay_by, turn.language),
        "author": writer.name if writer else "",
        "number": number,
    }


async def needs_approval(turn: Turn, letter: Letter) -> bool:
    """Every letter where the office says so; else the first one in new words, unless a manager writes it."""
    if turn.office.letterhead.approval:
        return True
    return not has(turn, Right.APPROVE) and not await words_agreed_to(turn.session, letter.words)


async def _paper(turn: Turn, kind: PaperKind, letter: Letter, member: Staff) -> None:
    await ask_for(turn.session, kind, f"letter/{letter.id}", member.id, tongue(turn.language), turn.now)


async def found(turn: Turn, *stages: Stage, right: Right = Right.TASKS) -> tuple[Letter, Account]:
    """The letter of a button with its household, in one of these stages; else one clear answer."""
    member = officer(turn, right)
    letter = await turn.session.get(Letter, int(turn.args.get("letter") or turn.memory["letter"]))
    account = await turn.session.get_one(Account, letter.account_id) if letter is not None else None
    if letter is None or account is None or not looks_after(member, account.community_id):
        raise Refusal("desk.no_task")
    if letter.state not in stages:
        raise Refusal("letter.moved_on", {"state": turn.words(f"letter.stage_{letter.state}")})
    return letter, account


# a second person's yes


async def ask(turn: Turn) -> Answer:
    """A card to every manager of the community but the writer."""
    letter, account = await found(turn, Stage.DRAFT)
    desks = await approvers(turn, letter.staff_id, account.community_id)
    if not desks:
        raise Refusal("letter.no_approver")
    await _still_true(turn, letter, account)
    await _take(turn, letter, Stage.DRAFT, Stage.ASKED)
    desk = at_desk(turn)
    row = [_press(desk, name, letter, reusable=name == "see") for name in ("approve", "decline", "see")]
    card = desk.say("letter.please_approve", row, kind=Kind.STAFF_CARD, fields=await summary(desk, letter, account))
    await open_task(
        turn.session,
        key=keys.task("letter_approval", str(letter.id)),
        kind="approval",
        account=account,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + APPROVAL_LIFE,
        source=f"letter/{letter.id}",
    )
    await audit(turn.session, turn.actor, "letter.asked", f"letter/{letter.id}", turn.now)
    card = replace(card, audience=Audience.STAFF, about=None)
    asked = turn.say("letter.asked", [_press(turn, "drop", letter)], edit=True)
    return Answer((asked, *(replace(card, to=to) for to in desks)))


async def approvers(turn: Turn, author_id: int | None, community_id: int | None) -> Sequence[Address]:
    """The private chats of those who may agree: with the right, of this community, and never the author."""
    return tuple(
        dict.fromkeys(
            Address(member.channel, member.chat)
            for member in await staff_for(turn.session, community_id)
            if member.id != author_id
            and may(Role(member.role), Right.APPROVE)
            and member.channel in turn.office.channels
        )
    )


async def see(turn: Turn) -> Answer:
    """The whole paper, for the one who is asked to agree."""
    letter, _ = await found(turn, Stage.ASKED, right=Right.APPROVE)
    await _paper(turn, PaperKind.DRAFT, letter, officer(turn, Right.APPROVE))
    return Answer((turn.say("paper.coming"),))


async def approve(turn: Turn) -> Answer:
    """Another manager's yes: the figures are read again, then the letter gets its number."""
    letter, account = await found(turn, Stage.ASKED, right=Right.APPROVE)
    member = officer(turn, Right.APPROVE)
    if letter.staff_id == member.id:
        raise Refusal("letter.not_your_own")
    if letter.created_at + APPROVAL_LIFE < turn.now:
        raise Refusal("letter.expired")
    letter.approver_id = member.id
    told = await _issued(turn, letter, account, Stage.ASKED)
    await close_task(turn.session, f"letter/{letter.id}", turn.now, staff_id=member.id, outcome="solved")
    fields = await summary(turn, letter, account)
    return Answer((turn.say("letter.approved", edit=True, fields=fields), *told))


async def decline(turn: Turn) -> Answer:
    letter, account = await found(turn, Stage.ASKED, right=Right.APPROVE)
    member = officer(turn, Right.APPROVE)
    await _take(turn, letter, Stage.ASKED, Stage.VOID)
    letter.approver_id, letter.reason = member.id, "declined"
    await close_task(turn.session, f"letter/{letter.id}", turn.now, staff_id=member.id, outcome="other")
    await audit(turn.session, turn.actor, "letter.declined", f"letter/{letter.id}", turn.now)
    fields = {**await summary(turn, letter, account), "name": member.name}
    told = await _to_writer(turn, letter, turn.say("letter.was_declined", fields=fields))
    return Answer((turn.say("letter.declined", edit=True, fields=fields), *told))


async def issue(turn: Turn) -> Answer:
    """Without a second person, where the office's rules need none."""
    letter, account = await found(turn, Stage.DRAFT)
    if await needs_approval(turn, letter):
        raise Refusal("letter.needs_approval")
    if has(turn, Right.APPROVE):
        letter.approver_id = officer(turn, Right.APPROVE).id
    await _issued(turn, letter, account, Stage.DRAFT)
    return Answer((turn.say("letter.numbered", edit=True, fields=await summary(turn, letter, account)),))


async def _issued(turn: Turn, letter: Letter, account: Account, was: Stage) -> Sequence[OutgoingMessage]:
    """Read once more, number, keep the words; the paper goes to its writer. Refused when the figures are others now."""
    prepared = await _still_true(turn, letter, account)
    await _take(turn, letter, was, Stage.ISSUED)
    letter.written_on, letter.pay_by = turn.today, pay_by(turn.today, turn.office.letterhead, turn.office.calendar)
    number = await number_letter(turn.session, letter, turn.today.year, turn.now)
    words, to = turn.office.wording, prepared.to
    said = number_words(words, to.language, turn.today.year, number)
    data = notice(words, sender_of(turn.office), to, prepared.lines, turn.today, letter.pay_by, said)
    letter.data = json.dumps({"language": to.language, "letter": data}, ensure_ascii=False)
    detail = {"account": account.id, "number": f"{letter.year}/{number}", "fen": letter.total_fen}
    await audit(turn.session, turn.actor, "letter.issued", f"letter/{letter.id}", turn.now, detail)
    writer = await turn.session.get_one(Staff, letter.staff_id)
    await _paper(turn, PaperKind.LETTER, letter, writer)
    if manner_of(turn.office.policy(account.kind).personal, account.traits.split(";")).large_type:
        subject = f"account/{account.id}"  # the same figures in type that can be read, to lie beside the letter
        await ask_for(turn.session, PaperKind.BILL, subject, writer.id, tongue(to.language), turn.now)
    told = turn.say("letter.was_approved", fields=await summary(turn, letter, account))
    return await _to_writer(turn, letter, told)


async def _still_true(turn: Turn, letter: Letter, account: Account) -> Prepared:
    """The bills and sums of the preview, or a no: nobody agrees to what is not so any more."""
    prepared = await prepared_for(turn, account)
    if not same_bills(letter, prepared.bills):
        raise Refusal("letter.figures_changed", {"code": account.code, "total": yuan(prepared.total_fen)})
    return prepared


async def _take(turn: Turn, letter: Letter, was: Stage, becomes: Stage) -> None:
    if not await take(turn.session, letter.id, was, becomes):
        raise Refusal("card.decided")
    await turn.session.refresh(letter, ["state"])


async def _to_writer(turn: Turn, letter: Letter, message: OutgoingMessage) -> Sequence[OutgoingMessage]:
    writer = await turn.session.get(Staff, letter.staff_id) if letter.staff_id else None
    if writer is None or not writer.chat:
        return ()
    there = Address(writer.channel, writer.chat)
    return (replace(message, to=there, kind=Kind.STAFF_CARD, audience=Audience.STAFF, about=None),)


# ended without being sent


async def drop(turn: Turn) -> Answer:
    """Before it has a number it simply goes."""
    letter, account = await found(turn, Stage.DRAFT, Stage.ASKED)
    if letter.staff_id != officer(turn, Right.TASKS).id and not has(turn, Right.APPROVE):
        raise Refusal("letter.not_yours")
    await _take(turn, letter, Stage(letter.state), Stage.VOID)
    letter.reason = "dropped"
    await close_task(
        turn.session, f"letter/{letter.id}", turn.now, staff_id=turn.staff.id if turn.staff else None, outcome="other"
    )
    await audit(turn.session, turn.actor, "letter.dropped", f"letter/{letter.id}", turn.now)
    return Answer((turn.say("letter.dropped", edit=True, code=account.code),))


async def void(turn: Turn) -> Answer:
    """A number stays in the register: why it was not sent is asked first."""
    letter, _ = await found(turn, Stage.ISSUED)
    return Answer((turn.say("letter.why_void"),), expect="letter.void", memory={"letter": str(letter.id)})


async def void_reason(turn: Turn) -> Answer | None:
    if not turn.text:
        return None
    letter, account = await found(turn, Stage.ISSUED)
    await _take(turn, letter, Stage.ISSUED, Stage.VOID)
    letter.reason = turn.text[:REASON_MAX]
    await audit(turn.session, turn.actor, "letter.void", f"letter/{letter.id}", turn.now)
    return Answer((turn.say("letter.voided", fields=await summary(turn, letter, account)),))


async def print_again(turn: Turn) -> Answer:
    """The same paper once more, byte for byte."""
    letter, _ = await found(turn, Stage.ISSUED, Stage.DELIVERED)
    await _paper(turn, PaperKind.LETTER, letter, officer(turn, Right.TASKS))
    return Answer((turn.say("paper.coming"),))
