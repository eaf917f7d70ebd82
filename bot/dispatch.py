"""From stored updates to answers: each its own all-or-nothing, and what goes wrong is recorded, never raised."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from bot import answering
from bot.channels.channel import Channel
from bot.language_model import LanguageModel
from bot.reception import Reception
from bot.routing import NEVER_OVERRULED, Router, intent_of
from domain.clock import Clock
from domain.errors import Refusal
from domain.flood import Flood, Flow
from domain.messages import Answer, Audience, IncomingMessage
from domain.office import Office
from domain.redaction import redact
from handlers import alarm
from handlers.routes import ROUTES
from handlers.still_asked import with_the_day
from handlers.turn import Route
from models import dialogue, inbox, misreadings, staff
from models.base import Database
from models.inbox import Inbox, InboxState, Received
from understanding.reader import Reader

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Heard:
    """An update as its channel reads it."""

    row: Received
    channel: Channel
    message: IncomingMessage


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
        self._channels = channels
        self._clock = clock
        self._wake = wake
        self._reception = Reception(office, reader)
        self._router = Router(routes)
        self._language_model = language_model
        self._flood = Flood()

    async def handle(self, inbox_id: int) -> bool:
        """Answer one stored update. What goes wrong is recorded on its row, never raised; False: it is to be retried."""
        async with self._database.glance() as session:
            row = await inbox.still_waiting(session, inbox_id)
        heard = await self._hear(row) if row is not None else None
        return True if heard is None else await self._answer(heard)

    async def handle_all(self, rows: Sequence[Received]) -> int:
        """Answer updates that were just read, in their order; returns how many are to be retried."""
        found = [heard for row in rows if (heard := await self._hear(row)) is not None]
        if len(found) > 1 and self._language_model is None:
            try:
                await self._answer_together(found)
            except Refusal:
                log.debug("answered one by one", updates=len(found))  # a rule says no to one of them, now and then
            except Exception as wrong:
                log.warning("answered one by one", updates=len(found), error=type(wrong).__name__)
            else:
                return 0
        return [await self._answer(heard) for heard in found].count(False)

    async def _hear(self, row: Received) -> Heard | None:
        """What there is to answer. What needs no answer is settled here."""
        channel = self._channels.get(row.channel)
        if channel is None:
            await self._close(row, handler="channel_off")  # switched off since: its old questions block nobody
            return None
        message = channel.parse(row.payload)
        if message is None:
            await self._close(row, handler="nothing")
            return None
        sender, urgent = f"{message.channel}/{message.sender}", self._router.is_urgent(message.text)
        flow = self._flood.take(
            sender, row.received_at, urgent=urgent
        )  # a word that always wins is heard in a flood, too
        heard = Heard(row, channel, replace(message, external_id=row.external_id))
        if flow is not Flow.ANSWER:
            await self._hush(heard, tell=flow is Flow.TELL and message.audience is Audience.PRIVATE)
            return None
        return heard

    async def _answer_together(self, found: Sequence[Heard]) -> None:
        """One commit for several updates, which is what takes longest.

        Raises what a turn raises; nothing is kept then, and nothing has been said.
        """
        toasts = []
        async with self._database.write_together() as each:
            for heard in found:
                async with each() as session:
                    toasts.append(await self._turn(session, heard, self._clock.now(), None))
        await asyncio.gather(*(self._answered(heard, toast) for heard, toast in zip(found, toasts, strict=True)))

    async def _answer(self, heard: Heard) -> bool:
        toast, now = "", self._clock.now()
        try:
            label = await self._second_opinion(heard)
            try:
                async with self._database.write() as session:
                    toast = await self._turn(session, heard, now, label)
            except Refusal as refused:
                async with self._database.write() as session:
                    toast = await self._refuse(session, heard, refused, now)
        except Exception as wrong:
            if not await self._failed(heard, wrong):
                return False
        await self._answered(heard, toast)
        return True

    async def _answered(self, heard: Heard, toast: str) -> None:
        self._wake(heard.row.channel)
        if heard.message.press_id:
            await heard.channel.acknowledge(heard.message, toast)

    async def _turn(self, session: AsyncSession, heard: Heard, now: datetime, label: str | None) -> str:
        """One message from who speaks to what is said; returns the note for a pressed button."""
        row = heard.row
        turn, scene = await self._reception.meet(session, row, heard.message, now)
        if not scene.waiting:
            return ""  # handled by another process meanwhile
        await self._reception.settle_household(turn, scene, label)
        private, message = turn, turn.message
        talk = message.audience is Audience.GROUP and not message.event
        found = await self._router.meanings_in_group(turn) if talk else None
        answer, used = await answering.run(
            turn, answering.each(found or ()) if talk else self._router.meanings(turn, scene)
        )
        if found is None if talk else used is None and not message.addressed:
            await answering.note(session, row, turn, "not_addressed", "", now, forget=True)
            return ""
        if message.audience is Audience.GROUP and used is not None and Audience.GROUP not in used.audiences:
            private = await answering.in_private(turn, found or (), self._wake)
        else:
            if used is not None and used.passing:
                answer = await with_the_day(turn, scene.dialogue, answer)
            await answering.say(turn, await alarm.along(turn, answer), self._wake)
        await answering.note(session, row, private, used.name if used else "none", intent_of(turn.reading), now)
        return answer.toast

    async def _refuse(self, session: AsyncSession, heard: Heard, refused: Refusal, now: datetime) -> str:
        """Word a rule's no, and keep it in the audit log. At a button in a group only its presser sees it."""
        turn, scene = await self._reception.meet(session, heard.row, heard.message, now)
        if not scene.waiting:
            return ""
        await staff.audit(session, turn.actor, "refused", refused.template, now)
        words = turn.refusal(refused)
        at_button = heard.message.choice is not None and heard.message.audience is not Audience.PRIVATE
        if not at_button:
            await answering.say(turn, await alarm.along(turn, Answer((words,))), self._wake)
        await answering.note(session, heard.row, turn, "refused", "", now)
        return words.text if at_button else ""

    async def _second_opinion(self, heard: Heard) -> str | None:
        """What the language model, where one is on, makes of a sentence that the reader is unsure of.

        Asked before the transaction, without anything that identifies; each use stands in the log and in the audit log.
        """
        message, row = heard.message, heard.row
        plain = bool(message.text) and message.choice is None and not message.event
        if self._language_model is None or not plain or message.audience is not Audience.PRIVATE:
            return None
        if self._router.is_command(message.text):
            return None
        now = self._clock.now()
        async with self._database.read() as session:
            # An event changes nothing of a contact: this only looks.
            turn, scene = await self._reception.meet(session, row, replace(message, event="second_opinion"), now)
            state = scene.dialogue
            busy = turn.staff is not None or not turn.households or (state is not None and state.step)
            if busy or await dialogue.live_takeover(session, message.channel, message.chat) is not None:
                return None
            await self._reception.settle_household(turn, scene)
            if turn.reading is None or turn.reading.sure or turn.reading.reason in NEVER_OVERRULED:
                return None
            words = redact(message.text, await misreadings.names_in(session, message.text))
        opinion = await self._language_model.choose(words)
        said = {"outcome": opinion.outcome, "label": opinion.label, "milliseconds": opinion.milliseconds}
        log.info("language model asked", inbox_id=row.id, **said)
        async with self._database.write() as session:
            await staff.audit(session, "language_model", "language_model.asked", f"inbox/{row.id}", now, said)
        return opinion.label

    # what is not answered, or not yet

    async def _close(self, row: Received, handler: str) -> None:
        async with self._database.write() as session:
            await inbox.finish(session, row.id, handler=handler, handled_at=self._clock.now())

    async def _hush(self, heard: Heard, *, tell: bool) -> None:
        """Leave a message of a flood unanswered; the first one hears why."""
        if tell:
            async with self._database.write() as session:
                turn, scene = await self._reception.meet(session, heard.row, heard.message, self._clock.now())
                if scene.waiting:
                    await answering.say(turn, Answer((turn.say("flood.told"),)), self._wake)
            self._wake(heard.row.channel)
        await self._close(heard.row, handler="dropped")

    async def _failed(self, heard: Heard, wrong: Exception) -> bool:
        """A fault of ours: try again a few times, then apologise with a reference that the log knows too.

        False: try again.
        """
        reference, row_id = secrets.token_hex(3), heard.row.id
        log.error("handler failed", reference=reference, inbox_id=row_id, exc_info=wrong)
        now = self._clock.now()
        async with self._database.write() as session:
            kept = await session.get(Inbox, row_id)
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
                turn, _ = await self._reception.meet(session, heard.row, heard.message, now)
                if heard.message.audience is not Audience.GROUP:
                    await answering.say(turn, Answer((turn.say("error.sorry", reference=reference),)), self._wake)
        except Exception as worse:
            log.error("apology failed", reference=reference, inbox_id=row_id, exc_info=worse)
        return True
