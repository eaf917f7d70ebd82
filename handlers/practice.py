"""练习: a colleague talks with a scripted resident, in the sandbox only; nothing of it reaches books, statistics or people."""

from __future__ import annotations

from domain.errors import Refusal
from domain.lint import lint
from domain.messages import Answer, Audience, Choice
from domain.practice import Played, Scenario, hear
from domain.roles import Right
from domain.wording import tongue
from handlers.scopes import officer
from handlers.turn import Turn

SANDBOX = "sandbox"
STEP = "practice.words"


async def start(turn: Turn) -> Answer:
    """`/practice`, 练习: which resident?"""
    _only_here(turn)
    scenarios = turn.office.scenarios.values()
    buttons = [
        Choice(each.title[tongue(turn.language)][:30], "practice.begin", {"name": each.name}, reusable=True)
        for each in scenarios
    ]
    rows = [buttons[n : n + 2] for n in range(0, len(buttons), 2)]
    return Answer((turn.say("practice.which", *rows),))


def _only_here(turn: Turn) -> None:
    officer(turn, Right.TASKS)
    if turn.message.channel != SANDBOX or turn.message.audience is not Audience.PRIVATE:
        raise Refusal("practice.sandbox_only")


def _scenario(turn: Turn, name: str) -> Scenario:
    found = turn.office.scenarios.get(name)
    if found is None:
        raise Refusal("button.expired")
    return found


async def begin(turn: Turn) -> Answer:
    """The resident's first words."""
    _only_here(turn)
    scenario = _scenario(turn, turn.args["name"])
    row = [turn.button("practice_stop", "practice.stop", reusable=True)]
    fields = {"title": scenario.title[tongue(turn.language)], "words": scenario.opening[tongue(turn.language)]}
    return Answer((turn.say("practice.begins", row, fields=fields),), STEP, _memory(scenario, Played()))


def _memory(scenario: Scenario, played: Played) -> dict[str, str]:
    return {"name": scenario.name, **{key: str(value) for key, value in vars(played).items()}}


async def words(turn: Turn) -> Answer | None:
    """What the colleague says, and what the resident answers to it."""
    if not turn.text:
        return None
    _only_here(turn)
    scenario = _scenario(turn, turn.memory["name"])
    played = Played(**{key: int(turn.memory[key]) for key in vars(Played())})
    found = lint(turn.text, Audience.PRIVATE)
    heard = hear(scenario, played, turn.text, unkind=bool(found))
    says = heard.says[tongue(turn.language)]
    if heard.over:
        return _end(turn, scenario, heard.played, says)
    row = [turn.button("practice_stop", "practice.stop", reusable=True)]
    if heard.hurt:
        why = turn.words(f"lint.{found[0].rule}") if found else ""
        text = turn.say("practice.hurt", row, words=says, why=why, text=found[0].text if found else "")
    else:
        text = turn.say("practice.goes_on", row, words=says)
    return Answer((text,), STEP, _memory(scenario, heard.played))


def _end(turn: Turn, scenario: Scenario, played: Played, says: str) -> Answer:
    """How it went, and what a good answer would have been."""
    case, language = turn.office.library.cases.get(scenario.case), tongue(turn.language)
    good = case.say[language] if case is not None else "—"
    steps = "\n".join(f"· {line}" for line in case.do[language]) if case is not None else "—"
    row = [
        Choice(turn.words("button.practice_again"), "practice.begin", {"name": scenario.name}, reusable=True),
        turn.button("practice_others", "practice.start", reusable=True),
    ]
    fields = {
        "words": says,
        "good": str(played.good),
        "turns": str(len(scenario.exchanges)),
        "unkind": str(played.unkind),
        "answer": good,
        "steps": steps,
    }
    return Answer((turn.say("practice.over", row, fields=fields),))


async def stop(turn: Turn) -> Answer:
    """Enough for now."""
    _only_here(turn)
    row = [turn.button("practice_others", "practice.start", reusable=True)]
    return Answer((turn.say("practice.stopped", row),))
