"""A broadcast under way: one message shows it, it stops within a second, is taken back honestly, loses and doubles nothing."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.app import build
from bot.channels.sandbox import SandboxChannel
from bot.settings import Settings
from domain.broadcasts import Stage
from domain.clock import monotonic
from domain.errors import Rejected, TryLater, Unknown, Unreachable
from domain.pacing import Limits
from jobs import broadcast as job
from models.base import Database
from models.broadcasts import expand, halt, in_state
from models.outbox import TERMINAL, Outbox, State
from models.reminders import count_contacts
from models.runtime import Broadcast
from tests.channel_double import Scripted
from tests.handlers.staff.broadcasting import TEXT, at_night, confirmed, follow, morning, rows_of, sent_chats, stages
from tests.handlers.staff.world import SETTINGS, ZONE, World, plain
from understanding.reader import Reader

FULL = bool(os.environ.get("NUANLING_FULL"))
SLOW = Limits(global_per_second=1000, per_chat_per_second=1000, group_per_minute=1000, concurrency=2)


async def test_the_progress_is_the_confirmed_message_itself(world: World) -> None:
    await at_night(world)
    lines = len(world.lines("collector"))
    for seconds in (4, 4, 60):
        await follow(world, seconds)
    morning(world)
    for _ in range(3):
        await follow(world)
    assert len(world.lines("collector")) == lines
    assert "完成:发出 5,失败 0,不确定 0,不发 0\n11月24日(周二) 10:00" in world.last("collector")


async def test_it_is_edited_at_most_every_three_seconds(large: World) -> None:
    """53 messages one by one, one a second: 53 states, but at most 18 edits, and the last one is the end."""
    world = large
    await confirmed(world, "local", f"全部 通知 {TEXT}")
    await world.press("manager", "同意")
    await world.app.follow(world.clock.now())
    async with world.database.write() as session:
        ids = [row.id for row in await rows_of(world)]
        await session.execute(update(Outbox).where(Outbox.id.in_(ids)).values(state=State.QUEUED))
    shown: list[datetime] = []
    for number, row_id in enumerate(ids):
        world.clock.advance(timedelta(seconds=1))
        async with world.database.write() as session:
            await session.execute(
                update(Outbox)
                .where(Outbox.id == row_id)
                .values(state=State.SENT, message_id=str(number), sent_at=world.clock.now())
            )
        before = {row.id for row in await world.rows(Outbox)}
        await job.run(world.database, world.app.office, world.clock.now())
        shown += [row.created_at for row in await world.rows(Outbox) if row.id not in before]
        await _sent_now(world)
    gaps = [later - earlier for earlier, later in pairwise(shown)]
    assert min(gaps) >= timedelta(seconds=3)
    assert len(shown) <= 18
    await follow(world)
    assert "完成:发出 53" in world.last("local")


async def _sent_now(world: World) -> None:
    """Deliver what waits beside the broadcast's own rows."""
    async with world.database.write() as session:
        held = [row.id for row in await rows_of(world) if row.state == State.QUEUED]
        await session.execute(update(Outbox).where(Outbox.id.in_(held)).values(state=State.PLANNED))
    await world.app.deliver()
    async with world.database.write() as session:
        await session.execute(update(Outbox).where(Outbox.id.in_(held)).values(state=State.QUEUED))


async def test_paused_resumed_and_done(world: World) -> None:
    await at_night(world)
    assert "已暂停" in await world.press("collector", "暂停")
    morning(world)
    await follow(world)
    assert await sent_chats(world) == []
    await world.press("collector", "继续")
    assert len(await sent_chats(world)) == 5
    await follow(world)
    assert "完成:发出 5" in world.last("collector")


async def test_a_row_that_was_held_by_the_pause_goes_at_once_when_it_goes_on(world: World) -> None:
    """One that came back from a try during the pause was held by the gate for five minutes."""
    await at_night(world)
    await world.press("collector", "暂停")
    morning(world)
    first = (await rows_of(world))[0]
    async with world.database.write() as session:
        await session.execute(
            update(Outbox).where(Outbox.id == first.id).values(state=State.RETRY, not_before=world.clock.now())
        )
    await follow(world)
    assert (await rows_of(world))[0].state == State.HELD
    await world.press("collector", "继续")
    assert len(await sent_chats(world)) == 5


async def test_cancelled_rows_never_go_out_not_even_one_that_was_being_tried(world: World) -> None:
    await at_night(world)
    first = (await rows_of(world))[0]
    async with world.database.write() as session:
        await session.execute(update(Outbox).where(Outbox.id == first.id).values(state=State.SENDING))
    assert "已取消:发出 0" in await world.press("collector", "取消其余")
    async with world.database.write() as session:
        await session.execute(
            update(Outbox).where(Outbox.id == first.id).values(state=State.RETRY, not_before=world.clock.now())
        )
    morning(world)
    await follow(world)
    assert await sent_chats(world) == []
    assert {row.state for row in await rows_of(world)} == {"cancelled"}


async def test_a_pause_stops_what_the_lane_would_send_next(large: World) -> None:
    """A slow platform, a tap in the middle: from the tap on, no request starts later than a second."""
    world = large
    under_way = asyncio.Event()

    async def slow(message: object) -> None:
        await asyncio.sleep(0.1)
        if len(channel.sent) >= 6:
            under_way.set()

    channel = Scripted(always=slow, limits=SLOW)
    world.app.lanes["sandbox"].channel = channel
    await _started(world)
    lane = world.app.lanes["sandbox"]
    running = asyncio.create_task(lane.run())
    await asyncio.wait_for(under_way.wait(), 30)
    async with world.database.write() as session:
        [number] = await in_state(session, Stage.RUNNING)
        await session.execute(update(Broadcast).values(state=Stage.PAUSED))
        await halt(session, number)
    paused_at = monotonic()
    await asyncio.sleep(1.5)
    late = [at for at, _ in channel.sent if at > paused_at + 1.0]
    await lane.stop()
    await running
    assert late == []
    assert len(channel.sent) < 53
    assert Counter(row.state for row in await rows_of(world))["planned"] > 0


