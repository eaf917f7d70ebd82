"""常用语: answers that staff give every day, worded once in content/messages.canned.*.toml and sent with one tap."""

from __future__ import annotations

from domain.errors import Refusal
from domain.messages import Answer, Audience, Choice
from domain.roles import Right
from domain.wording import tongue
from handlers import person
from handlers.reply import payer_chat, write
from handlers.scopes import household_of, officer
from handlers.tone import unkind
from handlers.turn import Turn

TITLE = ".title"


def names(turn: Turn) -> list[str]:
    """The names of all canned answers, in the order of the file."""
    below = turn.office.wording.below("canned", tongue(turn.language))
    return [name.removesuffix(TITLE) for name, _ in below if name.endswith(TITLE)]


async def show(turn: Turn) -> Answer:
    """For a talk or a household: one button each. Without either, their texts to read."""
    officer(turn, Right.TASKS)
    if "takeover" in turn.args:
        there = await person.resident(turn, await person.own(turn, turn.args["takeover"]))
        where = {"takeover": turn.args["takeover"]}
    elif "code" in turn.args:
        account = await household_of(turn, turn.args["code"], Right.TASKS)
        _, there = await payer_chat(turn, account)
        where = {"code": account.code}
    else:
        lines = [f"· {turn.words(f'canned.{name}.title')}: {text(turn, turn, name)}" for name in names(turn)]
        return Answer((turn.say("canned_list.all", lines="\n".join(lines)),))
    lines = [f"{n}. {text(turn, there, name)}" for n, name in enumerate(names(turn), start=1)]
    buttons = [
        Choice(turn.words(f"canned.{name}.title"), "canned.send", {**where, "name": name}) for name in names(turn)
    ]
    rows = [buttons[n : n + 2] for n in range(0, len(buttons), 2)]
    choose = turn.say("canned_list.choose", *rows, lines="\n".join(lines))
    if "takeover" in where:  # what is typed instead still goes to the person
        return Answer((choose,), person.STAFF_STEP, where)
    return Answer((choose,), "account.words", where)


def text(turn: Turn, there: Turn, name: str) -> str:
    """One canned answer in the language of the chat it goes to."""
    template = f"canned.{name}.text"
    if not turn.office.wording.has(template):
        raise Refusal("button.expired")  # the office has taken it out of the file
    return there.words(template, office=turn.office.name, hotline=turn.office.hotline)


async def send(turn: Turn) -> Answer:
    """Into the talk, or to the household's payer, as if it had been typed."""
    if "takeover" in turn.args:
        takeover = await person.own(turn, turn.args["takeover"])
        there = await person.resident(turn, takeover)
        words = text(turn, there, turn.args["name"])
        unkind(turn, words, Audience.PRIVATE)
        return (await person.say(turn, takeover, there, words)).also(turn.say("canned_list.sent", text=words))
    account = await household_of(turn, turn.args["code"], Right.TASKS)
    _, there = await payer_chat(turn, account)
    return await write(turn, account, text(turn, there, turn.args["name"]))
