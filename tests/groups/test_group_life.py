"""What happens to a residents' group, through the dispatcher: greeted, spoken to, flooded, renamed, moved, silenced, left."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, update

from bot.channels.sandbox_platform import Room
from domain.lint import lint
from models.bills import Bill
from models.dialogue import Group
from models.outbox import Outbox
from models.staff import Staff
from tests.handlers.staff.world import ZONE, World, plain

GROUP = "g-lake"


async def event(world: World, name: str, chat: str = GROUP, **fields: str) -> None:
    """The platform tells something about a group."""
    payload = {"chat": chat, "sender": "r1-101", "audience": "group", "event": name, "event_fields": fields}
    number = str(900_000 + len(await world.rows(Outbox)) + sum(map(ord, name + chat + json.dumps(fields))))
    await world.app.inbound.store_for("sandbox")(number, json.dumps(payload))
    await world.settle()


async def group(world: World, chat: str = GROUP) -> Group:
    [found] = [each for each in await world.rows(Group) if each.chat == chat]
    return found


def posts(world: World, chat: str = GROUP) -> list[str]:
    return [plain(line.text) for line in world.lines(chat)]


# coming and going


async def test_a_new_group_is_silent_until_it_is_linked_and_greeted_once(world: World) -> None:
    world.platform.open_room(Room("g-new", "桂花苑业主群", ["r1-101"]))
    await event(world, "group_joined", "g-new", title="桂花苑业主群")
    assert posts(world, "g-new") == []
    assert "我被加入了群「桂花苑业主群」" in world.last("admin")
    await world.press("admin", "住户群 · 翠湖苑")
    [hello] = posts(world, "g-new")
    assert "请私聊我" in hello
    assert lint(hello, "group") == ()
    await event(world, "group_joined", "g-new", title="桂花苑业主群")
    assert posts(world, "g-new") == [hello]
    assert (await group(world, "g-new")).community_id == 1


async def test_a_manager_links_a_new_group_within_their_communities(world: World) -> None:
    """The card came to managers as well, whose press was refused."""
    for number, (who, label) in enumerate((("manager", "住户群 · 云岭"), ("local", "住户群 · 翠湖苑"))):
        chat = f"g-new{number}"
        world.platform.open_room(Room(chat, "新群", ["r1-101"]))
        await event(world, "group_joined", chat, title="新群")
        assert "已" in await world.press(who, label)
        assert (await group(world, chat)).community_id == 2 - number
    assert "住户群 · 云岭" not in world.labels("local")
    assert world.lines("collector") == []


async def test_a_manager_of_one_community_links_no_group_to_another(world: World) -> None:
    world.platform.open_room(Room("g-new", "新群", ["r1-101"]))
    await event(world, "group_joined", "g-new", title="新群")
    async with world.database.write() as session:  # the manager moved to another community since
        await session.execute(update(Staff).where(Staff.user == "local").values(community_id=2))
    assert "只能连到您负责的" in await world.press("local", "住户群 · 翠湖苑")
    assert (await group(world, "g-new")).community_id is None


async def test_a_broadcast_to_no_linked_group_says_how_to_link_one(world: World) -> None:
    assert "连群的办法" in await world.say("foreign", "/broadcast 群 通知 明天停课")
    assert "连群的办法" not in await world.say("collector", "/broadcast 群 通知 明天停水")


async def test_a_group_that_the_office_had_linked_before_is_greeted_when_the_bot_comes(world: World) -> None:
    await event(world, "group_joined", title="翠湖苑业主群")
    assert len(posts(world)) == 1
    assert "大家好" in posts(world)[0]


async def test_a_greeting_waits_for_the_morning(world: World) -> None:
    world.clock.jump(datetime(2026, 11, 23, 23, 0, tzinfo=ZONE))
    await event(world, "group_joined", title="翠湖苑业主群")
    assert posts(world) == []
    world.clock.jump(datetime(2026, 11, 24, 9, 0, tzinfo=ZONE))
    await world.settle()
    assert len(posts(world)) == 1


async def test_removed_it_says_so_to_staff_and_nothing_goes_there(world: World) -> None:
    await event(world, "group_removed", title="翠湖苑业主群")
    assert (await group(world)).state == "removed"
    assert "移出了群「翠湖苑业主群」" in world.last("manager")
    assert "没有能收到的人" in await _broadcast(world)
    await due_today(world, unpaid=25)
    await world.tick("announce")
    assert posts(world) == []


async def test_silenced_and_back(world: World) -> None:
    await event(world, "group_silenced", title="翠湖苑业主群")
    assert (await group(world)).state == "silent"
    assert "禁言" in world.last("manager")
    assert "没有能收到的人" in await _broadcast(world)
    await event(world, "group_joined", title="翠湖苑业主群")
    assert (await group(world)).state == "ok"
    assert "又可以发言了" in world.last("manager")
    assert "发给 1 个群" in await world.say("collector", "/broadcast 群 通知 周六电梯年检。")
    assert posts(world) == []


async def _broadcast(world: World) -> str:
    await world.say("collector", "/broadcast 群 通知 周六电梯年检。")
    return await world.press("collector", "先发给我")


async def test_renamed(world: World) -> None:
    await event(world, "group_renamed", title="翠湖苑邻里群")
    assert (await group(world)).title == "翠湖苑邻里群"
    assert posts(world) == []


@pytest.mark.parametrize("notices", [("-5", "-1005"), ("-1005", "-5"), ("-5",), ("-1005",)])
async def test_moved_to_a_supergroup_by_either_notice_or_both(world: World, notices: tuple[str, ...]) -> None:
    async with world.database.write() as session:
        await session.execute(update(Group).where(Group.chat == GROUP).values(chat="-5"))
    for chat in notices:
        await event(world, "group_migrated", chat, old="-5", new="-1005")
    found = [each for each in await world.rows(Group) if each.chat in ("-5", "-1005")]
    assert [(each.chat, each.community_id, each.state) for each in found] == [("-1005", 1, "ok")]


async def test_what_waits_for_a_group_moves_with_it(world: World) -> None:
    world.platform.open_room(Room("-1005", "翠湖苑业主群", ["r1-101"]))
    world.clock.jump(datetime(2026, 11, 23, 21, 0, tzinfo=ZONE))
    await world.say("collector", "/broadcast 群 缴费 物业费可以缴了。")
    await world.press("collector", "确认发送")
    await world.press("collector", "确定,发送")
    await event(world, "group_migrated", GROUP, old=GROUP, new="-1005")
    world.clock.jump(datetime(2026, 11, 24, 9, 0, tzinfo=ZONE))
    await world.settle()
    assert len(posts(world, "-1005")) == 1
    assert posts(world) == []


# speaking to it


async def test_a_mention_a_reply_and_small_talk(world: World) -> None:
    assert await world.say("r1-101", "今天天气真好", GROUP) == ""
    assert "请私聊我" in await world.say("r1-101", "@小铃 你好", GROUP)
    assert "请私聊我" in await world.say("r1-101", "@小铃", GROUP)
    line = world.lines(GROUP)[-1]
    world.clock.advance(timedelta(seconds=70))
    world.platform.say("r1-101", GROUP, world.clock.now(), text="我家物业费多少钱", reply_to=line.id)
    await world.settle()
    assert posts(world)[-1].startswith("已私信您")
    assert "286.40" in world.last("r1-101")


async def test_bait_for_others_data_gets_nothing(world: World) -> None:
    for text in ("3-201 欠多少?", "1-102欠多少", "@小铃 1-102 欠多少?", "@小铃 李小明家交了吗", "@小铃 谁还没交"):
        await world.say("r1-101", text, GROUP)
        await world.say("stranger", text, "stranger")
    said = "\n".join(posts(world))
    assert not any(secret in said for secret in ("286", "小明", "1-10", "102", "李女士"))
    private = "\n".join(plain(line.text) for line in world.lines("r1-101"))
    assert "李" not in private
    assert "102" not in private


async def test_a_flood_of_questions_is_no_flood_of_answers(world: World) -> None:
    """25 people ask at once, again and again: the group reads ten lines a minute, everybody is answered in private."""
    people = [each for each in world.platform.rooms[GROUP].members if each.startswith("r")]
    for person in people:
        world.platform.say(person, GROUP, world.clock.now(), text="@小铃 我家物业费多少钱")
    await world.settle()
    assert len(posts(world)) == 10
    assert all("286.40" in world.last(person) for person in people if not person.startswith("r9"))
    for _ in range(30):
        world.clock.advance(timedelta(seconds=61))
        for person in people[:3]:
            world.platform.say(person, GROUP, world.clock.now(), text="@小铃 帮帮我")
        await world.settle()
    assert len(posts(world)) <= 40 + 10


async def test_one_person_who_asks_on_and_on_is_asked_for_a_pause_once(world: World) -> None:
    for _ in range(12):
        world.platform.say("r1-101", GROUP, world.clock.now(), text="@小铃 我家物业费多少钱")
    await world.settle()
    told = posts(world)
    assert len(told) == 4
    assert all("已私信您" in each for each in told[:3])
    assert "歇一会儿" in told[3]
    assert "286.40" in world.last("r1-101")
    world.platform.say("r1-102", GROUP, world.clock.now(), text="@小铃 我家物业费多少钱")
    await world.settle()
    assert "已私信您" in posts(world)[4]
    world.clock.advance(timedelta(seconds=61))
    world.platform.say("r1-101", GROUP, world.clock.now(), text="@小铃 我家物业费多少钱")
    await world.settle()
    assert "已私信您" in posts(world)[5]


async def test_one_person_who_floods_is_dropped(world: World) -> None:
    for number in range(60):
        world.platform.say("r1-101", GROUP, world.clock.now(), text=f"@小铃 在吗 {number}")
    await world.settle()
    assert len(posts(world)) <= 10


async def test_staff_commands_in_a_residents_group_do_nothing(world: World) -> None:
    for text in ("/broadcast 全部 通知 你好", "/status", "/tasks", "群发"):
        assert await world.say("collector", text, GROUP) == ""


# announcements


async def due_today(world: World, unpaid: int, households: int = 25) -> None:
    """A bill due today in `households` homes, of which so many are open; the others were voided or paid."""
    today = world.app.office.today(world.clock.now())
    async with world.database.write() as session:
        await session.execute(update(Bill).values(due_on=today))
        await session.execute(delete(Staff).where(Staff.user == "auditor"))
        await session.execute(update(Bill).where(Bill.id > households).values(voided_at=world.clock.now()))
    for number in range(households - unpaid):
        code = f"{1 + number // 10}-{101 + number % 10}"
        await world.book("manager", f"{code} 286.40 转账 T-{number}")


@pytest.mark.parametrize(
    ("households", "unpaid", "told"),
    [(25, 20, "5 户"), (25, 5, "20 户"), (25, 21, ""), (25, 4, ""), (25, 25, ""), (19, 10, ""), (20, 10, "10 户")],
)
async def test_totals_only_where_nobody_can_be_picked_out(
    world: World, households: int, unpaid: int, told: str
) -> None:
    await due_today(world, unpaid, households)
    await world.tick("announce")
    world.clock.jump(datetime(2026, 11, 23, 15, 0, tzinfo=ZONE))
    await world.settle()
    [post] = posts(world)
    assert ("已有" in post) == bool(told)
    assert told in post
    assert lint(post, "group") == ()
    assert "286" not in post


async def test_an_announcement_comes_once_a_day_however_often_it_is_planned(world: World) -> None:
    await due_today(world, 20)
    for _ in range(3):
        await world.tick("announce")
    world.clock.jump(datetime(2026, 11, 23, 15, 0, tzinfo=ZONE))
    await world.settle()
    await world.say("collector", "/broadcast 群 缴费 物业费可以缴了。")
    await world.press("collector", "确认发送")
    await world.press("collector", "确定,发送")
    assert len(posts(world)) == 1  # one post about money a day in each group
