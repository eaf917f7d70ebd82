"""Shared moves of the tests about broadcasts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from models.outbox import Outbox
from models.runtime import Broadcast
from tests.handlers.staff.world import ZONE, World

TEXT = "11月物业费可以缴了,感谢支持。"


async def follow(world: World, seconds: float = 4) -> None:
    """Time passes; the program looks after its broadcasts as it does every few seconds, and the lanes deliver."""
    world.clock.advance(timedelta(seconds=seconds))
    await world.app.follow(world.clock.now())
    await world.app.deliver()


async def confirmed(world: World, name: str, line: str, chat: str = "") -> str:
    """Write a broadcast in one line and tap twice; what the second tap is answered."""
    await world.say(name, f"/broadcast {line}", chat)
    await world.press(name, "确认发送", chat)
    return await world.press(name, "确定,发送", chat)


async def at_night(world: World, line: str = f"全部 缴费 {TEXT}") -> None:
    """Confirmed after the window: every row waits for the morning."""
    world.clock.jump(datetime(2026, 11, 23, 20, 30, tzinfo=ZONE))
    await confirmed(world, "collector", line)


def morning(world: World) -> None:
    world.clock.jump(datetime(2026, 11, 24, 10, 0, tzinfo=ZONE))


async def sent_chats(world: World) -> list[str]:
    return sorted(row.chat for row in await rows_of(world) if row.state == "sent")


async def rows_of(world: World) -> list[Outbox]:
    """Of the newest broadcast."""
    async with world.database.read() as session:
        newest = select(Broadcast.id).order_by(Broadcast.id.desc()).limit(1).scalar_subquery()
        return list(await session.scalars(select(Outbox).where(Outbox.broadcast_id == newest).order_by(Outbox.id)))


async def stages(world: World) -> list[str]:
    return [row.state for row in await world.rows(Broadcast)]
