"""Questions that words answer: what the fee is for, who we are; and a kind word back."""

from __future__ import annotations

from domain.completed import amount_words
from domain.messages import Answer, Audience, Choice
from domain.wording import period_words
from handlers.household import press, settle_on
from handlers.turn import Turn
from models.completed import Done, latest_services


async def purpose(turn: Turn) -> Answer:
    """What the fee covers."""
    settle_on(turn)
    row = (press(turn, "calculation", "bill.explain"), press(turn, "person", "person.ask"))
    community_id = turn.household.community_id
    done = (await latest_services(turn.session, [community_id], turn.today)).get(community_id)
    plain = turn.words(f"question.purpose_{turn.household.kind}", hotline=turn.office.hotline)
    if done is None:
        return Answer((turn.say(f"question.purpose_{turn.household.kind}", row, hotline=turn.office.hotline),))
    return Answer((turn.say("service.purpose", row, plain=plain, services=service_words(turn, done)),))


def service_words(turn: Turn, done: Done) -> str:
    """Everything that was done in that month, for who asks."""
    each = [f"{it.name} {amount_words(it.quantity, it.unit, turn.language)}" for it in done.services]
    fields = {"period": period_words(done.period, turn.language), "services": turn.words("list.comma").join(each)}
    return turn.words("service.line", **fields)


async def identity(turn: Turn) -> Answer:
    """Who writes, how to check it, how to stop it."""
    rows: list[list[Choice]] = []
    if turn.households and turn.message.audience is Audience.PRIVATE:
        rows = [[turn.button("stop", "stop.stop"), press(turn, "person", "person.ask")]]
    fields = {"office": turn.office.name, "hotline": turn.office.hotline}
    return Answer((turn.say("question.identity", *rows, fields=fields),))


async def acknowledged(turn: Turn) -> Answer:
    """Somebody has seen what we wrote, and says so."""
    return Answer((turn.say("question.acknowledged"),))


async def declined(turn: Turn) -> Answer:
    """A bare no to what we offered or asked."""
    row = (press(turn, "person", "person.ask"),)
    return Answer((turn.say("question.declined", row),))


async def greeting(turn: Turn) -> Answer:
    if not turn.households:
        ask = turn.button("ask_binding", "bind.ask", reusable=True)
        return Answer((turn.say("question.hello_stranger", (ask,), office=turn.office.name),))
    if turn.args.get("said") == "thanks":
        return Answer((turn.say("question.welcome"),))
    row = (press(turn, "bill", "bill.show"), press(turn, "help", "help.show"))
    return Answer((turn.say("question.hello", row, fields=turn.called(), office=turn.office.name),))
