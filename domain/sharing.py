"""Sharing the work (分工): which of the colleagues a task goes to. Pure rules; who is there and what they have is given."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from domain.roles import Role

# Whoever is free takes these: somebody waits in a chat for an answer, or a second person has to agree.
FOR_ANYBODY = frozenset({"person", "run", "broadcast", "approval", "case_file", "fault", "despair"})
# A manager's own work.
MANAGERS = frozenset({"review"})
# Whose work it is, the first that somebody on duty has: a school's families know their teacher.
_DECIDE = (Role.MANAGER, Role.ADMIN)
_AT_DESK = {
    "property": (Role.COLLECTOR, Role.TEACHER, *_DECIDE),
    "training": (Role.TEACHER, Role.COLLECTOR, *_DECIDE),
}
_MONEY = (Role.COLLECTOR, *_DECIDE)  # a claim is confirmed by who may confirm payments


@dataclass(frozen=True, slots=True)
class Worker:
    """A colleague on duty. `community_id` None: all communities."""

    id: int
    role: str
    community_id: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """A task nobody has begun. `place`: property or training; `now_with`: whose it is at present, None: nobody's."""

    id: int
    kind: str
    community_id: int | None
    place: str = "property"
    now_with: int | None = None


def roles_for(kind: str, place: str) -> tuple[Role, ...]:
    """The roles whose work a task is, best first; none: it is left to whoever is free."""
    if kind in FOR_ANYBODY:
        return ()
    if kind in MANAGERS:
        return _DECIDE
    if kind == "claim":
        return _MONEY
    return _AT_DESK.get(place, _AT_DESK["property"])


def chosen(work: Work, workers: Iterable[Worker], loads: Mapping[int, int]) -> int | None:
    """Who gets a task: of the first role that anybody on duty has there, the one with the least open work.

    Of equals the one who has it already, else who is longest on the staff. None: nobody's, as among several teachers.
    """
    there = [each for each in workers if each.community_id is None or each.community_id == work.community_id]
    if work.community_id is None:
        there = [each for each in there if each.community_id is None]
    for role in roles_for(work.kind, work.place):
        mine = [each for each in there if each.role == role]
        if role is Role.TEACHER and work.place == "training" and len(mine) > 1:
            # A family's own teacher takes it, and which of them that is, is not known here: whoever has it keeps it.
            return work.now_with if any(each.id == work.now_with for each in mine) else None
        if mine:
            return min(mine, key=lambda each: (loads.get(each.id, 0), each.id != work.now_with, each.id)).id
    return None


@dataclass(frozen=True)
class Shares:
    """What waits, shared anew. `to`: task -> colleague (None: nobody's); `before`, `after`: open work of each colleague."""

    to: Mapping[int, int | None]
    gained: Mapping[int | None, int]  # how many tasks come new to each
    before: Mapping[int | None, int]
    after: Mapping[int | None, int]

    @property
    def moved(self) -> int:
        return sum(self.gained.values())

    @property
    def digest(self) -> str:
        """Names this very outcome, so that what was previewed is what is done."""
        words = ";".join(f"{task}:{worker or ''}" for task, worker in sorted(self.to.items()))
        return hashlib.blake2b(words.encode(), digest_size=6).hexdigest()


def shared_anew(works: Sequence[Work], workers: Sequence[Worker], in_hand: Mapping[int, int]) -> Shares:
    """Everything that waits, in its order, to the one with the least work. What somebody has begun stays with them."""
    loads, before = Counter(in_hand), Counter[int | None](in_hand)
    before.update(work.now_with for work in works)
    to: dict[int, int | None] = {}
    for work in works:
        worker = chosen(work, workers, loads)
        to[work.id] = worker
        if worker is not None:
            loads[worker] += 1
    after = Counter[int | None](loads)
    after[None] = sum(worker is None for worker in to.values())
    gained = Counter(to[work.id] for work in works if to[work.id] != work.now_with)
    return Shares(to, gained, before, after)
