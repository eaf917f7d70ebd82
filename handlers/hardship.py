"""Hard times: no pressure, the ladder rests, a person looks after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from domain import keys
from domain.ladder import Reason
from domain.messages import Answer, OutgoingMessage
from handlers import alarm
from handlers.household import ask_which, press, tone_of, words_of
from handlers.notes import at_desk, to_staff
from handlers.turn import Turn
from models.agreements import hold, live_holds
from models.staff import audit, open_task

HARD_TIMES = frozenset({"hardship", "illness", "bereavement"})
LOOK_WITHIN = timedelta(days=1)


async def tell(turn: Turn) -> Answer | None:
    """The button "it is hard for me"."""
    return await ask_which(turn, "hardship.tell") or await listen(turn)


async def listen(turn: Turn) -> Answer:
    """Reminders of the whole household rest; the choices are a plan, a later day, a person."""
    account = turn.household
    person = press(turn, "person", "person.ask")
    if "bereavement" in tone_of(turn):  # nobody in mourning is offered a plan
        answer = Answer((turn.say("hardship.bereaved", (person,), fields=turn.called()),))
    else:
        row = (press(turn, "plan", "plan.offer"), press(turn, "pick_day", "promise.change"), person)
        answer = Answer((turn.say("hardship.heard", row, fields=turn.called()),))
    if any(each.reason == Reason.HARDSHIP for each in await live_holds(turn.session, [account.id])):
        return answer
    source, cards = await rest(turn, words_of(turn)[:300])
    return replace(answer.also(*cards), done=source)


async def despair(turn: Turn) -> Answer:
    """Somebody does not want to live: nothing is asked for, the desk is called at once, and who listens now is named."""
    said = words_of(turn)[:300]
    desk = at_desk(turn)
    if turn.account is None:  # a stranger, of whom only the platform's name is known
        fields = {"name": turn.message.sender_name or turn.message.sender, "text": said or "—"}
        task = await alarm.raised(turn, desk.words("alarm.stranger", **fields))
        card = desk.say("card.despair_stranger", alarm.opening(desk, task), fields=fields)
        return Answer((turn.say("hardship.despair_stranger"),)).also(*await to_staff(turn, card))
    source = await _hold(turn)
    visit, told = await alarm.lets_be(turn)
    off = turn.words("hardship.no_visit") if visit is not None and visit.starts_at is not None else ""
    answer = Answer((turn.say("hardship.despair", (press(turn, "person", "person.ask"),), no_visit=off),))
    fields = desk.called() | {"code": turn.household.code, "text": said or "—"}
    task = await alarm.raised(turn, desk.words("alarm.said", **fields))
    cards = await to_staff(turn, desk.say("card.despair", alarm.opening(desk, task), fields=fields))
    return replace(answer.also(*cards, *told), done=source)


async def _hold(turn: Turn) -> str:
    """Reminders of the household rest; where that is written ("hardship/3/7")."""
    account = turn.household
    source = f"hardship/{account.id}/{turn.inbox_id}"
    until = turn.today + timedelta(days=turn.policy.holds.hardship_days)
    await hold(turn.session, account.id, Reason.HARDSHIP, source, until, turn.now)
    await audit(turn.session, turn.actor, "hardship", f"account/{account.id}", turn.now)
    return source


async def rest(turn: Turn, text: str) -> tuple[str, tuple[OutgoingMessage, ...]]:
    """The household rests, and a person looks after it: where that is written ("hardship/3/7"), and the staff's cards."""
    account = turn.household
    source = await _hold(turn)
    desk = at_desk(turn)
    fields = {"code": account.code, "text": text or "—"}
    card = desk.say("card.hardship", fields=desk.called() | fields)
    await open_task(
        turn.session,
        key=keys.task("hardship", f"{account.id}/{turn.inbox_id}"),
        kind="hardship",
        account=account,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + LOOK_WITHIN,
        source=source,
    )
    return source, await to_staff(turn, card)
