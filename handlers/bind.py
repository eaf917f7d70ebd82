"""Joining a chat account to a household: by a one-time token and the last four digits of the phone on file."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import timedelta

from domain import keys
from domain.messages import Answer, Choice, OutgoingMessage
from domain.personal import manner_of
from domain.roles import Member
from domain.wording import short_room, tongue
from handlers import bill, stop
from handlers import help as helping
from handlers.household import press
from handlers.notes import at_desk, beside, send, to_staff
from handlers.steps import talks_with_staff
from handlers.turn import Turn
from models import people
from models.accounts import Account
from models.people import Binding, Contact, Invite, Person
from models.staff import audit, open_task

DIGITS = 4
LOOK_WITHIN = timedelta(days=1)
LINKS = ("bill", "hello")  # what the links under group posts carry


async def start(turn: Turn) -> Answer:
    """`/start`, with a token or without."""
    if turn.argument and turn.argument not in LINKS:
        return await redeem(turn, turn.argument.split()[0])
    if turn.households:
        offered = None if turn.argument else await stop.again(turn)
        return offered or (await bill.show(turn) if turn.argument else await helping.show(turn))
    if turn.staff is not None:
        return Answer((turn.say("bind.staff", name=turn.staff.name),))
    fields = {"office": turn.office.name, "id": turn.message.sender, "hotline": turn.office.hotline}
    return Answer((turn.say("bind.stranger", (asking(turn),), fields=fields),))


async def entered(turn: Turn) -> Answer:
    """Somebody opens the app and says nothing: there is nothing to say back."""
    return Answer()


def asking(turn: Turn) -> Choice:
    return turn.button("ask_binding", "bind.ask", reusable=True)


async def for_family(turn: Turn) -> Answer | None:
    """ "Can my wife see the bill, too?": everybody is bound by themselves, and this is how."""
    if await talks_with_staff(turn):
        return None
    role = next((bound.role for mine, bound in turn.households if mine.id == turn.household.id), Member.OWNER)
    link = turn.office.start_link(turn.message.channel)
    fields = {
        "channel": turn.words(f"channel.{turn.message.channel}"),
        "link": turn.words("bind.link", link=link) if link else "",
        "owner": turn.words("bind.owner_is_asked") if role == Member.TENANT else "",
    }
    row = (turn.button("person", "person.ask", reusable=True),)
    return Answer((turn.say("bind.for_family", row, fields=fields),))


async def needed(turn: Turn) -> Answer:
    """A stranger asked something that only a bound person may hear."""
    return Answer((turn.say("bind.needed_first", (asking(turn),), hotline=turn.office.hotline),))


async def redeem(turn: Turn, token: str) -> Answer:
    """A token: unknown, expired and used ones all get the same words."""
    invite = await people.invite_of(turn.session, token[:64])
    account = await turn.session.get(Account, invite.account_id) if invite else None
    if invite is None or account is None:
        return unusable(turn)
    if turn.person is None and account.language:
        turn.language = account.language
    if any(bound.id == account.id for bound, _ in turn.households):
        turn.account = account
        return Answer((turn.say("bind.already", fields=turn.called()), await bill.overview(turn)))
    if invite.used_at is not None or invite.expires_at <= turn.now or await people.guessed_at(turn.session, invite):
        return unusable(turn)
    if not last_digits(account.phone):
        return await welcome(turn, invite, account, verified=False)
    question = turn.say("bind.digits", room=short_room(account.room))
    return Answer((question,), expect="bind.digits", memory={"invite": str(invite.id)})


def unusable(turn: Turn) -> Answer:
    return Answer((turn.say("bind.unusable", (asking(turn),), hotline=turn.office.hotline),))


async def digits(turn: Turn) -> Answer | None:
    """The answer to the last-four question. A wrong one hears no hint of what would have been right."""
    invite = await turn.session.get(Invite, int(turn.memory["invite"]))
    account = await turn.session.get(Account, invite.account_id) if invite else None
    if invite is None or account is None or await people.guessed_at(turn.session, invite):
        return unusable(turn)
    typed = all_digits(unicodedata.normalize("NFKC", turn.text))
    if turn.person is None and account.language:
        turn.language = account.language
    if len(typed) < DIGITS:
        if turn.reading is not None and turn.reading.sure:
            return None
        question = turn.say("bind.digits", room=short_room(account.room))
        return Answer((question,), expect="bind.digits", memory=turn.memory)
    here = turn.message
    if await people.binding_locked(turn.session, here.channel, here.sender, turn.now):
        await audit(turn.session, turn.actor, "bind.locked", f"account/{account.id}", turn.now)
        return Answer((turn.say("bind.locked", (asking(turn),), hotline=turn.office.hotline),))
    if typed not in (last_digits(account.phone), all_digits(account.phone)):
        failure = people.BindingFailure(account_id=account.id, channel=here.channel, user=here.sender, at=turn.now)
        turn.session.add(failure)
        await audit(turn.session, turn.actor, "bind.wrong_digits", f"account/{account.id}", turn.now)
        text = turn.say("bind.wrong_digits", hotline=turn.office.hotline)
        cards = await _guessed(turn, account) if await people.guessed_at(turn.session, invite) else ()
        return Answer((text, *cards), expect="bind.digits", memory=turn.memory)
    return await welcome(turn, invite, account, verified=True)


async def _guessed(turn: Turn, account: Account) -> tuple[OutgoingMessage, ...]:
    """The household's slips are void from now on: a colleague asks its payer, and gives them a new one or binds them."""
    desk = at_desk(replace(turn, account=account))
    row = (desk.button("desk_account", "account.show", reusable=True, code=account.code),)
    fields = {"code": account.code, "number": str(people.GUESSES_MAX)}
    card = desk.say("card.guessed", row, fields=desk.called() | fields)
    task = await open_task(
        turn.session,
        key=keys.task("binding", f"{account.id}/{turn.today.isoformat()}"),
        kind="binding",
        account=account,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + LOOK_WITHIN,
    )
    return () if task is None else await to_staff(desk, card)


