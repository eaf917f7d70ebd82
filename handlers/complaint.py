"""A complaint or a repair: a ticket number, thanks for saying it, and reminders that wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from domain import keys
from domain.errors import Refusal
from domain.ladder import Reason
from domain.messages import Answer, Kind
from handlers import hardship
from handlers.evidence import evidence_of, keep_file, ticket
from handlers.household import ask_which, press, tone_of, words_of
from handlers.notes import at_desk, beside, decider, send, to_staff, with_file
from handlers.steps import talks_with_staff
from handlers.tone import unkind_words
from handlers.turn import Turn
from models.accounts import Account
from models.agreements import Complaint, hold, lately_complained, release
from models.staff import audit, close_task, open_task

ANSWER_WITHIN = timedelta(days=2)
SAME_MATTER = timedelta(hours=1)  # what is said within it belongs to the same complaint
TEXT_MAX = 1000
REPAIR = "repair"  # a bare repair request: a ticket without a pause of reminders


async def start(turn: Turn) -> Answer | None:
    """In words it is taken down at once; by button the words are asked for first."""
    if (which := await ask_which(turn, "complaint.start")) is not None:
        return which
    if hardship.HARD_TIMES & tone_of(turn):
        return await hardship.listen(turn)
    topic, text = turn.args.get("topic", ""), words_of(turn)[:TEXT_MAX]
    if text:
        return await _record(turn, text, topic)
    return Answer((turn.say("complaint.what"),), expect="complaint.words", memory={"topic": topic})


async def words(turn: Turn) -> Answer | None:
    if not turn.text:
        return None
    return await _record(turn, turn.text[:TEXT_MAX], turn.memory.get("topic", ""))


async def to_come(turn: Turn) -> Answer | None:
    """ "Remind me once more and I complain to the authority": reminders wait, a person looks after it, and it is no
    stop unless they tap it."""
    if await talks_with_staff(turn):
        return None
    if (which := await ask_which(turn, "complaint.start")) is not None:
        return which
    answer = await _record(turn, turn.text[:TEXT_MAX], "")
    row = (press(turn, "person", "person.ask"), turn.button("stop", "stop.stop"))
    told = turn.say("complaint.taken_over", row, number=answer.memory["number"])
    return replace(answer, messages=(told, *answer.messages[1:]))


async def _record(turn: Turn, text: str, topic: str) -> Answer:
    account = turn.household
    person_id = turn.person.id if turn.person else None
    known = await lately_complained(turn.session, account.id, person_id, turn.now - SAME_MATTER)
    if known is not None and topic != REPAIR:
        return await _added(turn, known, text)
    complaint = Complaint(
        account_id=account.id,
        person_id=turn.person.id if turn.person else None,
        topic=topic,
        text=text,
        evidence=evidence_of(turn),
        created_at=turn.now,
    )
    turn.session.add(complaint)
    await turn.session.flush()
    source, number = f"complaint/{complaint.id}", ticket(complaint.id)
    await keep_file(turn, source, turn.message.attachment)
    kind = "repair" if topic == REPAIR else "complaint"
    if topic != REPAIR:
        until = turn.today + timedelta(days=turn.policy.holds.complaint_days)
        await hold(turn.session, account.id, Reason.COMPLAINT, source, until, turn.now)
    desk = at_desk(turn)
    row = (desk.button("answer", "complaint.answer", reusable=True, complaint=str(complaint.id)),)
    fields = {"code": account.code, "number": number, "text": text[:300]}
    card = desk.say(f"card.{kind}", row, fields=desk.called() | fields)
    await open_task(
        turn.session,
        key=keys.task("complaint", str(complaint.id)),
        kind=kind,
        account=account,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + ANSWER_WITHIN,
        source=source,
    )
    await audit(turn.session, turn.actor, kind, source, turn.now)
    template = "complaint.repair_recorded" if topic == REPAIR else "complaint.recorded"
    told = turn.say(template, (press(turn, "person", "person.ask"),), number=number)
    cards = [with_file(turn, each, turn.message.attachment) for each in await to_staff(turn, card)]
    memory = {"number": number, "source": source}
    return Answer((told, *cards), expect="attachment.evidence", memory=memory, done=source)


async def _added(turn: Turn, complaint: Complaint, text: str) -> Answer:
    """More words right after a complaint belong to it: one ticket, not one a sentence."""
    complaint.text = f"{complaint.text}\n{text}"[:TEXT_MAX]
    desk, number, source = at_desk(turn), ticket(complaint.id), f"complaint/{complaint.id}"
    card = desk.say("card.more", fields=desk.called(), code=turn.household.code, text=text[:300])
    row = (press(turn, "progress", "progress.show"), press(turn, "person", "person.ask"))
    told = turn.say("complaint.added", row, number=number)
    cards = await to_staff(turn, card)
    return Answer((told, *cards), expect="attachment.evidence", memory={"number": number, "source": source})


# the staff's side


async def answer(turn: Turn) -> Answer:
    complaint, _ = await _unanswered(turn, turn.args)
    question = turn.say("card.complaint_answer", number=ticket(complaint.id))
    return Answer((question,), expect="complaint.reply", memory={"complaint": str(complaint.id)})


async def answer_words(turn: Turn) -> Answer | None:
    """What staff type goes to the person; the pause ends with it."""
    if not turn.text:
        return None
    complaint, account = await _unanswered(turn, turn.memory)
    if (refused := unkind_words(turn, "complaint.reply", turn.memory)) is not None:
        return refused
    source = f"complaint/{complaint.id}"
    complaint.state, complaint.answer, complaint.closed_at = "answered", turn.text[:TEXT_MAX], turn.now
    await release(turn.session, source, turn.now)
    await close_task(turn.session, source, turn.now, staff_id=decider(turn).id, outcome="answered")
    await audit(turn.session, turn.actor, "complaint.answered", source, turn.now)
    there = await beside(turn, complaint.person_id, account)
    told = None
    if there is not None:
        fields = there.called() | {"number": ticket(complaint.id), "text": turn.text[:TEXT_MAX].rstrip("。.")}
        row = (press(there, "complain", "complaint.start"), press(there, "person", "person.ask"))
        told = there.say("complaint.answered", row, kind=Kind.RECEIPT, fields=fields)
    return Answer((turn.say("card.answered", code=account.code), *send(there, told)))


async def _unanswered(turn: Turn, memory: Mapping[str, str]) -> tuple[Complaint, Account]:
    complaint = await turn.session.get(Complaint, int(memory["complaint"]), with_for_update=True)
    account = await turn.session.get(Account, complaint.account_id) if complaint else None
    if complaint is None or account is None or complaint.state != "open":
        raise Refusal("card.decided")
    decider(turn, account)
    return complaint, account
