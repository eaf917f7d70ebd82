"""Which route: everything that a message may mean, in the order in which it is tried."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from domain.errors import Refusal
from domain.messages import Audience, IncomingMessage
from domain.roles import RIGHTS, Role
from handlers.gentle import listens
from handlers.turn import Route, Turn, allowed
from models import dialogue, misreadings, outbox
from models.dialogue import Button, Dialogue
from models.log import open_question
from models.scene import Scene
from understanding.asides import HARMLESS, OF_THIS_OFFICE, aside, details
from understanding.colleagues import asked
from understanding.despair import despairs
from understanding.reading import Reading
from understanding.situation import agrees, declines

TAKEN_OVER = "person.live"  # the step of a chat that a member of staff has taken over
NOT_BOUND, STAFF_ASKS = "not_bound", "staff_asks"  # of the routes that say so and that answer colleagues
UNKNOWN = "unknown"  # the intent of the route that says "I did not understand"
NEVER_OVERRULED = frozenset({"third_party", "injection"})
SOMETHING_ELSE = frozenset({"other_bill", "refund"})
# Questions that are answered from the household's own data.
PERSONAL_INTENTS = frozenset({"ask_amount", "ask_due", "ask_calculation", "claim_paid", "dispute_bill"})


@dataclass(frozen=True)
class Step:
    """One route to try, with what it gets. `heard`: the wish that led to it, when it was heard in free words.

    `instead`: the wishes of the same sentence that it answers as well; empty for all, None for none.
    """

    route: Route
    args: Mapping[str, str]
    argument: str = ""
    memory: Mapping[str, str] = field(default_factory=dict)
    heard: str = ""
    instead: frozenset[str] | None = None


_ACCOUNT = re.compile(r"(?=.*\d)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)+")  # 3-1201, GH-1-0401: no sentence is written so


class Router:
    """The routes, looked up by what a message may mean."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.commands = {word: route for route in routes for word in route.commands}
        self.intents: dict[str, list[Route]] = {}
        self.steps = {step: route for route in routes for step in route.steps}
        self.actions = {action: route for route in routes for action in route.actions}
        self.events = {event: route for route in routes for event in route.events}
        for route in routes:
            for intent in route.intents:
                self.intents.setdefault(intent, []).append(route)

    def is_command(self, text: str) -> bool:
        return text.startswith("/") or text.strip() in self.commands

    def is_urgent(self, text: str) -> bool:
        """A word that always wins: stop, a person."""
        route = self.commands.get(text.strip().removeprefix("/"))
        return route is not None and route.urgent

    async def meanings(self, turn: Turn, scene: Scene) -> AsyncIterator[Step]:
        """Everything the message may mean, in the order of DESIGN §3; the first that answers wins."""
        message, state = turn.message, scene.dialogue
        if message.event:
            if message.event in self.events:
                yield Step(self.events[message.event], message.event_fields)
            return
        if message.choice is not None:
            yield await self._pressed(turn, message.choice)
            return
        word, _, rest = message.text.strip().partition(" ")
        if word.startswith("/"):
            command = word[1:].partition("@")[0].lower()
            if (route := self._open(turn, self.commands.get(command))) is not None:
                yield Step(route, {}, rest.strip())
            yield Step(self.intents[UNKNOWN][0], {})
            return
        spoken = self._open(turn, self.commands.get(word))
        if spoken is not None and (rest and turn.staff is None):
            spoken = None  # a sentence that begins with a command word is a sentence, except from staff
        if turn.staff is not None and spoken is not None and rest and spoken in self.intents[NOT_BOUND]:
            spoken = None  # a resident's word from a colleague who is none
        if spoken is not None and spoken.urgent:
            yield Step(spoken, {}, rest.strip())
        # Colleagues talk in a staff group: only a command or the answer to a question is meant for us.
        understood = [] if overheard(message) else list(self._understood(turn))
        picked = None if overheard(message) else _picked(state, message.text)
        for step in understood:
            # a bare command word or the label of a button is no cry for help, whatever it reads like
            if step.route.urgent and spoken is None and picked is None:
                yield step
        if scene.taken_over and message.audience is Audience.PRIVATE and turn.staff is None:
            yield Step(self.steps[TAKEN_OVER], {})
        if picked is not None:
            yield await self._chosen(turn, picked)
            return
        if spoken is not None and turn.staff is not None and (not rest or _ACCOUNT.fullmatch(rest.strip())):
            # a colleague's command word, alone or with an account, is the command, whatever was asked before, as with a slash
            yield Step(spoken, {}, rest.strip())
        if state is not None and (route := self._open(turn, self.steps.get(state.step))) is not None:
            yield Step(route, {}, memory=json.loads(state.memory))
        if state is not None and len(message.text.strip()) == 1 and message.text.strip() in "123456789":
            menu = json.loads(state.menu)
            if int(message.text) <= len(menu):
                yield await self._chosen(turn, menu[int(message.text) - 1][0])
                return
        if spoken is not None:
            yield Step(spoken, {}, rest.strip())
            return
        if turn.staff is not None and not overheard(message) and (question := asked(message.text)) is not None:
            for route in self.intents.get(STAFF_ASKS, []):
                yield Step(route, question)
        if not any(step.route.urgent for step in understood):
            async for step in self._nodded(turn, scene):
                yield step
        for step in understood:
            if not step.route.urgent:
                yield step
        if not overheard(message):
            yield Step(self.intents[UNKNOWN][0], {}, heard=UNKNOWN)

    async def _nodded(self, turn: Turn, scene: Scene) -> AsyncIterator[Step]:
        """A bare yes or no: the answer to the question that was asked last, or a word that something was seen."""
        yes, no = agrees(turn.text), declines(turn.text)
        if turn.staff is not None or turn.reading is None or not (yes or no):
            return
        state = scene.dialogue
        asked = await open_question(turn.session, turn.here, state) if state is not None else None
        if asked is not None and yes:
            yield await self._chosen(turn, asked)
            return
        said = asked is not None or scene.last_kind is not None
        if said and (turn.reading.top.intent == "greet_thanks" or not turn.reading.sure):
            for route in self.intents.get("declined" if no else "acknowledged", []):
                if (opened := self._open(turn, route)) is not None:
                    yield Step(opened, {})

    def _understood(self, turn: Turn) -> Iterator[Step]:
        """The wishes of a sentence, in its order; in hard times somebody listens before anything is asked for."""
        reading = turn.reading
        if reading is None:
            return
        if turn.staff is None and despairs(turn.message.text):  # before anything else that the sentence may ask for
            yield Step(self.intents["despair"][0], {}, heard="despair", instead=frozenset())
        yield from self._aside(turn, reading)
        wishes = [guess.intent for guess in reading.intents] if reading.sure else [UNKNOWN]
        for wish in sorted(wishes, key=lambda name: reading.in_order.index(name) if name in reading.in_order else 0):
            hard = bool(turn.households) and listens(reading, wish)
            if wish == UNKNOWN and not hard:
                continue
            routes = self.intents.get("hard_times" if hard else wish, [])
            opened = (self._open(turn, route) for route in routes)
            said = details(wish, turn.message.text)
            yield from [Step(route, said, heard=wish) for route in opened if route is not None][:1]

    def _aside(self, turn: Turn, reading: Reading) -> Iterator[Step]:
        """What a resident says about the reminders themselves or about a matter under way, before what labels read."""
        if turn.staff is not None or not turn.households:
            return
        said = aside(turn.message.text)
        if said is not None and said.name in OF_THIS_OFFICE and reading.reason in SOMETHING_ELSE and reading.sure:
            return
        if said is not None and (reading.reason not in NEVER_OVERRULED or said.name in HARMLESS):
            yield Step(self.intents[said.name][0], said.args, heard=said.name, instead=said.instead)

    def _open(self, turn: Turn, route: Route | None) -> Route | None:
        """The route, unless it is the staff's and this is not one of them: staff words mean nothing to others."""
        if route is None:
            return None
        role = Role(turn.staff.role) if turn.staff else None
        rights = RIGHTS[role] if role else frozenset()
        if allowed(route, role, rights, bound=bool(turn.households)):
            return route
        if route.who == "resident":
            return self.intents["not_bound"][0]
        if turn.staff is not None:
            raise Refusal("staff.not_allowed", {"role": turn.words(f"role.{turn.staff.role}")})
        return None

    async def _pressed(self, turn: Turn, token: str) -> Step:
        """The route behind a button. Anything may arrive here: custom clients can send any bytes."""
        button = await turn.session.get(Button, token) if len(token) <= dialogue.TOKEN_LENGTH else None
        here = turn.message
        if button is None or (button.channel, button.chat) != (here.channel, here.chat):
            raise Refusal("button.expired")
        if button.user and button.user != here.sender:
            raise Refusal("button.not_yours")
        if button.expires_at < turn.now:
            raise Refusal("button.expired")
        route = self._open(turn, self.actions.get(button.action))
        if route is None:
            raise Refusal("button.not_yours")
        if button.outbox_id is not None:
            await outbox.delivered(turn.session, button.outbox_id, turn.now)  # whoever presses it has received it
        if button.single and not await dialogue.use_button(turn.session, token, turn.now):
            raise Refusal("button.used")
        args = json.loads(button.args)
        if meant := args.pop("meant", ""):
            await misreadings.keep(turn.session, args.get("text", ""), args.pop("read_as", ""), meant, turn.now)
        return Step(route, args)

    async def _chosen(self, turn: Turn, token: str) -> Step:
        """A button chosen by a digit, its label or a yes: what was typed says nothing more than that."""
        step = await self._pressed(turn, token)
        turn.reading = None
        return step

    async def meanings_in_group(self, turn: Turn) -> list[Step] | None:
        """In a residents' group: what to do, or None for talk that is not ours."""
        message = turn.message
        if message.choice is not None:
            return [await self._pressed(turn, message.choice)]
        if message.text.startswith("/"):
            command = message.text[1:].split(maxsplit=1)[0].partition("@")[0].lower() if len(message.text) > 1 else ""
            route = self.commands.get(command)
            if route is None or route.who not in ("anyone", "resident"):
                return None
            return [Step(route, {})]
        understood = list(self._understood(turn))
        if message.addressed:  # small talk gets the one line that is the same for everybody
            wishes = [step for step in understood if step.heard != "greet_thanks"]
            return wishes or [Step(self.commands["help"], {})]
        personal = [step for step in understood if step.route.who == "resident"]
        asks_about_money = intent_of(turn.reading) in PERSONAL_INTENTS
        return personal if turn.households and personal and asks_about_money else None


def overheard(message: IncomingMessage) -> bool:
    return message.audience is Audience.STAFF and not message.addressed


def intent_of(reading: Reading | None) -> str:
    return reading.intents[0].intent if reading and reading.intents else ""


def _picked(state: Dialogue | None, text: str) -> str | None:
    """The token of the button of the last menu whose label was typed, for channels and people without buttons."""
    menu: list[tuple[str, str]] = json.loads(state.menu) if state is not None else []
    said = text.strip().casefold()
    return next((token for token, label in menu if label.strip().casefold() == said), None)