async def _started(world: World) -> None:
    """A running broadcast to all 53, its rows written, nothing sent yet."""
    async with world.database.write() as session:
        session.add(
            Broadcast(
                author_id=4,
                community_id=1,
                target='{"to": "households"}',
                text=TEXT,
                kind="service",
                state="running",
                channel="sandbox",
                chat="local",
                created_at=world.clock.now(),
            )
        )
    await job.run(world.database, world.app.office, world.clock.now())


# failures


async def test_failures_are_listed_and_sent_again(world: World) -> None:
    world.platform.set_fault("r1-103", "blocked")
    await confirmed(world, "collector", f"全部 缴费 {TEXT}")
    await follow(world)
    assert "完成:发出 4,失败 1" in world.last("collector")
    assert "1-103 · 失败 对方拉黑了机器人" in await world.press("collector", "失败明细")
    world.platform.set_fault("r1-103", "")
    await world.say("r1-103", "你好")  # they came back
    await world.press("collector", "失败的再发")
    await follow(world)
    assert len(await sent_chats(world)) == 5
    assert Counter(await sent_chats(world)).most_common(1)[0][1] == 1
    assert "完成:发出 5,失败 0" in plain("\n".join(line.text for line in world.lines("collector")))


@pytest.mark.parametrize("seed", range(1, 11) if FULL else [1])
async def test_with_thirty_percent_of_failures_every_row_ends(sqlite: Database, large: World, seed: int) -> None:
    world, dice = large, random.Random(seed)

    async def sometimes(message: object) -> None:
        if dice.random() < 0.3:
            raise dice.choice(
                [
                    Unreachable("blocked"),
                    Rejected("bad"),
                    Unknown("reset"),
                    TryLater("refused"),
                    TryLater("wait", at=world.clock.now() + timedelta(seconds=20), free=True),
                ]
            )

    channel = Scripted(always=sometimes)
    world.app.lanes["sandbox"].channel = channel
    await _started(world)
    for _ in range(60):
        await follow(world, 30)
        if (await stages(world)) == ["done"]:
            break
    rows = await rows_of(world)
    assert len(rows) == 53
    assert {State(row.state) for row in rows} <= set(TERMINAL)
    assert await stages(world) == ["done"]
    accepted = Counter(message.chat for _, message in channel.sent if TEXT in message.text)
    unknown = [row.chat for row in rows if row.state == "unknown"]
    assert all(accepted[chat] >= 1 for chat in unknown)


# dying in the middle


async def test_a_restart_in_the_middle_loses_and_doubles_nothing(
    large: World, sqlite: Database, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies inside the second batch of rows; a new one goes on from what was committed."""
    world = large
    await confirmed(world, "local", f"全部 通知 {TEXT}")
    tries = 0

    async def dies(*args: object) -> int:
        nonlocal tries
        tries += 1
        written = await expand(*args)  # type: ignore[arg-type]
        if tries == 1:
            raise KeyboardInterrupt  # after the rows were written, before their commit
        return written

    await world.press("manager", "同意")
    assert len(await rows_of(world)) == 50
    monkeypatch.setattr(job, "expand", dies)
    with pytest.raises(KeyboardInterrupt):
        await job.run(world.database, world.app.office, world.clock.now())
    assert len(await rows_of(world)) == 50
    again = Database(sqlite.url)
    channel = SandboxChannel(world.platform, world.clock)
    world.app = await build(Settings.model_validate(SETTINGS), again, world.clock, {"sandbox": channel}, reader)
    for _ in range(3):
        await follow(world)
    rows = await rows_of(world)
    assert len(rows) == 53
    assert {row.state for row in rows} == {"sent"}
    assert max(Counter(row.chat for row in rows).values()) == 1
    texts = [
        line.text for n in range(53) for line in world.lines(f"r{1 + n // 10}-{101 + n % 10}") if TEXT in line.text
    ]
    assert len(texts) == 53
    await again.close()


async def test_three_passes_at_once_write_each_row_once(large: World, tmp_path: Path) -> None:
    world = large
    await _started(world)
    async with world.database.write() as session:
        await session.execute(update(Broadcast).values(target='{"to": "households"}'))
    await asyncio.gather(*(job.run(world.database, world.app.office, world.clock.now()) for _ in range(3)))
    assert len(await rows_of(world)) == 53
    assert max(Counter(row.chat for row in await rows_of(world)).values()) == 1


# the gate


async def test_the_gate_is_asked_at_the_last_moment(world: World) -> None:
    """Stop words, the day's cap and the pause of a community count when it goes out, not when it was confirmed."""
    await at_night(world)
    await world.say("r1-101", "停止")
    async with world.database.write() as session:
        await count_contacts(session, [("account", 2)], datetime(2026, 11, 24, tzinfo=ZONE).date())
    morning(world)
    await follow(world)
    states = {row.chat: (row.state, row.reason) for row in await rows_of(world)}
    assert states["r1-101"] == ("cancelled", "stopped")
    assert states["r1-102"] == ("cancelled", "cap")
    assert [states[f"r1-10{n}"][0] for n in (3, 4, 5)] == ["sent"] * 3
    await follow(world)
    assert "完成:发出 3,失败 0,不确定 0,不发 2" in world.last("collector")
