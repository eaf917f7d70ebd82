"""Every way into every route, taken from the table itself, for every role and for those who have none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, update

from bot.dispatch import Dispatcher
from bot.inbound import Inbound
from domain.messages import Answer, Audience, OutgoingMessage
from domain.roles import RIGHTS, Right, Role
from handlers.routes import ROUTES
from handlers.turn import ANYONE, RESIDENT, Route, Turn
from models.dialogue import Button, Dialogue
from models.staff import Staff
from tests.handlers.staff.world import World
from understanding.reader import Reader

# Who tries: a stranger, a resident, each role (as the collector), and one who was staff until yesterday.
RESIDENT_NAME, MEMBER, STRANGER = "r1-101", "collector", "stranger"
ACTORS: dict[str, Role | None] = {
    STRANGER: None,
    RESIDENT_NAME: None,
    "removed": None,
    **{role.value: role for role in Role},
}


@dataclass
class Ran:
    """Stands in for every handler and writes down which one would have run."""

    names: list[str] = field(default_factory=list)

    def routes(self) -> tuple[Route, ...]:
        return tuple(replace(route, handler=self._handler(route.name)) for route in ROUTES)

    def _handler(self, name: str):  # type: ignore[no-untyped-def]
        async def handler(turn: Turn) -> Answer:
            self.names.append(name)
            return Answer((OutgoingMessage("x", "ok"),))

        return handler


@dataclass
class Gate:
    """The real dispatcher over the real table, with handlers that only tell that they were reached."""

    world: World
    ran: Ran
    number: int = 0

    async def reached(self, name: str, **payload: object) -> list[str]:
        """Which handlers a message of this person reaches."""
        self.number += 1
        self.world.clock.advance(timedelta(seconds=4))
        self.ran.names.clear()
        whole = {
            "chat": name, "sender": name, "name": name, "language": "zh", "audience": "private", "message": "1",
            "at": self.world.clock.now().isoformat(), "text": "", "attachment": None, "addressed": True, **payload,
        }  # fmt: skip
        await self.world.app.inbound.store_for("sandbox")(f"try-{self.number}", json.dumps(whole, ensure_ascii=False))
        assert await self.world.app.inbound.handle_waiting() == 1
        return [*self.ran.names]

    async def press(self, name: str, action: str) -> list[str]:
        self.number += 1
        async with self.world.database.write() as session:
            await session.execute(insert(Button), [self._button(name, action, f"b{self.number}")])
        return await self.reached(name, choice=f"b{self.number}", press=f"{name}:1")

    async def step(self, name: str, step: str) -> list[str]:
        """Write something while this step waits for an answer."""
        async with self.world.database.write() as session:
            await session.execute(delete(Dialogue))
            until = self.world.clock.now() + timedelta(hours=1)
            await session.execute(
                insert(Dialogue), [{"channel": "sandbox", "chat": name, "user": name, "step": step, "until": until}]
            )
        return await self.reached(name, text="§§")

    def _button(self, name: str, action: str, token: str) -> dict[str, object]:
        until = self.world.clock.now() + timedelta(days=1)
        place = {"channel": "sandbox", "chat": name, "user": name}
        return {
            **place,
            "token": token,
            "action": action,
            "args": "{}",
            "label": "x",
            "single": True,
            "expires_at": until,
        }


@pytest.fixture
def gate(world: World, reader: Reader) -> Gate:
    app, ran = world.app, Ran()
    dispatcher = Dispatcher(app.database, app.office, reader, app.channels, app.clock, routes=ran.routes())
    app.inbound = Inbound(app.database, dispatcher, app.clock)
    return Gate(world, ran)


def may(route: Route, actor: str) -> bool:
    """Written down once more, and not taken from the program."""
    if route.who == ANYONE:
        return True
    if route.who == RESIDENT:
        return actor == RESIDENT_NAME
    role = ACTORS[actor]
    return role is not None and route.who in RIGHTS[role]


# What a colleague asks in their own words, found by a pattern and not by the reader: they may look at it anyway.
ASKED_BY_STAFF = ("staff_asks",)


def ways() -> Iterator[tuple[str, str, Route]]:
    """(kind of way, word, route) of the whole table."""
    for route in ROUTES:
        for kind, words in (("command", route.commands), ("action", route.actions), ("step", route.steps)):
            for word in words:
                yield kind, word, route
        if route.intents == ASKED_BY_STAFF:
            yield "question", "有几个没交的", route


async def test_every_way_in_is_open_to_whom_it_is_for_and_to_nobody_else(gate: Gate) -> None:
    all_ways, staff_ways = list(ways()), [way for way in ways() if isinstance(way[2].who, Right)]
    assert {route for _, _, route in all_ways} >= {route for route in ROUTES if isinstance(route.who, Right)}
    wrong = []
    for actor, role in ACTORS.items():
        name = actor if actor in (STRANGER, RESIDENT_NAME) else MEMBER
        async with gate.world.database.write() as session:
            values = {"active": actor != "removed"} | ({"role": role.value} if role else {})
            await session.execute(update(Staff).where(Staff.user == MEMBER).values(values))
        # What is open to everybody, and to residents, doesn't ask for a role: one of them is enough.
        for kind, word, route in staff_ways if role not in (None, Role.COLLECTOR) else all_ways:
            if kind == "action":
                ran = await gate.press(name, word)
            elif kind == "step":
                ran = await gate.step(name, word)
            else:
                ran = await gate.reached(name, text=f"/{word}" if word.isascii() else word)
            assert kind != "question" or route.who is Right.READ
            if (route.name in ran) != may(route, actor):
                wrong.append((actor, kind, word, ran))
    assert wrong == []


async def test_a_command_of_the_staff_is_an_unknown_one_to_others(gate: Gate) -> None:
    """Nothing tells a stranger which commands there are."""
    for name in (STRANGER, RESIDENT_NAME):
        unknown = await gate.reached(name, text="/nosuchcommand")
        for kind, word, route in ways():
            if kind == "command" and isinstance(route.who, Right) and word.isascii():
                assert await gate.reached(name, text=f"/{word}") == unknown, word


async def test_no_staff_route_is_reached_by_a_sentence_or_an_event(gate: Gate) -> None:
    """What is meant by a sentence is a guess: a guess opens nothing that needs a right."""
    guessed = [route for route in ROUTES if isinstance(route.who, Right) and (route.intents or route.events)]
    assert [route.intents for route in guessed] == [ASKED_BY_STAFF]


async def test_in_a_residents_group_no_way_of_the_staff_is_open(gate: Gate) -> None:
    """Not even to an administrator: neighbours read along."""
    for kind, word, route in ways():
        if not isinstance(route.who, Right) or kind == "step":
            continue
        assert Audience.GROUP not in route.audiences, route.name
        if kind == "command":
            ran = await gate.reached(
                "admin", chat="g-lake", audience="group", text=f"/{word}" if word.isascii() else word
            )
            assert route.name not in ran, (kind, word)
