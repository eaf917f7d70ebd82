"""A person's own settings: language, reminders, which household, and leaving it."""

from __future__ import annotations

from domain.messages import Answer
from domain.wording import LANGUAGES, short_room, tongue
from handlers.bill import joined
from handlers.household import press, rooms, settle_on
from handlers.turn import Turn
from models.parting import part
from models.staff import audit


async def show(turn: Turn) -> Answer:
    settle_on(turn)
    stopped = turn.person is not None and turn.person.stopped_at is not None
    others = [account for account, _ in turn.households if account.id != turn.household.id]
    reminders = turn.button("resume", "stop.resume") if stopped else turn.button("stop", "stop.stop")
    rows = [
        [turn.button(f"language_{each}", "settings.language", reusable=True, language=each) for each in LANGUAGES],
        [reminders, press(turn, "unbind", "settings.unbind")],
        *rooms(turn, others, "settings.show"),
    ]
    fields = {
        "language": turn.words("settings.language_name"),
        "reminders": turn.words("settings.reminders_off" if stopped else "settings.reminders_on"),
        "rooms": joined(turn, [short_room(account.room) for account, _ in turn.households]),
    }
    return Answer((turn.say("settings.summary", *rows, fields=turn.called() | fields),))


async def language(turn: Turn) -> Answer:
    """A person's language holds on all their channels."""
    turn.language = tongue(turn.args["language"])
    if turn.person is not None:
        turn.person.language = turn.language
    return Answer((turn.say("settings.language_set"),))


async def unbind(turn: Turn) -> Answer:
    """Asks first."""
    settle_on(turn)
    row = (press(turn, "unbind_yes", "settings.unbind_yes", reusable=False), press(turn, "back", "settings.show"))
    return Answer((turn.say("settings.unbind_sure", row, fields=turn.called()),))


async def unbind_confirmed(turn: Turn) -> Answer:
    settle_on(turn)
    account = turn.household
    if turn.person is not None:
        await part(turn.session, account.id, turn.person.id, turn.now)
        await audit(turn.session, turn.actor, "unbind", f"account/{account.id}", turn.now)
    text = turn.say("settings.unbound", fields=turn.called(), hotline=turn.office.hotline)
    turn.account = None
    return Answer((text,))
