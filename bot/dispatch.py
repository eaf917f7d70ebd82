"""One incoming message, one transaction, one Answer: who is it, which route, what to say, all or nothing."""

from __future__ import annotations

import json
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels.channel import Channel
from bot.language_model import LanguageModel
from domain import keys
from domain.clock import Clock
from domain.errors import Refusal
from domain.messages import Answer, Attachment, Audience, Choice, IncomingMessage
from domain.office import Office
from domain.redaction import redact
from domain.roles import RIGHTS, Role
from handlers.gentle import listens, softened
from handlers.routes import ROUTES
from handlers.turn import Route, Turn, allowed
from handlers.unclear import doubted
from models import bills, dialogue, inbox, misreadings, outbox, people, staff
from models.base import Database
from models.dialogue import Button, Dialogue
from models.inbox import Inbox, InboxState
from models.log import last_kind, open_question
from models.posting import post
from understanding.reader import Reader
from understanding.reading import OUT_OF_SCOPE, Context, Guess, Reading
from understanding.rooms import names_another
from understanding.situation import agrees, declines

log = structlog.get_logger(__name__)
MESSAGES_PER_MINUTE = 20  # per person; what comes faster is dropped in silence
INTENTS_ANSWERED = 2  # a message with more wishes than this is answered for the first ones
TAKEN_OVER = "person.live"  # the step of a chat that a member of staff has taken over
UNKNOWN = "unknown"  # the intent of the route that says "I did not understand"
CHOSEN_CONFIDENCE = (
    0.6  # of a label that the language model chose: enough to answer, too little to be believed silently
)
NEVER_OVERRULED = frozenset({"third_party", "injection"})
# Questions whose answer is a household's own: asked about another home they are refused.
ASKS = frozenset({"ask_amount", "ask_due", "ask_calculation", "ask_late_fee", "claim_paid"})


@dataclass(frozen=True)
class Step:
    """One route to try, with what it gets. `heard`: the wish that led to it, when it was heard in free words."""

    route: Route
    args: Mapping[str, str]
    argument: str = ""
    memory: Mapping[str, str] = field(default_factory=dict)
    heard: str = ""


class Table:
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


