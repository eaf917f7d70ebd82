"""The small protocol that every channel implements; whoever uses one knows nothing else of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from starlette.routing import BaseRoute

from domain.messages import Attachment, IncomingMessage, Kind, Receipt, WriteFirst
from domain.pacing import Limits
from domain.text import Unit

# Keeps one update (its external id, its payload as JSON text) and commits it before it returns.
Store = Callable[[str, str], Awaitable[None]]


@dataclass(frozen=True)
class Sendable:
    """One message, ready to go out. `text` is plain and at most the channel's `text_limit` long.

    `choices`: rows of buttons {label, token} or {label, url}. `edits`: the platform's id of the message to replace.
    """

    chat: str
    text: str
    choices: Sequence[Sequence[Mapping[str, str]]] = ()
    edits: str = ""
    attachment: Attachment | None = None
    silent: bool = False
    is_group: bool = False
    mentions_all: bool = False  # call everyone in the group (@所有人), where the platform can
    # For platforms with templates: what it is, its template with the fields, and the key that names it for ever.
    kind: Kind = Kind.REPLY
    template: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True)
class Health:
    """Does the account work? `last_ok_at`: when the platform last answered well. `detail`: the fault and its cure."""

    ok: bool
    last_ok_at: datetime | None = None
    detail: str = ""


class Channel(Protocol):
    """One account on one platform. `name` is the lane's name, too."""

    name: str
    limits: Limits
    text_limit: int
    text_unit: Unit
    takes_back_within: timedelta | None  # how long after sending a message can be deleted; None: never

    @property
    def health(self) -> Health: ...

    @property
    def public_name(self) -> str:
        """The name by which people link to the account, known once it was started; empty where there is none."""
        ...

    async def start(self) -> None:
        """Check the account and set its commands. Raises ChannelDown with a cure, TryLater when nobody answers."""
        ...

    async def stop(self) -> None: ...

    async def offer_staff_menu(self, chats: Sequence[str], menu: str = "staff") -> None:
        """Show commands in these private chats, where the platform has such menus: all of the staff's, or a role's.

        `menu`: "staff", "staff_" and a role, or "private" for somebody who has left. A failure is logged, not raised.
        """
        ...

    def parse(self, payload: str) -> IncomingMessage | None:
        """A stored payload as a message; None when there is nothing in it for us. Never raises."""
        ...

    async def send(self, message: Sendable) -> Receipt:
        """Deliver one message, once. Raises a DeliveryError and nothing else."""
        ...

    async def delete(self, chat: str, message_id: str) -> None:
        """Take one of our messages back; one that is gone already is no failure.

        Raises a DeliveryError and nothing else: Rejected when the platform keeps this message.
        """
        ...

    async def acknowledge(self, incoming: IncomingMessage, toast: str) -> None:
        """Tell the presser of a button that it was heard. A failure is logged, not raised."""
        ...

    async def busy(self, chat: str) -> None:
        """Show that an answer is being written. A failure is logged, not raised."""
        ...

    async def receive(self, store: Store) -> None:
        """Take updates in until cancelled; each is stored before the platform hears that we have it."""
        ...

    def routes(self, store: Store) -> Sequence[BaseRoute]:
        """The web routes this channel needs (its webhook); empty where it polls."""
        ...

    async def may_write_first(self, chat: str, now: datetime) -> WriteFirst:
        """May the bot write to this chat without being asked?"""
        ...


@dataclass(frozen=True)
class Asking:
    """`script`: the address of WeChat's own. `config`: what it is told first. `templates`: what is asked for."""

    script: str
    config: Mapping[str, Any]
    templates: tuple[str, ...]


class Asker(Protocol):
    async def ask(self, address: str) -> Asking:
        """What the page at this address needs for the platform to ask its reader. Raises a DeliveryError."""
        ...


@runtime_checkable
class WithNotices(Protocol):
    """A channel whose people agree to single notices, on a page of ours with a button of the platform's."""

    notices: Asker


@runtime_checkable
class WithFiles(Protocol):
    """A channel that hands over the files that people sent."""

    async def fetch(self, file_id: str, bytes_max: int) -> bytes:
        """The file itself. Raises a DeliveryError and nothing else: Rejected when it is gone, or larger than that."""
        ...
