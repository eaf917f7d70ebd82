"""Who speaks: the person, what they are to us, the household they speak of, and what their sentence says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.menus import open_to
from domain.messages import ENTERED, Audience, IncomingMessage
from domain.office import Office
from handlers.turn import Turn
from models import bills, dialogue, people
from models.inbox import Received
from models.scene import Scene, look
from understanding.reader import Reader
from understanding.reading import OUT_OF_SCOPE, Context, Guess, Reading
from understanding.rooms import names_another

# Of a label that the language model chose: enough to answer, too little to be believed silently.
CHOSEN_CONFIDENCE = 0.6
# Questions whose answer is a household's own: asked about another home they are refused.
ASKS = frozenset({"ask_amount", "ask_due", "ask_calculation", "ask_late_fee", "claim_paid"})


class Reception:
    """Turns a message into a Turn: everything a handler may know."""

    def __init__(self, office: Office, reader: Reader) -> None:
        self._office = office
        self._reader = reader

    async def meet(
        self, session: AsyncSession, row: Received, message: IncomingMessage, now: datetime
    ) -> tuple[Turn, Scene]:
        """Who wrote, what they are to us, and what we may tell them."""
        scene = await look(session, row.id, message.channel, message.chat, message.sender, now)
        group = None
        if message.audience is Audience.GROUP:
            group = await dialogue.group_of(session, message.channel, message.chat)
            if group is not None and group.audience == "staff":
                message = replace(message, audience=Audience.STAFF)
        member, contact, person = scene.staff, scene.contact, scene.person
        if message.audience is Audience.PRIVATE and message.event in ("", ENTERED):
            if member is not None and not member.chat:
                member.chat = message.chat
            if contact is not None and not message.event:
                await people.heard_from(session, contact, message.chat, now)
        households = await people.households_of(session, person.id) if person else []
        language = (person.language if person else "") or (households[0][0].language if households else "")
        turn = Turn(
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
            commands=open_to(member.role) if member is not None else None,
        )
        return turn, scene

    async def settle_household(self, turn: Turn, scene: Scene, label: str | None = None) -> None:
        state = scene.dialogue
        by_id = {account.id: account for account, _ in turn.households}
        if state is not None and state.account_id in by_id:
            turn.account = by_id[state.account_id]
        elif len(by_id) > 1:
            owing = await bills.bill_lines(turn.session, list(by_id), only_open=True)
            turn.account = by_id[owing[0].bill.account_id if owing else next(iter(by_id))]
        else:
            turn.account = next(iter(by_id.values()), None)
        if turn.message.text and not turn.message.text.startswith("/"):
            turn.reading = await self._read(turn, scene, label)

    async def _read(self, turn: Turn, scene: Scene, label: str | None) -> Reading:
        state = scene.dialogue
        items = await bills.items_of(turn.session, turn.account.id) if turn.account is not None else ()
        wording = self._office.wording
        called = {wording.fee(item, turn.language).lower() for item in items} - set(items)  # "the parking fee"
        context = Context(
            pending=(state.step or None) if state else None,
            last_kind=scene.last_kind,
            choices=tuple(label for _, label in json.loads(state.menu)) if state else (),
            fee_items=(*items, *sorted(called)),
        )
        reading = self._reader.read(turn.message.text, today=turn.today, context=context)
        if label not in (None, OUT_OF_SCOPE) and not reading.sure:
            chosen = (Guess(str(label), CHOSEN_CONFIDENCE),)
            reading = replace(reading, intents=chosen, reason=None, runner_up=0.0, told=())
        own = [(account.code, account.building, account.address) for account, _ in turn.households]
        money = ASKS | {OUT_OF_SCOPE} if reading.reason == "third_party" else ASKS  # then more than a guess
        asks = own and turn.staff is None and any(guess.intent in money for guess in reading.intents)
        if asks and names_another(turn.message.text, own):
            about_others = (Guess(OUT_OF_SCOPE, 1.0),)
            reading = replace(reading, intents=about_others, reason="third_party", runner_up=0.0, told=())
        return reading