class Dispatcher:
    """Turns stored updates into answers. `wake` is called with the channels that got something to send."""

    def __init__(
        self,
        database: Database,
        office: Office,
        reader: Reader,
        channels: Mapping[str, Channel],
        clock: Clock,
        wake: Callable[[str], None] = lambda channel: None,
        routes: Sequence[Route] = ROUTES,
        language_model: LanguageModel | None = None,
    ) -> None:
        self._database = database
        self._office = office
        self._reader = reader
        self._channels = channels
        self._clock = clock
        self._wake = wake
        self._table = Table(routes)
        self._language_model = language_model
        self._lately: dict[tuple[str, str], deque[datetime]] = {}

    async def handle(self, inbox_id: int) -> bool:
        """Answer one stored update. What goes wrong is recorded on its row, never raised; False: it is to be retried."""
        async with self._database.read() as session:
            row = await session.get(Inbox, inbox_id)
        if row is None or row.state != InboxState.RECEIVED:
            return True
        channel = self._channels.get(row.channel)
        if channel is None:
            await self._close(row, handler="channel_off")  # switched off since: its old questions block nobody
            return True
        message = channel.parse(row.payload)
        if message is None or self._flooding(message, row.received_at):
            await self._close(row, handler="dropped" if message else "nothing")
            return True
        message = replace(message, external_id=row.external_id)
        toast = ""
        try:
            label = await self._second_opinion(row, message)
            toast = await self._answer(row, message, label)
        except Exception as wrong:
            if not await self._failed(row, message, wrong):
                return False
        self._wake(row.channel)
        if message.press_id:
            await channel.acknowledge(message, toast)
        return True

    async def _second_opinion(self, row: Inbox, message: IncomingMessage) -> str | None:
        """What the language model, where one is on, makes of a sentence that the reader is unsure of.

        Asked before the transaction, without anything that identifies; each use stands in the log and in the audit log.
        """
        command = message.text.startswith("/") or message.text.strip() in self._table.commands
        plain = bool(message.text) and message.choice is None and not message.event and not command
        if self._language_model is None or not plain or message.audience is not Audience.PRIVATE:
            return None
        now = self._clock.now()
        async with self._database.read() as session:
            # An event changes nothing of a contact: this only looks.
            turn = await self._meet(session, row, replace(message, event="second_opinion"), now)
            state = await self._state(session, message, now)
            busy = turn.staff is not None or not turn.households or (state is not None and state.step)
            if busy or await dialogue.live_takeover(session, message.channel, message.chat) is not None:
                return None
            await self._current_household(turn, state)
            if turn.reading is None or turn.reading.sure or turn.reading.reason in NEVER_OVERRULED:
                return None
            words = redact(message.text, await misreadings.names_in(session, message.text))
        opinion = await self._language_model.choose(words)
        said = {"outcome": opinion.outcome, "label": opinion.label, "milliseconds": opinion.milliseconds}
        log.info("language model asked", inbox_id=row.id, **said)
        async with self._database.write() as session:
            await staff.audit(session, "language_model", "language_model.asked", f"inbox/{row.id}", now, said)
        return opinion.label

    async def _answer(self, row: Inbox, message: IncomingMessage, label: str | None = None) -> str:
        now = self._clock.now()
        try:
            async with self._database.write() as session:
                return await self._turn(session, row, message, now, label)
        except Refusal as refused:
            async with self._database.write() as session:
                return await self._refuse(session, row, message, refused, now)

    async def _refuse(
        self, session: AsyncSession, row: Inbox, message: IncomingMessage, refused: Refusal, now: datetime
    ) -> str:
        """Word a rule's no, and keep it in the audit log. At a button in a group only its presser sees it."""
        if not await self._is_new(session, row):
            return ""
        turn = await self._meet(session, row, message, now)
        await staff.audit(session, turn.actor, "refused", refused.template, now)
        words = turn.refusal(refused)
        at_button = message.choice is not None and message.audience is not Audience.PRIVATE
        if not at_button:
            await self._say(turn, Answer((words,)))
        await self._note(session, row, turn, "refused", "", now)
        return words.text if at_button else ""

    async def _is_new(self, session: AsyncSession, row: Inbox) -> bool:
        """Not handled by another process meanwhile; locked, so that none begins now."""
        fresh = await session.get(Inbox, row.id, with_for_update=True)
        return fresh is not None and fresh.state == InboxState.RECEIVED

    async def _state(self, session: AsyncSession, message: IncomingMessage, now: datetime) -> Dialogue | None:
        state = await dialogue.dialogue_of(session, message.channel, message.chat, message.sender)
        return state if state is not None and state.until >= now else None

    async def _turn(
        self, session: AsyncSession, row: Inbox, message: IncomingMessage, now: datetime, label: str | None
    ) -> str:
        if not await self._is_new(session, row):
            return ""
        turn = await self._meet(session, row, message, now)
        state = await self._state(session, message, now)
        await self._current_household(turn, state, label)
        private = turn
        if turn.message.audience is Audience.GROUP and not message.event:
            found = await self._group_steps(turn)
            if found is None:
                await self._note(session, row, turn, "not_addressed", "", now, forget=True)
                return ""
            answer, used = await self._run(turn, _each(found))
        else:
            found = []
            answer, used = await self._run(turn, self._steps(turn, state))
            if used is None and not turn.message.addressed:
                await self._note(session, row, turn, "not_addressed", "", now, forget=True)
                return ""
        if turn.message.audience is Audience.GROUP and used is not None and Audience.GROUP not in used.audiences:
            private = await self._in_private(turn, found)
        else:
            await self._say(turn, answer)
        await self._note(session, row, private, used.name if used else "none", _intent(turn.reading), now)
        return answer.toast

    # who

    async def _meet(self, session: AsyncSession, row: Inbox, message: IncomingMessage, now: datetime) -> Turn:
        """Who wrote, what they are to us, and what we may tell them."""
        group = None
        if message.audience is Audience.GROUP:
            group = await dialogue.group_of(session, message.channel, message.chat)
            if group is not None and group.audience == "staff":
                message = replace(message, audience=Audience.STAFF)
        member = await staff.staff_by_user(session, message.channel, message.sender)
        contact = await people.contact_of(session, message.channel, message.sender)
        person = await session.get(people.Person, contact.person_id) if contact else None
        if message.audience is Audience.PRIVATE and not message.event:
            if member is not None and not member.chat:
                member.chat = message.chat
            if contact is not None:
                contact.last_heard_at, contact.state, contact.chat = now, "ok", message.chat
        households = await people.households_of(session, person.id) if person else []
        language = (person.language if person else "") or (households[0][0].language if households else "")
        return Turn(
            message=message,
            session=session,
            now=now,
            office=self._office,
            inbox_id=row.id,
            language=language or message.language or "zh",
            person=person,
            contact=contact,
            staff=member,
            households=households,
        )

    async def _current_household(self, turn: Turn, state: Dialogue | None, label: str | None = None) -> None:
        by_id = {account.id: account for account, _ in turn.households}
        if state is not None and state.account_id in by_id:
            turn.account = by_id[state.account_id]
        elif by_id:
            owing = await bills.bill_lines(turn.session, list(by_id), only_open=True)
            turn.account = by_id[owing[0].bill.account_id if owing else next(iter(by_id))]
        if turn.message.text and not turn.message.text.startswith("/"):
            turn.reading = await self._read(turn, state, label)

    async def _read(self, turn: Turn, state: Dialogue | None, label: str | None) -> Reading:
        items: tuple[str, ...] = ()
        if turn.account is not None:
            items = tuple({line.bill.item for line in await bills.bill_lines(turn.session, [turn.account.id])})
        context = Context(
            pending=(state.step or None) if state else None,
            last_kind=await last_kind(turn.session, turn.here, turn.now),
            choices=tuple(label for _, label in json.loads(state.menu)) if state else (),
            fee_items=items,
        )
        reading = self._reader.read(turn.message.text, today=turn.today, context=context)
        if label not in (None, OUT_OF_SCOPE) and not reading.sure:
            chosen = (Guess(str(label), CHOSEN_CONFIDENCE),)
            reading = replace(reading, intents=chosen, reason=None, runner_up=0.0, told=())
        own = [(account.code, account.building, account.address) for account, _ in turn.households]
        asks = own and turn.staff is None and any(guess.intent in ASKS for guess in reading.intents)
        if asks and names_another(turn.message.text, own):
            about_others = (Guess(OUT_OF_SCOPE, 1.0),)
            reading = replace(reading, intents=about_others, reason="third_party", runner_up=0.0, told=())
        return reading

    # which route

    async def _steps(self, turn: Turn, state: Dialogue | None) -> AsyncIterator[Step]:
        """Everything the message may mean, in the order of DESIGN §3; the first that answers wins."""
        message = turn.message
        if message.event:
            if message.event in self._table.events:
                yield Step(self._table.events[message.event], message.event_fields)
            return
        if message.choice is not None:
            yield await self._pressed(turn, message.choice)
            return
        word, _, rest = message.text.strip().partition(" ")
        if word.startswith("/"):
            command = word[1:].partition("@")[0].lower()
            if (route := self._open(turn, self._table.commands.get(command))) is not None:
                yield Step(route, {}, rest.strip())
            yield Step(self._table.intents[UNKNOWN][0], {})
            return
        spoken = self._open(turn, self._table.commands.get(word))
        if spoken is not None and (rest and turn.staff is None):
            spoken = None  # a sentence that begins with a command word is a sentence, except from staff
        if spoken is not None and spoken.urgent:
            yield Step(spoken, {}, rest.strip())
        # Colleagues talk in a staff group: only a command or the answer to a question is meant for us.
        understood = [] if overheard(message) else list(self._understood(turn))
        picked = None if overheard(message) else _picked(state, message.text)
        for step in understood:
            # a bare command word or the label of a button is no cry for help, whatever it reads like
            if step.route.urgent and spoken is None and picked is None:
                yield step
        taken = await dialogue.live_takeover(turn.session, message.channel, message.chat)
        if taken is not None and taken.state == "live" and message.audience is Audience.PRIVATE and turn.staff is None:
            yield Step(self._table.steps[TAKEN_OVER], {})
        if picked is not None:
            yield await self._chosen(turn, picked)
            return
        if state is not None and (route := self._open(turn, self._table.steps.get(state.step))) is not None:
            yield Step(route, {}, memory=json.loads(state.memory))
        if state is not None and len(message.text.strip()) == 1 and message.text.strip() in "123456789":
            menu = json.loads(state.menu)
            if int(message.text) <= len(menu):
                yield await self._chosen(turn, menu[int(message.text) - 1][0])
                return
        if spoken is not None:
            yield Step(spoken, {}, rest.strip())
            return
        if not any(step.route.urgent for step in understood):
            async for step in self._nodded(turn, state):
                yield step
        for step in understood:
            if not step.route.urgent:
                yield step
        if not overheard(message):
            yield Step(self._table.intents[UNKNOWN][0], {}, heard=UNKNOWN)

    async def _nodded(self, turn: Turn, state: Dialogue | None) -> AsyncIterator[Step]:
        """A bare yes or no: the answer to the question that was asked last, or a word that something was seen."""
        yes, no = agrees(turn.text), declines(turn.text)
        if turn.staff is not None or turn.reading is None or not (yes or no):
            return
        asked = await open_question(turn.session, turn.here, state) if state is not None else None
        if asked is not None and yes:
            yield await self._chosen(turn, asked)
            return
        said = asked is not None or await last_kind(turn.session, turn.here, turn.now) is not None
        if said and (turn.reading.top.intent == "greet_thanks" or not turn.reading.sure):
            for route in self._table.intents.get("declined" if no else "acknowledged", []):
                if (opened := self._open(turn, route)) is not None:
                    yield Step(opened, {})

    def _understood(self, turn: Turn) -> Iterator[Step]:
        """The wishes of a sentence, in its order; in hard times somebody listens before anything is asked for."""
        reading = turn.reading
        if reading is None:
            return
        wishes = [guess.intent for guess in reading.intents[:INTENTS_ANSWERED]] if reading.sure else [UNKNOWN]
        for wish in sorted(wishes, key=lambda name: reading.in_order.index(name) if name in reading.in_order else 0):
            hard = bool(turn.households) and listens(reading, wish)
            if wish == UNKNOWN and not hard:
                continue
            routes = self._table.intents.get("hard_times" if hard else wish, [])
            opened = (self._open(turn, route) for route in routes)
            yield from [Step(route, {}, heard=wish) for route in opened if route is not None][:1]

    def _open(self, turn: Turn, route: Route | None) -> Route | None:
        """The route, unless it is the staff's and this is not one of them: staff words mean nothing to others."""
        if route is None:
            return None
        role = Role(turn.staff.role) if turn.staff else None
        rights = RIGHTS[role] if role else frozenset()
        if allowed(route, role, rights, bound=bool(turn.households)):
            return route
        if route.who == "resident":
            return self._table.intents["not_bound"][0]
        if turn.staff is not None:
            raise Refusal("staff.not_allowed", {"role": turn.staff.role})
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
        route = self._open(turn, self._table.actions.get(button.action))
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

    # groups

    async def _group_steps(self, turn: Turn) -> list[Step] | None:
        """In a residents' group: what to do, or None for talk that is not ours."""
        message = turn.message
        if message.choice is not None:
            return [await self._pressed(turn, message.choice)]
        if message.text.startswith("/"):
            command = message.text[1:].split(maxsplit=1)[0].partition("@")[0].lower() if len(message.text) > 1 else ""
            route = self._table.commands.get(command)
            if route is None or route.who not in ("anyone", "resident"):
                return None
            return [Step(route, {})]
        understood = list(self._understood(turn))
        if message.addressed:
            return understood or [Step(self._table.commands["help"], {})]
        personal = [step for step in understood if step.route.who == "resident"]
        asks_about_money = _intent(turn.reading) in PERSONAL_INTENTS
        return personal if turn.households and personal and asks_about_money else None

    async def _in_private(self, turn: Turn, steps: Sequence[Step]) -> Turn:
        """Answer a personal question in the private chat first, then say so in the group."""
        if turn.contact is None or turn.contact.state != "ok" or not turn.households:
            link = self._office.start_link(turn.message.channel, "hello")
            rows = [[Choice(turn.words("button.open_private"), url=link)]] if link else []
            await self._say(turn, Answer((turn.say("group.open_private", *rows),)))
            return turn
        quiet = replace(turn.message, chat=turn.contact.chat, audience=Audience.PRIVATE, press_id="", message_id="")
        private = replace(turn, message=quiet)
        try:
            async with turn.session.begin_nested():
                answer, _ = await self._run(private, _each(steps))
        except Refusal as refused:  # its words may speak of the household, too
            await staff.audit(turn.session, turn.actor, "refused", refused.template, turn.now)
            answer = Answer((private.refusal(refused),))
        told = await self._say(private, answer)
        note = Answer((turn.say("group.answered_privately"),))
        await self._say(turn, note, first=len(answer.messages), after=told)
        return private

    # say

    async def _run(self, turn: Turn, steps: AsyncIterator[Step]) -> tuple[Answer, Route | None]:
        """Run the routes until one answers; a second understood wish of the same message is answered too.

        The steps are found one by one: what comes after the answer (a digit's button) is not touched.
        """
        together = Answer()
        used: Route | None = None
        heard = ""
        async for step in steps:
            if used is not None and step.heard in ("", UNKNOWN):
                break
            if step.route is used:
                continue
            if turn.message.audience is Audience.GROUP and Audience.GROUP not in step.route.audiences:
                return together, step.route  # answered in private by the caller
            if turn.message.audience is Audience.STAFF and Audience.STAFF not in step.route.audiences:
                continue  # colleagues read along: nothing of a household's own conversation
            turn.args, turn.argument, turn.memory = step.args, step.argument, step.memory
            answer = await step.route.handler(turn)
            if answer is None:
                continue
            together = Answer(
                (*together.messages, *answer.messages),
                answer.expect or together.expect,
                answer.memory or together.memory,
                answer.toast or together.toast,
            )
            used, heard = used or step.route, heard or step.heard
            if heard in ("", UNKNOWN):
                break  # what the message might mean besides is not even looked up: that would press a button
        return doubted(turn, heard, softened(turn, together)) if heard else together, used

    async def _say(self, turn: Turn, answer: Answer, first: int = 0, after: int | None = None) -> int | None:
        """Write the answer into the outbox, with its buttons, and keep where the conversation stands.

        Returns the last row to the person; `after`: the row that has to arrive before this answer.
        """
        menu: tuple[tuple[str, str], ...] | None = None
        told: int | None = None
        for number, message in enumerate(answer.messages, start=first):
            posted = await post(
                turn.session,
                message.to or turn.here,
                message,
                key=keys.reply(turn.message.channel, turn.message.external_id, number),
                now=turn.now,
                button_user=turn.message.sender if message.to is None else "",
                context=outbox.Context(
                    person_id=turn.person.id if turn.person and message.to is None else None,
                    account_id=message.about,
                    inbox_id=turn.inbox_id,
                    reason="answer",
                ),
                edits=turn.message.message_id if message.edit else "",
                after=after,
            )
            if message.to is None:
                menu, told = posted.menu, posted.last_id
            else:
                self._wake(message.to.channel)
        await dialogue.remember(
            turn.session,
            turn.message.channel,
            turn.message.chat,
            turn.message.sender,
            turn.now,
            step=answer.expect,
            memory=answer.memory,
            menu=menu or None,
            account_id=turn.account.id if turn.account else None,
        )
        return told

    # the row

    async def _note(
        self,
        session: AsyncSession,
        row: Inbox,
        turn: Turn,
        handler: str,
        intent: str,
        now: datetime,
        *,
        forget: bool = False,
    ) -> None:
        """What the log keeps of this message: nothing of a group's talk that was not addressed to us."""
        kept = await session.get(Inbox, row.id)
        assert kept is not None
        message = turn.message
        kept.state, kept.handled_at, kept.payload = InboxState.DONE, now, ""
        kept.chat, kept.user, kept.audience = message.chat, message.sender, message.audience.value
        kept.handler, kept.intent = handler, intent
        if forget:
            kept.user = ""
            return
        kept.text = message.text or _described(message)
        kept.person_id = turn.person.id if turn.person else None
        kept.account_id = turn.account.id if turn.account else None

    async def _close(self, row: Inbox, handler: str) -> None:
        async with self._database.write() as session:
            kept = await session.get(Inbox, row.id)
            if kept is not None:
                kept.state, kept.handler, kept.payload = InboxState.DONE, handler, ""
                kept.handled_at = self._clock.now()

    async def _failed(self, row: Inbox, message: IncomingMessage, wrong: Exception) -> bool:
        """A fault of ours: try again a few times, then apologise with a reference that the log knows too.

        False: try again.
        """
        reference = secrets.token_hex(3)
        log.error("handler failed", reference=reference, inbox_id=row.id, exc_info=wrong)
        now = self._clock.now()
        async with self._database.write() as session:
            kept = await session.get(Inbox, row.id)
            if kept is None or kept.state != InboxState.RECEIVED:
                return True
            kept.tries += 1
            kept.error = f"{reference} {type(wrong).__name__}"
            if kept.tries < inbox.TRIES_MAX:
                return False
            kept.state, kept.handled_at = InboxState.FAILED, now
        # In a transaction of its own: whatever is wrong with this chat, the row is settled.
        try:
            async with self._database.write() as session:
                turn = await self._meet(session, row, message, now)
                if message.audience is not Audience.GROUP:
                    await self._say(turn, Answer((turn.say("error.sorry", reference=reference),)))
        except Exception as worse:
            log.error("apology failed", reference=reference, inbox_id=row.id, exc_info=worse)
        return True

    def _flooding(self, message: IncomingMessage, at: datetime) -> bool:
        lately = self._lately.setdefault((message.channel, message.sender), deque(maxlen=MESSAGES_PER_MINUTE + 1))
        lately.append(at)
        if len(self._lately) > 10_000:
            self._lately.clear()
        return len(lately) > MESSAGES_PER_MINUTE and lately[-1] - lately[0] < timedelta(minutes=1)


def overheard(message: IncomingMessage) -> bool:
    return message.audience is Audience.STAFF and not message.addressed


async def _each(steps: Sequence[Step]) -> AsyncIterator[Step]:
    for step in steps:
        yield step


# Questions that are answered from the household's own data.
PERSONAL_INTENTS = frozenset({"ask_amount", "ask_due", "ask_calculation", "claim_paid", "dispute_bill"})


def _intent(reading: Reading | None) -> str:
    return reading.intents[0].intent if reading and reading.intents else ""


def _picked(state: Dialogue | None, text: str) -> str | None:
    """The token of the button of the last menu whose label was typed, for channels and people without buttons."""
    menu: list[tuple[str, str]] = json.loads(state.menu) if state is not None else []
    said = text.strip().casefold()
    return next((token for token, label in menu if label.strip().casefold() == said), None)


def _described(message: IncomingMessage) -> str:
    if message.choice is not None:
        return "[button]"
    attachment: Attachment | None = message.attachment
    return f"[{attachment.kind}]" if attachment else f"[{message.event}]"
