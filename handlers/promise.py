"""A promise ("I will pay on Friday"): a day, confirmed by a button; silence until then."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, timedelta

from domain.ladder import Reason
from domain.messages import Answer, Choice, OutgoingMessage
from domain.money import yuan
from domain.plans import promise_limit
from domain.wording import day_words
from handlers import hardship
from handlers.household import ask_which, press, said, settle_on, tone_of
from handlers.renewal import offered
from handlers.steps import pending, talks_with_staff
from handlers.turn import Turn
from models.agreements import Promise, broken_promises, hold, live_plan, open_promise, release
from models.bills import BillLine, bill_lines, open_fen
from models.staff import audit

BROKEN_COUNT_FOR = timedelta(days=365)
FRIDAY = 4
STEP = "promise.date"
# What a reply about a day has in it, however vaguely it names one: "等工资", "下旬", "soon".
DAYISH = frozenset(
    "0 1 2 3 4 5 6 7 8 9 一 二 三 四 五 六 七 八 九 十 两 几 号 日 天 周 月 年 底 初 旬 星期 礼拜 明 后 过 早 晚 等 再 工资 退休金 行 好 嗯 "
    "day week month soon later pay salary when after next ok yes sure".split()
)
OWN_INTENTS = frozenset({"promise_to_pay", "request_postpone"})


async def start(turn: Turn) -> Answer | None:
    """With a day: asks to confirm it. Without: asks for the day."""
    if (which := await ask_which(turn, "promise.start")) is not None:
        return which
    if hardship.HARD_TIMES & tone_of(turn):
        return await hardship.listen(turn)
    if (settled := await _not_needed(turn)) is not None:
        return settled
    day = said(turn).date
    return ask_day(turn, "promise.when") if day is None else await _propose(turn, day)


async def asked_for(turn: Turn) -> Answer | None:
    """ "May I pay on the 15th, when my pension comes?": that day is asked back, to be confirmed by a tap."""
    if await talks_with_staff(turn) or hardship.HARD_TIMES & tone_of(turn):
        return None
    if (which := await ask_which(turn, "promise.start")) is not None:
        return which
    day = said(turn).date or _day_named(turn)
    return await _not_needed(turn) or (await _propose(turn, day) if day is not None else ask_day(turn, "promise.when"))


async def moved(turn: Turn) -> Answer | None:
    """ "Make it the 20th", of the day that is promised or was just read back."""
    if await talks_with_staff(turn) or turn.account is None:
        return None
    day = said(turn).date or _day_named(turn)
    promised = await open_promise(turn.session, turn.household.id) is not None or await pending(turn) == STEP
    if day is None or not promised:
        return None
    return await _not_needed(turn) or await _propose(turn, day)


def _day_named(turn: Turn) -> date | None:
    """The next such day of a month, today included; None where that month has none."""
    number, after = int(turn.args.get("day", "0")), turn.today
    if "next" in turn.args or number < after.day:
        after = after.replace(day=calendar.monthrange(after.year, after.month)[1]) + timedelta(days=1)
    last = calendar.monthrange(after.year, after.month)[1]
    return after.replace(day=number) if 1 <= number <= last else None


async def change(turn: Turn) -> Answer:
    """Another day instead of the one just read back, or promised before."""
    settle_on(turn)
    return await _not_needed(turn) or ask_day(turn, "promise.when")


async def day_typed(turn: Turn) -> Answer | None:
    """The day, typed. A sure wish of another kind goes its own way."""
    reading = turn.reading
    if reading is None or (reading.sure and reading.top.intent not in OWN_INTENTS and reading.slots.date is None):
        return None
    if (settled := await _not_needed(turn)) is not None:
        return settled
    if reading.slots.date:
        return await _propose(turn, reading.slots.date)
    if reading.sure and reading.top.intent == "request_postpone":
        return ask_day(turn, "promise.when")  # the wish once more, and no day that we failed to read
    # words that name nothing like a day are about something else: nobody is kept in this question
    return ask_day(turn, "promise.which_day") if any(sign in turn.text.lower() for sign in DAYISH) else None


async def day_chosen(turn: Turn) -> Answer:
    settle_on(turn)
    return await _not_needed(turn) or await _propose(turn, date.fromisoformat(turn.args["date"]))


async def _propose(turn: Turn, day: date) -> Answer:
    """Read the day back and ask for one tap."""
    last = promise_limit(turn.today, turn.policy.holds)
    if day < turn.today:
        return ask_day(turn, "promise.past", due=day_words(day, turn.language))
    if day > last:
        return ask_day(turn, "promise.too_far", last=day_words(last, turn.language))
    row = (*_right_or_another(turn, day), press(turn, "person", "person.ask"))
    fields = {"due": day_words(day, turn.language), "total": yuan(open_fen(await _lines(turn)))}
    text = turn.say("promise.confirm", row, fields=turn.called() | fields)
    return Answer((text,), expect=STEP, memory={"date": day.isoformat()})


def _right_or_another(turn: Turn, day: date) -> tuple[Choice, Choice]:
    right = press(turn, "right", "promise.confirm", reusable=False, date=day.isoformat())
    return right, press(turn, "change_day", "promise.change")


async def still_open(turn: Turn, memory: Mapping[str, str]) -> OutgoingMessage | None:
    """The day that was asked for, or read back, before something else was asked: in one line. None: it needs no day any more."""
    if await _not_needed(turn) is not None:
        return None
    last = promise_limit(turn.today, turn.policy.holds)
    day = date.fromisoformat(memory["date"]) if "date" in memory else None
    if day is not None and turn.today <= day <= last:
        due = day_words(day, turn.language)
        return turn.say("promise.still_right", _right_or_another(turn, day), due=due)
    return turn.say("promise.still_when", [day_button(turn, each) for each in likely_days(turn.today, last)])


async def confirm(turn: Turn) -> Answer:
    """The tap: the promise stands, and the bills open now are left alone until its day."""
    settle_on(turn)
    day = date.fromisoformat(turn.args["date"])
    if (settled := await _not_needed(turn)) is not None:
        return settled
    if not turn.today <= day <= promise_limit(turn.today, turn.policy.holds):
        return await _propose(turn, day)
    promise = await keep(turn, day)
    row = [press(turn, "change_day", "promise.change"), press(turn, "withdraw", "promise.withdraw")]
    fields = {"due": day_words(day, turn.language), "total": yuan(promise.amount_fen)}
    # whoever has stopped hears nothing that day either, and is promised nothing else
    stopped = turn.person is not None and turn.person.stopped_at is not None
    if stopped:
        row.append(turn.button("resume", "stop.resume"))
    template = "promise.kept_quietly" if stopped else "promise.kept_in_mind"
    return Answer((turn.say(template, row, edit=True, fields=turn.called() | fields),))


async def keep(turn: Turn, day: date) -> Promise:
    """Write a promise down in place of an earlier one; the bills open now rest until its day."""
    account, lines = turn.household, await _lines(turn)
    await _withdraw(turn)
    promise = Promise(
        account_id=account.id,
        person_id=turn.person.id if turn.person else None,
        due_on=day,
        amount_fen=open_fen(lines),
        created_at=turn.now,
    )
    turn.session.add(promise)
    await turn.session.flush()
    source = f"promise/{promise.id}"
    await hold(turn.session, account.id, Reason.PROMISED, source, day, turn.now, [line.bill.id for line in lines])
    await audit(turn.session, turn.actor, "promise", source, turn.now, {"due_on": day.isoformat()})
    return promise


async def withdraw(turn: Turn) -> Answer:
    settle_on(turn)
    template = "promise.withdrawn" if await _withdraw(turn) else "promise.none"
    return Answer((turn.say(template, (press(turn, "bill", "bill.show"), press(turn, "pay", "pay.how"))),))


async def _withdraw(turn: Turn) -> bool:
    promise = await open_promise(turn.session, turn.household.id)
    if promise is None:
        return False
    promise.state, promise.closed_at = "withdrawn", turn.now
    await release(turn.session, f"promise/{promise.id}", turn.now)
    return True


async def _lines(turn: Turn) -> list[BillLine]:
    return await bill_lines(turn.session, [turn.household.id], only_open=True)


async def _not_needed(turn: Turn) -> Answer | None:
    """Nothing to promise, a plan that already says when, or so many broken promises that a person should talk."""
    if not await _lines(turn):
        if (course := await offered.about(turn)) is not None:
            return course  # "we will take it", "can we renew in parts?": it is the next course that they mean
        return Answer((turn.say("promise.nothing_open", fields=turn.called()),))
    if await live_plan(turn.session, turn.household.id) is not None:
        return Answer((turn.say("promise.on_plan", (press(turn, "my_plan", "plan.offer"),)),))
    broken = await broken_promises(turn.session, turn.household.id, turn.now - BROKEN_COUNT_FOR)
    if broken >= turn.policy.holds.broken_promises_max:
        row = (press(turn, "plan", "plan.offer"), press(turn, "person", "person.ask"))
        return Answer((turn.say("promise.person", row, fields=turn.called()),))
    return None


def ask_day(turn: Turn, template: str, **fields: str) -> Answer:
    """Ask for a day and offer some."""
    last = promise_limit(turn.today, turn.policy.holds)
    days = [day_button(turn, day) for day in likely_days(turn.today, last)]
    text = turn.say(template, days[:2], [*days[2:], press(turn, "person", "person.ask")], fields=fields)
    return Answer((text,), expect=STEP)


def day_button(turn: Turn, day: date) -> Choice:
    """A day to choose: pressed, it is asked back as a promise."""
    args = {"date": day.isoformat(), "account": str(turn.household.id)}
    return Choice(day_words(day, turn.language), "promise.day", args, reusable=True)


def likely_days(today: date, last: date) -> list[date]:
    """Days that people often choose, three at most: the coming Friday, the one after it, the end of the month."""
    friday = today + timedelta(days=(FRIDAY - today.weekday()) % 7 or 7)
    month_end = today.replace(day=calendar.monthrange(today.year, today.month)[1])
    days = {friday, friday + timedelta(days=7), month_end, today + timedelta(days=10)} - {today}
    return [day for day in sorted(days) if day <= last][:3]
