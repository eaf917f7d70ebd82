"""One turn of a conversation: all a handler may touch, and the shape of a route."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Refusal
from domain.large import enlarged
from domain.messages import Address, Answer, Audience, Choice, IncomingMessage, Kind, OutgoingMessage
from domain.office import Office
from domain.policy import Policy
from domain.roles import Member, Right, Role
from domain.wording import salutation, short_room
from models.accounts import Account
from models.people import Binding, Contact, Person
from models.staff import Staff
from understanding.reading import Reading


@dataclass
class Turn:
    """A message with everything known about who sent it. `language` is the one to answer in."""

    message: IncomingMessage
    session: AsyncSession
    now: datetime
    office: Office
    inbox_id: int
    language: str = "zh"
    person: Person | None = None
    contact: Contact | None = None
    staff: Staff | None = None
    households: Sequence[tuple[Account, Binding]] = ()
    account: Account | None = None  # the household being talked about
    reading: Reading | None = None  # what the sentence was understood as
    memory: Mapping[str, str] = field(default_factory=dict)  # of the step that is being answered
    args: Mapping[str, str] = field(default_factory=dict)  # of the pressed button
    argument: str = ""  # what followed the command
    commands: frozenset[str] | None = None  # those a member of staff may use; None: not looked up

    @property
    def today(self) -> date:
        return self.office.today(self.now)

    @property
    def text(self) -> str:
        return self.message.text.strip()

    @property
    def here(self) -> Address:
        return Address(self.message.channel, self.message.chat)

    @property
    def household(self) -> Account:
        """The household being talked about; refused politely when there is none."""
        if self.account is None:
            raise Refusal("bind.needed", {"hotline": self.office.hotline})
        return self.account

    @property
    def policy(self) -> Policy:
        return self.office.policy(self.household.kind)

    @property
    def actor(self) -> str:
        """Who does it, for the audit log: an id, never a name."""
        if self.staff is not None:
            return f"staff/{self.staff.id}"
        return f"person/{self.person.id}" if self.person else f"{self.message.channel}/{self.message.sender}"

    def words(self, template: str, **fields: str) -> str:
        return self.office.wording.text(template, self.language, fields)

    def fee(self, item: str) -> str:
        """A fee's name in the person's language, where it is a well-known one."""
        return self.office.wording.fee(item, self.language)

    def say(
        self,
        template: str,
        *rows: Sequence[Choice],
        kind: Kind = Kind.REPLY,
        edit: bool = False,
        fields: Mapping[str, str] | None = None,
        **more: str,
    ) -> OutgoingMessage:
        """One message in this chat, in the person's language, with rows of buttons under it.

        Its gaps are filled by `fields` and by further keywords.
        """
        fields = {**(fields or {}), **more}
        message = OutgoingMessage(
            template,
            self.words(template, **fields),
            fields,
            tuple(tuple(row) for row in rows),
            self.message.audience,
            kind,
            edit=edit,
            about=self.account.id if self.account else None,
        )
        large = self.person is not None and self.person.large_type and self.message.audience is Audience.PRIVATE
        return enlarged(message) if large and self.staff is None else message

    def refusal(self, refused: Refusal) -> OutgoingMessage:
        """A rule's polite no, in words."""
        text = self.words(refused.template, **refused.fields)
        return OutgoingMessage(refused.template, text, refused.fields, audience=self.message.audience)

    def button(self, name: str, action: str, *, reusable: bool = False, **args: str) -> Choice:
        """A button worded by `button.<name>`."""
        return Choice(self.words(f"button.{name}"), action, args, reusable=reusable)

    def called(self, account: Account | None = None) -> dict[str, str]:
        """The fields by which a household is addressed in a private chat."""
        account = account or self.household
        role = next((bound.role for mine, bound in self.households if mine.id == account.id), Member.OWNER)
        name = self.words("member.called") if role == Member.TENANT and self.staff is None else account.payer_name
        return {
            "who": salutation(name, self.language) if name == account.payer_name else name,
            "room": short_room(account.room),
        }


Handler = Callable[[Turn], Awaitable[Answer | None]]
# Who may use a route: ANYONE, a bound RESIDENT, or staff with a right.
ANYONE = "anyone"
RESIDENT = "resident"
Who = str | Right


@dataclass(frozen=True)
class Route:
    """One line of the conversation map. A handler that returns None passes the message on to the next route."""

    handler: Handler
    commands: tuple[str, ...] = ()  # "bill" is /bill; Chinese words work alone
    intents: tuple[str, ...] = ()  # labels of understanding
    steps: tuple[str, ...] = ()  # steps whose next plain message comes here
    actions: tuple[str, ...] = ()  # button actions
    events: tuple[str, ...] = ()  # platform events
    who: Who = RESIDENT
    audiences: tuple[Audience, ...] = (Audience.PRIVATE,)
    passing: bool = False  # asked in passing: a day that the bot had asked for is offered again under the answer
    urgent: bool = False  # wins over a pending step: stop, person, dispute

    @property
    def name(self) -> str:
        return f"{self.handler.__module__.removeprefix('handlers.')}.{self.handler.__name__}"


def allowed(route: Route, staff_role: Role | None, rights: frozenset[Right], bound: bool) -> bool:
    """Whether a route is open to someone."""
    if route.who == ANYONE:
        return True
    if route.who == RESIDENT:
        return bound
    return staff_role is not None and route.who in rights
