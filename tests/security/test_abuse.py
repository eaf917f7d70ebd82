"""Somebody who writes without end: answered, told once, then met with silence; a stop is heard all the same."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from domain.flood import PER_MINUTE
from models.inbox import Inbox
from models.people import Contact, Person
from tests.security.door import Door

TOLD = "请歇一分钟"


async def said_in_a_burst(
    door: Door, name: str, number: int, text: str = "/help", *, chat: str = "", **payload: object
) -> list[str]:
    """Messages a tenth of a second apart, and what each brought."""
    said = []
    for _ in range(number):
        said.append(await door.knock(name, chat, text=text, **payload))
        door.clock.advance(timedelta(seconds=0.1) - timedelta(seconds=4))
    return said


async def test_twenty_are_answered_one_is_told_the_rest_is_silence(door: Door) -> None:
    said = await said_in_a_burst(door, "stranger", 60)
    assert all(each and TOLD not in each for each in said[:PER_MINUTE])
    assert TOLD in said[PER_MINUTE]
    assert said[PER_MINUTE + 1 :] == [""] * (59 - PER_MINUTE)
    door.clock.advance(timedelta(minutes=2))
    said_later = await door.knock("stranger", text="/help")
    assert said_later
    assert TOLD not in said_later


async def test_what_was_dropped_is_not_kept(door: Door) -> None:
    await said_in_a_burst(door, "stranger", 30, text="一句没人要存的话")
    async with door.app.database.read() as session:
        kept = await session.scalar(select(func.count()).where(Inbox.text == "一句没人要存的话"))
        dropped = await session.scalar(select(func.count()).where(Inbox.handler == "dropped"))
    assert (kept, dropped) == (PER_MINUTE, 30 - PER_MINUTE)


async def test_a_stop_in_the_middle_of_a_flood_is_obeyed(door: Door) -> None:
    await said_in_a_burst(door, "r1-104", 30)
    assert await door.knock("r1-104", text="停止") != ""
    async with door.app.database.read() as session:
        stopped = (
            select(Person.stopped_at).join(Contact, Contact.person_id == Person.id).where(Contact.user == "r1-104")
        )
        assert await session.scalar(stopped) is not None


async def test_one_persons_flood_is_nobody_elses(door: Door) -> None:
    await said_in_a_burst(door, "stranger", 40)
    said_later = await door.knock("r1-101", text="/bill")
    assert said_later
    assert TOLD not in said_later


async def test_in_a_group_a_flood_is_met_with_silence_only(door: Door) -> None:
    said = await said_in_a_burst(door, "r1-105", 40, text="/help", chat="g-lake", audience="group")
    assert [each for each in said if TOLD in each] == []
    assert said[PER_MINUTE:] == [""] * (40 - PER_MINUTE)
