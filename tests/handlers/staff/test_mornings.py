"""What the timetable tells staff: the morning's digest, a channel that is red, a pause that is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from bot.channels.wechat_errors import TABLE, Code, Do, of_code
from jobs.alerts import CAUSES
from models.agreements import Promise
from models.outbox import Outbox
from models.runtime import Switch, note_health
from models.staff import Staff
from tests.handlers.staff.test_desk import call_task
from tests.handlers.staff.world import World


async def to(world: World, hour: int, minute: int = 0, day: int = 24) -> None:
    local = world.clock.now().astimezone(world.app.office.zone)
    world.clock.jump(local.replace(day=day, hour=hour, minute=minute))


async def digests(world: World) -> dict[str, int]:
    rows = [row for row in await world.rows(Outbox) if row.template == "digest"]
    return {chat: len([row for row in rows if row.chat == chat]) for chat in {row.chat for row in rows}}


async def test_each_colleague_gets_one_digest_of_their_own_on_a_working_day(world: World) -> None:
    await call_task(world, "1-101", hours=-1)
    await call_task(world, "9-901", hours=-1)
    await world.say("collector", "/tasks")
    await world.press("collector", "1 电话 1-101")
    await world.press("collector", "我来处理")
    async with world.database.write() as session:
        for account_id in (2, 6):
            session.add(
                Promise(
                    account_id=account_id, due_on=date(2026, 11, 24), amount_fen=28640, created_at=world.clock.now()
                )
            )
    await to(world, 8, 20)
    await world.tick("digest")
    assert await digests(world) == {}
    await to(world, 8, 40)
    for _ in range(3):
        await world.tick("digest")
    assert await digests(world) == dict.fromkeys(
        ("admin", "manager", "second", "local", "collector", "teacher", "foreign"), 1
    )
    mine = world.last("collector")
    assert "早上好,collector。今天 11月24日(周二)" in mine
    assert "您手上的待办 1 件,其中今天到期 1 件,超时 1 件" in mine
    assert "今天到期的约定:1-102" in mine
    assert "9-9" not in mine
    assert "昨天" not in mine
    assert "9-901" in world.last("foreign")
    assert "1-1" not in world.last("foreign")


async def test_managers_hear_how_yesterday_went(world: World) -> None:
    await world.book("collector", "1-101 286.40 转账 T-1")
    await world.say("manager", "/pause 3d 年检")
    await to(world, 9)
    await world.tick("digest")
    told = world.last("manager")
    assert "昨天(11月23日周一):收到 286.40 元,共 1 笔" in told
    assert "待缴 1,718.40 元,收缴率(按金额)14.3%" in told
    assert "仍在暂停:年检" in told
    assert "收到 0.00 元,共 0 笔" not in world.last("local")


async def test_no_digest_on_a_weekend_nor_late_in_the_day(world: World) -> None:
    await to(world, 9, day=28)  # Saturday
    await world.tick("digest")
    await to(world, 15, day=24)
    await world.tick("digest")
    assert await digests(world) == {}


async def test_an_english_office_gets_english_digests(world: World) -> None:
    from dataclasses import replace

    from jobs import digest

    office = replace(world.app.office, language="en")
    await to(world, 9)
    assert await digest.run(world.database, office, world.clock.now()) == 7
    await world.settle()
    assert "Good morning collector. Today, Tue 24 Nov" in world.last("collector")


async def health(world: World, ok: bool, detail: str = "") -> None:
    async with world.database.write() as session:
        await note_health(session, "sandbox", ok, detail, world.clock.now())


async def test_a_red_channel_is_told_once_and_once_when_it_is_green(world: World) -> None:
    await world.say("admin", "/help")  # from here on the lane itself has nothing new to tell
    await health(world, False, "InvalidToken: the token is refused: check telegram.token with @BotFather")
    await world.tick("alerts", seconds=10)
    assert "🔴" not in world.last("admin")
    for _ in range(3):
        await world.tick("alerts")
    for name in ("admin", "manager", "local"):
        (red,) = [line.text for line in world.lines(name) if "🔴" in line.text]
        assert "沙盒" in red
        assert "令牌被拒绝" in red
        assert "InvalidToken" not in red
    assert world.lines("collector") == []  # who can't mend it is left alone
    await health(world, True)
    await world.tick("alerts", seconds=10)
    assert "🟢" not in world.last("admin")
    for _ in range(3):
        await world.tick("alerts")
    assert len([line for line in world.lines("admin") if "🟢" in line.text]) == 1
    await health(world, False)
    await world.tick("alerts")
    assert len([line for line in world.lines("admin") if "🔴" in line.text]) == 2  # another incident
    assert "没有回应" in world.last("admin")


@pytest.mark.parametrize(
    ("said", "cure"),
    [
        ("40125: the secret is refused: check app_secret, a reset makes the old one useless", "核对配置里的密钥"),
        ("40013: unknown account id: check app_id (corp_id for WeCom)", "核对 app_id"),
        ("40164: this machine is not in the allow-list: add 203.0.113.7 to the IP allow-list of the account", "白名单"),
        ("48001: the account may not use this interface: verify the account, or apply for the interface", "认证或开通"),
        ("50002: the account is frozen: read the notice in the account's backend", "后台的通知"),
        ("40001: a fresh token is refused: does another program use this account?", "停掉另一处"),
        ("the mail server wants a login (530): write email.user and email.password", "不接受登录"),
    ],
)
async def test_an_alert_says_what_would_cure_it(world: World, said: str, cure: str) -> None:
    await world.say("admin", "/help")  # from here on the lane itself has nothing new to tell
    await health(world, False, f"ChannelDown: {said}")
    await world.tick("alerts", seconds=10)
    await world.tick("alerts")
    told = [line.text for line in world.lines("admin") if "🔴" in line.text]
    assert len(told) == 1
    assert cure in told[0]


def test_whatever_stops_a_wechat_account_has_a_cure_in_the_alert() -> None:
    """The alert goes by words of the table of codes: whoever changes those is told here."""
    at = datetime(2026, 11, 29, 4, tzinfo=UTC)
    stops = [of_code(Code(number), at).detail for number, row in TABLE.items() if row.do is Do.STOP]
    assert len(stops) > 10
    assert [detail for detail in stops if not any(sign in detail for _, sign in CAUSES)] == []


async def test_a_hiccup_is_no_incident(world: World) -> None:
    await health(world, False)
    world.clock.advance(timedelta(seconds=30))
    await health(world, True)
    await world.tick("alerts")
    await world.tick("alerts")
    assert world.lines("admin") == []


async def test_a_pause_is_announced_and_ends_by_itself(world: World) -> None:
    await world.say("manager", "/pause 2小时 电梯年检")
    assert "manager 暂停了提醒:全部" in world.last("collector")
    assert "电梯年检" in world.last("foreign")
    await world.tick("pauses")
    assert (await world.rows(Switch))[0].on
    world.clock.advance(timedelta(hours=2))
    for _ in range(2):
        await world.tick("pauses")
    assert not (await world.rows(Switch))[0].on
    for name in ("manager", "collector"):
        assert len([line for line in world.lines(name) if "已自动恢复" in line.text]) == 1
    assert "pause.over" in await world.audited()


async def test_a_communitys_pause_concerns_its_own_colleagues(world: World) -> None:
    await world.say("local", "/pause 半天 停电")
    assert "local 暂停了提醒:翠湖苑" in world.last("collector")
    assert world.lines("foreign") == []
    world.clock.advance(timedelta(hours=12, minutes=1))
    await world.tick("pauses")
    assert "已自动恢复:翠湖苑" in world.last("collector")
    assert world.lines("foreign") == []
    await world.say("local", "/resume")
    assert "local 恢复了提醒" in world.last("collector")


async def test_the_digest_leaves_out_who_can_not_be_written_to(world: World) -> None:
    async with world.database.write() as session:
        await session.execute(update(Staff).where(Staff.user == "second").values(chat=""))
        await session.execute(update(Staff).where(Staff.user == "teacher").values(active=False))
    await to(world, 9)
    await world.tick("digest")
    assert not {"second", "teacher", "auditor"} & set(await digests(world))
