"""A person's own settings: how often, when, where and how we write, in which language, which household; and leaving it."""

from __future__ import annotations

from domain.errors import Refusal
from domain.messages import Answer, Choice
from domain.wording import LANGUAGES, short_room, tongue
from handlers import notices, stop
from handlers.bill import joined
from handlers.household import press, rooms, settle_on
from handlers.steps import talks_with_staff
from handlers.turn import Turn
from models.parting import part
from models.people import Person, contacts_of
from models.staff import audit

SPACINGS = ("7", "14", "30", "0")  # days between reminders; 0: as the policy says
HOURS = ("9-12", "13-18", "18-20", "")  # "": any hour of the policy's window
HOURS_STEP = "settings.hours"
SPAN_HOURS = 2  # an hour named by itself begins so long a span
SPACING_DAYS_MAX = 30  # a reminder that may never come is a stop, and that is asked for as one


async def show(turn: Turn) -> Answer:
    settle_on(turn)
    person = _person(turn)
    stopped = person.stopped_at is not None
    others = [account for account, _ in turn.households if account.id != turn.household.id]
    reminders = turn.button("resume", "stop.resume") if stopped else turn.button("stop", "stop.stop")
    size = _set(
        turn, "normal_type" if person.large_type else "large_type", "large_type", "" if person.large_type else "yes"
    )
    menus = [_menu(turn, "spacing"), _menu(turn, "hours")]
    if len(await _channels(turn)) > 1:
        menus.append(_menu(turn, "channel"))
    left = await notices.left(turn)
    asks = notices.offered(turn)
    rows = [
        menus,
        [
            size,
            *[turn.button(f"language_{each}", "settings.language", reusable=True, language=each) for each in LANGUAGES],
        ],
        [reminders, press(turn, "unbind", "settings.unbind")],
        *([[turn.button("notices", "notices.show", reusable=True)]] if asks else []),
        *rooms(turn, others, "settings.show"),
    ]
    fields = {
        "language": turn.words("settings.language_name"),
        "reminders": turn.words("settings.reminders_off" if stopped else "settings.reminders_on"),
        "spacing": _shown(turn, "spacing"),
        "hours": _shown(turn, "hours"),
        "channel": _shown(turn, "channel"),
        "notices": turn.words("settings.notices_left", left=str(left)) if left or asks else "",
        "size": _shown(turn, "large_type"),
        "rooms": joined(turn, [short_room(account.room) for account, _ in turn.households]),
    }
    return Answer((turn.say("settings.summary", *rows, fields=turn.called() | fields),))


def _person(turn: Turn) -> Person:
    if turn.person is None:
        raise Refusal("bind.needed", {"hotline": turn.office.hotline})
    return turn.person


def _set(turn: Turn, label: str, wish: str, value: str) -> Choice:
    return turn.button(label, "settings.set", reusable=True, wish=wish, value=value)


def _menu(turn: Turn, wish: str) -> Choice:
    return turn.button(f"which_{wish}", "settings.which", reusable=True, wish=wish)


async def _channels(turn: Turn) -> list[str]:
    """The channels on which this person can be written to."""
    contacts = await contacts_of(turn.session, _person(turn).id)
    return [name for name in turn.office.channels if any(contact.channel == name for contact in contacts)]


async def which(turn: Turn) -> Answer:
    """The choices of one setting."""
    wish = turn.args["wish"]
    if wish == "channel":
        values = [*await _channels(turn), ""]
        labels = [turn.words(f"channel.{each}") if each else turn.words("button.any_channel") for each in values]
    else:
        values = list(SPACINGS if wish == "spacing" else HOURS)
        labels = [_value_words(turn, wish, each) for each in values]
    buttons = [
        Choice(label, "settings.set", {"wish": wish, "value": value}, reusable=True)
        for label, value in zip(labels, values, strict=True)
    ]
    rows = [buttons[n : n + 2] for n in range(0, len(buttons), 2)]
    return Answer((turn.say(f"settings.which_{wish}", *rows),), expect=HOURS_STEP if wish == "hours" else None)


async def chosen(turn: Turn) -> Answer:
    """A button of a setting."""
    return await _apply(turn, turn.args["wish"], turn.args.get("value", ""))


