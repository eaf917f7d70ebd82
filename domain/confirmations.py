"""Messages that a colleague confirms on the platform before anybody gets them: what may become of such a task, and when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

LIFE = timedelta(days=3)  # of a task whose messages have no end of their own
# When the colleague is reminded, after the task was made. The platform allows three times in a day.
REMINDERS_AFTER = (timedelta(minutes=30), timedelta(hours=4), timedelta(hours=24), timedelta(hours=28))
LOOK_EVERY = (timedelta(minutes=1), timedelta(minutes=10))  # at first, and later
FRESH = timedelta(hours=1)


class Stage(StrEnum):
    """Where a task stands."""

    CREATING = "creating"  # the platform is being asked for it
    WAITING = "waiting"  # for the colleague
    PARTLY = "partly"  # some of its chats got it
    SENT = "sent"  # all of them did
    EXPIRED = "expired"  # nobody confirmed it in time
    CANCELLED = "cancelled"  # nobody wants it any more
    LOST = "lost"  # the platform may or may not have made it


class Fate(StrEnum):
    """What the platform says of one chat of a task."""

    WAITING = "waiting"
    SENT = "sent"
    LEFT = "left"  # the customer is no contact of the colleague's any more
    FULL = "full"  # the customer got another such message lately


@dataclass(frozen=True)
class Result:
    """`confirmer`: the colleague whose tap it needs; one chat may have several."""

    chat: str
    confirmer: str
    fate: Fate
    at: datetime | None = None


@dataclass(frozen=True)
class Created:
    """A task on the platform. `refused`: the chats it could not take in."""

    message_id: str
    refused: Collection[str] = ()


class Confirming(Protocol):
    """A platform whose messages to residents go out by a colleague's hand. Every call raises a DeliveryError and nothing else."""

    name: str  # of its channel
    per_day: int  # messages to one chat in a day and in a month
    per_month: int
    chats_at_once: int

    @property
    def turn(self) -> AbstractAsyncContextManager[Any]:
        """One pass over its tasks at a time."""
        ...

    async def confirmer_of(self, chat: str) -> str:
        """Who has to confirm a message to this chat; empty where the platform chooses."""
        ...

    async def create(self, chats: Sequence[str], confirmer: str, text: str) -> Created: ...

    async def results(self, message_id: str) -> Sequence[Result]: ...

    async def remind(self, message_id: str) -> None: ...

    async def cancel(self, message_id: str) -> None:
        """Nobody can confirm it any more; what was confirmed before stays."""
        ...


def fate_of(results: Sequence[Result], chat: str) -> tuple[Fate, datetime | None]:
    """What became of one chat: sent as soon as one colleague did, lost when no colleague can any more."""
    mine = [each for each in results if each.chat == chat]
    for fate in (Fate.SENT, Fate.WAITING, Fate.FULL, Fate.LEFT):
        if found := [each for each in mine if each.fate is fate]:
            return fate, found[0].at
    return Fate.WAITING, None


def reminders_due(created_at: datetime, now: datetime) -> int:
    """How many times the colleague should have been reminded by now."""
    return sum(created_at + after <= now for after in REMINDERS_AFTER)


def look_at(created_at: datetime, checked_at: datetime | None, now: datetime) -> bool:
    """Whether to ask the platform again how far it is."""
    early, late = LOOK_EVERY
    every = early if now - created_at < FRESH else late
    return checked_at is None or now - checked_at >= every - timedelta(seconds=5)


def ended(sent: int, waiting: int, total: int) -> Stage:
    """Where a task stands by how many of its chats got the message and how many still wait."""
    if sent == total:
        return Stage.SENT
    return Stage.PARTLY if sent else Stage.WAITING if waiting else Stage.EXPIRED


def with_links(text: str, links: Sequence[tuple[str, str]]) -> str:
    """The words with their links below: such messages have no buttons."""
    return "\n".join([text, *(f"{label}: {url}" for label, url in links)])
