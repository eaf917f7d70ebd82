"""What a channel on WeChat's platforms must remember, as it asks for it; the database behind it is the program's affair."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Token:
    """An access token. `doubted`: it was refused although the platform still gives it out."""

    text: str
    expires_at: datetime
    doubted: bool = False


@dataclass(frozen=True)
class Said:
    """One message of an answer, with its rows of buttons."""

    text: str
    choices: Sequence[Sequence[Mapping[str, str]]] = ()


class Fitting(Protocol):
    def __call__(self, said: Sequence[Said]) -> int:
        """How many of these messages, from the first, fit into one reply."""
        ...


class Memory(Protocol):
    # the token, shared by all processes

    async def token(self) -> Token | None: ...

    async def may_fetch(self) -> bool:
        """The right to ask the platform for a token; False while another process does."""
        ...

    async def may_force(self) -> bool:
        """A forced refresh: at most 20 a day, 30 s apart. True counts as one."""
        ...

    async def keep_token(self, token: Token | None) -> None:
        """Keep a new token, or None when there was none to be had; the right to ask ends."""
        ...

    def beside(self, what: str) -> Memory:
        """The same account's memory for another of its secrets, kept and fetched like its token."""
        ...

    async def doubt(self, text: str) -> None:
        """This token is given out by the platform and refused by it."""
        ...

    # callbacks

    async def nonce_used(self, nonce: str) -> bool: ...

    async def note(self, nonce: str, user: str, allows: str) -> None:
        """A good callback: its nonce is used, and `user` did what allows messages: message, menu, follow, or nothing."""
        ...

    async def answer(self, external_id: str, fitting: Fitting) -> Sequence[Said] | None:
        """Take what the bot answers to an update, as much as fits into one reply; None: it is not ready.

        What was taken once is given again, and goes out no other way. Empty: there is no answer, or it went out already.
        """
        ...

    def listen(self) -> asyncio.Event:
        """What is set as soon as something else was handled."""
        ...

    # what people allow

    async def spend(self, user: str) -> str | None:
        """Use up one customer message; what it was taken from, None when none is allowed."""
        ...

    async def spend_notice(self, user: str, template_id: str) -> bool:
        """Use up one agreement to a one-time notice; False when the person has given none."""
        ...

    async def notices_left(self, user: str) -> Mapping[str, int]:
        """The one-time notices that a person agreed to and hasn't got: how many of each template."""
        ...

    async def paid(self, user: str) -> None:
        """The platform tells that this person has paid the account."""
        ...

    async def give_back(self, user: str, kind: str) -> None: ...

    async def shut(self, user: str, kind: str | None = None) -> None:
        """The platform says that nothing (of this kind) is left."""
        ...

    async def writable(self, user: str, now: datetime) -> bool:
        """A customer message is allowed."""
        ...

    async def show_menu(self, chat: str, choices: Sequence[Sequence[Mapping[str, str]]]) -> None:
        """From now on digits mean these buttons."""
        ...

    async def count_error(self, code: int) -> None:
        """A code that the error table doesn't know."""
        ...