async def wished(turn: Turn) -> Answer | None:
    """In free words: "less often", "after seven", "in English", "larger type", "on WeChat", "remind me again"."""
    if await talks_with_staff(turn):
        return None
    lifted = "again" in turn.args and _person(turn).stopped_at is not None  # "keep reminding me, but in English"
    if lifted:
        await stop.resume(turn)
    answer = await _apply(turn, turn.args["wish"], turn.args.get("value", ""))
    return answer.also(turn.say("stop.resumed")) if lifted else answer


async def hour_typed(turn: Turn) -> Answer | None:
    """An hour by itself ("早上8点半", "7pm") while the hours are being settled: the nearest span that we may write in."""
    reading = turn.reading
    if reading is None or reading.slots.hour is None or reading.slots.day is not None:
        return None
    policy = turn.policy
    opens = min(max(reading.slots.hour.hour, policy.window_from.hour), policy.window_until.hour - 1)
    return await _apply(turn, "hours", f"{opens}-{min(opens + SPAN_HOURS, policy.window_until.hour)}")


async def _apply(turn: Turn, wish: str, value: str) -> Answer:
    """Keep one wish and read it back, with one tap to have it as it was."""
    person = _person(turn)
    if wish == "resume":
        return await stop.resume(turn)
    if wish == "channel" and value and value not in await _channels(turn):
        return await _not_bound_there(turn, value)
    before = _kept(person, wish)
    _keep(person, wish, value)
    turn.language = tongue(person.language or turn.language)
    await audit(turn.session, turn.actor, f"settings.{wish}", f"person/{person.id}", turn.now, {"value": value})
    row = [_set(turn, "as_before", wish, before)] if before != value else []
    row.append(turn.button("settings", "settings.show", reusable=True))
    more = [turn.button("stop", "stop.stop")] if wish in ("spacing", "hours") and person.stopped_at is None else []
    more += [turn.button("resume", "stop.resume")] if person.stopped_at is not None else []
    name = wish if value or wish in ("language", "spacing") else f"{wish}_off"
    text = turn.say(f"settings.{name}_set", row, more, fields={"value": _shown(turn, wish), **_window(turn)})
    return Answer((text,), expect=HOURS_STEP if wish == "hours" else None)


def _window(turn: Turn) -> dict[str, str]:
    policy = turn.policy
    return {"window": f"{policy.window_from:%H:%M}–{policy.window_until:%H:%M}"}


async def _not_bound_there(turn: Turn, channel: str) -> Answer:
    """A channel where this person has no chat yet, or that the office has not got: how to get there, or what there is."""
    here = [turn.words(f"channel.{each}") for each in await _channels(turn)]
    has_it = channel in turn.office.channels
    row = (turn.button("settings", "settings.show", reusable=True), press(turn, "person", "person.ask"))
    fields = {
        "channel": turn.words(f"channel.{channel}"),
        "here": joined(turn, here or [turn.words(f"channel.{turn.message.channel}")]),
        "hotline": turn.office.hotline,
    }
    return Answer((turn.say("settings.channel_unbound" if has_it else "settings.channel_unknown", row, fields=fields),))


def _kept(person: Person, wish: str) -> str:
    """How a wish stands, as the value that a button sets."""
    match wish:
        case "spacing":
            return str(person.spacing_days)
        case "hours":
            return f"{person.hours[0]}-{person.hours[1]}" if person.hours else ""
        case "channel":
            return person.channel
        case "large_type":
            return "yes" if person.large_type else ""
        case _:
            return tongue(person.language)


def _keep(person: Person, wish: str, value: str) -> None:
    match wish:
        case "spacing":
            person.spacing_days = min(max(int(value), 0), SPACING_DAYS_MAX)
        case "hours":
            opens, _, closes = value.partition("-")
            person.hour_from, person.hour_until = (int(opens), int(closes)) if value else (None, None)
        case "channel":
            person.channel = value
        case "large_type":
            person.large_type = bool(value)
        case _:
            person.language = tongue(value)


def _shown(turn: Turn, wish: str) -> str:
    return _value_words(turn, wish, _kept(_person(turn), wish))


def _value_words(turn: Turn, wish: str, value: str) -> str:
    match wish:
        case "spacing":
            return turn.words("settings.every", days=value) if int(value) else turn.words("settings.as_usual")
        case "hours":
            opens, _, closes = value.partition("-")
            return (
                turn.words("settings.between", opens=opens, closes=closes) if value else turn.words("settings.any_hour")
            )
        case "channel":
            return turn.words(f"channel.{value}") if value else turn.words("button.any_channel")
        case "large_type":
            return turn.words("settings.large" if value else "settings.normal")
        case _:
            return turn.words("settings.language_name")


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
