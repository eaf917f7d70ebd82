"""What becomes of the rows of a file, and what a store of one sort of rows does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from bot.importing.columns import Row
from bot.importing.values import quoted


@dataclass
class Outcome:
    """What became of the rows. `new`: written for the first time; `changed`: what was there and now says something else."""

    accepted: int = 0
    new: int = 0
    changed: int = 0
    refused: list[tuple[Row, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what somebody has to look at, though it was stored

    @property
    def unchanged(self) -> int:
        return self.accepted - self.new - self.changed

    def accept(self, *, new: bool = False, changed: bool = False) -> None:
        self.accepted += 1
        self.new += new
        self.changed += changed

    def refuse(self, row: Row, *reasons: str) -> None:
        self.refused += [(row, reason) for reason in reasons]


class Store(Protocol):
    """One sort of rows. `sift` reads and refuses; `write` stores what `sift` let through."""

    async def sift(self, session: AsyncSession, rows: Sequence[Row], outcome: Outcome) -> list[Any]: ...

    async def write(self, session: AsyncSession, new: list[Any]) -> None: ...


def has_account(row: Row, ids: dict[str, int], outcome: Outcome) -> bool:
    code = row.values["account_code"]
    if code not in ids:
        outcome.refuse(row, f"account_code: there is no account {quoted(code)}: import it first")
    return code in ids
