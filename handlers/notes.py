"""Words to somebody else than the one who writes: a household's members, and the staff at their desks."""

from __future__ import annotations

from dataclasses import replace

from domain.errors import Refusal
from domain.messages import Address, Attachment, Audience, Kind, OutgoingMessage
from domain.roles import Right, Role, may
from handlers.scopes import looks_after, officer
from handlers.turn import Turn
from models.accounts import Account
from models.dialogue import staff_groups
from models.people import Person, contacts_of
from models.staff import Staff, staff_for


async def beside(turn: Turn, person_id: int | None, account: Account | None) -> Turn | None:
    """The same turn seen from another person's chat, in their language; None when they can't be written to."""
    person = await turn.session.get(Person, person_id) if person_id is not None else None
    contacts = await contacts_of(turn.session, person.id) if person else []
    if person is None or not contacts:
        return None
    contact = contacts[0]
    language = person.language or (account.language if account else "") or turn.office.language
    return replace(toward(turn, Address(contact.channel, contact.chat), language, account), person=person)


def toward(turn: Turn, to: Address, language: str, account: Account | None = None) -> Turn:
    """The same turn seen from another private chat."""
    there = replace(turn.message, channel=to.channel, chat=to.chat, audience=Audience.PRIVATE, message_id="")
    return replace(turn, message=there, language=language, account=account, staff=None, args={}, reading=None)


def send(there: Turn | None, message: OutgoingMessage | None) -> tuple[OutgoingMessage, ...]:
    """Address a message to the chat it was worded for."""
    return () if there is None or message is None else (replace(message, to=there.here),)


def at_desk(turn: Turn) -> Turn:
    """The same turn in the office's language, to word a staff card in."""
    return replace(turn, language=turn.office.language, message=replace(turn.message, audience=Audience.STAFF))


def desk_of(turn: Turn, member: Staff | None, account: Account | None) -> Turn | None:
    """The same turn seen from one colleague's own chat; None when they can't be written to."""
    if member is None or not member.active or not member.chat or member.channel not in turn.office.channels:
        return None
    return at_desk(toward(turn, Address(member.channel, member.chat), turn.office.language, account))


async def to_staff(
    turn: Turn, card: OutgoingMessage, right: Right = Right.TASKS, community_id: int | None = None
) -> tuple[OutgoingMessage, ...]:
    """One card for each desk that looks after a household: staff who have the right, and their groups."""
    community = turn.account.community_id if turn.account is not None else community_id
    desks = [
        Address(member.channel, member.chat)
        for member in await staff_for(turn.session, community)
        if may(Role(member.role), right)
    ]
    desks += [Address(group.channel, group.chat) for group in await staff_groups(turn.session, community)]
    card = replace(card, audience=Audience.STAFF, kind=Kind.STAFF_CARD)
    return tuple(replace(card, to=desk) for desk in dict.fromkeys(desks))


def with_file(turn: Turn, card: OutgoingMessage, file: Attachment | None) -> OutgoingMessage:
    """The card with a resident's file, where there is one and the desk sits on the file's own platform."""
    same_platform = card.to is not None and card.to.channel == turn.message.channel
    return replace(card, attachment=file) if file is not None and same_platform else card


def decider(turn: Turn, account: Account | None = None, right: Right = Right.TASKS) -> Staff:
    """The staff member who decides about a household: with the right, and of its community.

    Asked again at each press and step: a card left over from somebody who has gone decides nothing.
    """
    member = officer(turn, right)
    if account is not None and not looks_after(member, account.community_id):
        raise Refusal("account.not_yours", {"code": account.code})
    return member