def all_digits(text: str) -> str:
    return "".join(c for c in text if c in "0123456789")


def last_digits(phone: str) -> str:
    """The last four digits of a phone number; empty when there are fewer."""
    number = all_digits(phone)
    return number[-DIGITS:] if len(number) >= DIGITS else ""


async def welcome(turn: Turn, invite: Invite, account: Account, *, verified: bool) -> Answer:
    """Use the invite up, bind, say what is kept, show the bill; tell the others of the household and the staff."""
    if not await people.use_invite(turn.session, invite.id, turn.now):
        return unusable(turn)
    before = await people.members_of(turn.session, account.id)
    here = Contact(channel=turn.message.channel, user=turn.message.sender, chat=turn.message.chat)
    binding = await join(turn, account, here, invite.role, verified=verified)
    row = (press(turn, "help", "help.show"), press(turn, "settings", "settings.show"))
    answer = Answer((turn.say("bind.bound", row, fields=turn.called()), await bill.overview(turn)))
    return answer.also(*await tell_others(turn, account, binding, before))


async def join(turn: Turn, account: Account, here: Contact, role: str, *, verified: bool) -> Binding:
    """Bind the person behind a chat account, who is the turn's own sender.

    A verified owner on a second channel is the same person.
    """
    contact = await people.contact_of(turn.session, here.channel, here.user)
    person = await turn.session.get(Person, contact.person_id) if contact else None
    if person is None and verified and role == Member.OWNER:
        person = await people.owner_elsewhere(turn.session, account.id, here.channel)
    if person is None:
        manner = manner_of(turn.office.policy(account.kind).personal, account.traits.split(";"))
        large = role == Member.OWNER and manner.large_type  # until they choose another size
        person = Person(
            name=turn.message.sender_name[:80], language=tongue(turn.language), created_at=turn.now, large_type=large
        )
        turn.session.add(person)
        await turn.session.flush()
    if contact is None:
        contact = here
        contact.person_id, contact.state, contact.last_heard_at = person.id, "ok", turn.now
        turn.session.add(contact)
        await turn.session.flush()
    bound = next((b for p, b in await people.members_of(turn.session, account.id) if p.id == person.id), None)
    binding = bound or await people.bind(turn.session, account.id, person.id, role, turn.now)
    turn.person, turn.contact, turn.account = person, contact, account
    turn.households = await people.households_of(turn.session, person.id)
    await audit(turn.session, f"person/{person.id}", "bind", f"account/{account.id}", turn.now, {"role": role})
    return binding


async def tell_others(
    turn: Turn, account: Account, binding: Binding, before: list[tuple[Person, Binding]]
) -> tuple[OutgoingMessage, ...]:
    """A household that gains a second member hears of it, and so do the staff."""
    others = [person for person, _ in before if person.id != binding.person_id]
    notes: list[OutgoingMessage] = []
    for person in others:
        there = await beside(turn, person.id, account)
        if there is not None:
            role = there.words(f"member.{binding.role}")
            fields = {"role": role, "room": short_room(account.room), "hotline": turn.office.hotline}
            notes += send(there, there.say("bind.second_member", fields=fields))
    if not others:
        return ()
    desk = at_desk(turn)
    card = desk.say("card.second_member", code=account.code, role=desk.words(f"member.{binding.role}"))
    return (*notes, *await to_staff(replace(turn, account=account), card))
