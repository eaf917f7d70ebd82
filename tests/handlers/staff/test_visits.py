"""`/visit`: hours offered, chosen, moved, called off; the round of a day; how each visit went."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import update

from models.agreements import Dispute, Promise
from models.dialogue import Button
from models.outbox import Outbox
from models.staff import StaffTask
from models.visits import Visit
from tests.handlers.staff.test_calls import task
from tests.handlers.staff.world import World

FIRST = "11月24日(周二) 10:00"
SECOND = "11月25日(周三) 14:00"


async def offered(world: World, code: str = "1-101") -> None:
    await world.say("collector", f"/visit {code}")


async def agreed(world: World, code: str = "1-101", hour: str = FIRST) -> None:
    await offered(world, code)
    await world.press(f"r{code}", hour)


async def to(world: World, day: int, hour: int, minute: int = 0) -> None:
    """The clock moves to an hour of the office in November."""
    world.clock.jump(world.clock.now().replace(day=day, hour=hour - 8, minute=minute, second=0))


async def visit(world: World) -> Visit:
    return (await world.rows(Visit))[-1]


async def test_hours_go_to_the_payer_and_the_visitor_hears_what_was_chosen(world: World) -> None:
    await task(world, kind="visit")
    await world.say("collector", "/tasks")
    await world.press("collector", "1 上门 1-101")
    assert "已经把几个时间发给" in await world.press("collector", "约上门")
    assert "不方便上门也没关系" in world.last("r1-101")
    assert "约好了:11月24日(周二) 10:00,collector" in await world.press("r1-101", FIRST)
    assert "约好上门:11月24日(周二) 10:00" in world.last("collector")
    found = await visit(world)
    assert (found.state, found.agreed_by) == ("booked", "resident")
    (kept,) = await world.rows(StaffTask)
    assert kept.due_at.date().isoformat() == "2026-11-24"


async def test_an_hour_taken_meanwhile_is_refused_with_the_nearest(world: World) -> None:
    await offered(world, "1-101")
    await offered(world, "1-102")
    await world.press("r1-101", FIRST)
    told = await world.press("r1-102", FIRST)
    assert "排满了" in told
    assert "11月24日(周二) 14:00" in world.labels("r1-102")
    assert {each.state for each in await world.rows(Visit)} == {"booked", "offered"}


async def test_moved_in_words_and_called_off_in_words(world: World) -> None:
    await agreed(world)
    told = await world.say("r1-101", "上门时间改到周四下午四点可以吗")
    assert "约好了:11月26日(周四) 16:00" in told
    assert "上门改到:11月26日" in world.last("collector")
    assert "取消了" in await world.say("r1-101", "你们不用上门了")
    assert (await visit(world)).state == "cancelled"
    assert "取消了上门" in world.last("collector")


async def test_a_day_in_words_right_after_the_offer(world: World) -> None:
    await offered(world)
    assert "11月26日(周四) 18:30" in (await world.say("r1-101", "周四行吗"), world.labels("r1-101"))[1]
    assert "约好了:11月26日(周四) 10:00" in await world.say("r1-101", "周四上午十点")


async def test_no_is_a_no(world: World) -> None:
    await offered(world)
    assert "好的,不上门" in await world.press("r1-101", "不方便上门")
    assert (await visit(world)).state == "declined"
    assert "已经结束" in await world.press("r1-101", FIRST)


async def test_somebody_elses_visit_is_not_theirs_to_choose(world: World) -> None:
    await offered(world)
    async with world.database.write() as session:
        await session.execute(update(Button).where(Button.chat == "r1-101").values(chat="r1-102", user="r1-102"))
    _, token = world.button("r1-101", FIRST)
    knock = {"chat": "r1-102", "sender": "r1-102", "name": "x", "language": "zh", "audience": "private", "message": "1"}
    moment = {"at": world.clock.now().isoformat(), "text": "", "attachment": None, "addressed": True}
    await world.app.inbound.store_for("sandbox")("x1", json.dumps({**knock, **moment, "choice": token, "press": "x:1"}))
    await world.settle()
    assert "已经结束或取消" in world.last("r1-102")
    assert (await visit(world)).state == "offered"


async def test_limits_one_at_a_time_two_in_thirty_days_and_none_in_hard_times(world: World) -> None:
    await agreed(world)
    assert "已经约在" in await world.say("collector", "/visit 1-101")
    await world.say("r1-102", "家里出事了,实在没钱")
    assert "先不上门" in await world.say("collector", "/visit 1-102")
    assert "没有找到编号" in await world.say("collector", "/visit 9-901")
    for day, hour in ((24, "11月26日(周四) 14:00"), (26, "")):
        await to(world, day, 19)
        await world.say("collector", "/visit")
        await world.press("collector", "1-101")
        await world.press("collector", "谈过了")
        if hour:
            await agreed(world, hour=hour)
    assert "三十天内已经约过 2 次" in await world.say("collector", "/visit 1-101")


async def test_a_household_without_a_chat_is_booked_by_telephone(world: World) -> None:
    await world.say("r1-101", "停止")
    told = await world.say("collector", "/visit 1-101")
    assert "没有约好就不上门" in told
    await world.press("collector", "电话约好了")
    assert "约好上门" in await world.press("collector", FIRST)
    assert (await visit(world)).agreed_by == "staff"


async def test_the_day_before_once_for_each_hour_and_not_after_it_was_called_off(world: World) -> None:
    await agreed(world, hour=SECOND)
    await world.tick("visits")
    assert "提醒一下" not in world.last("r1-101")
    await to(world, 24, 9)
    await world.tick("visits")
    await world.tick("visits")
    told = [row for row in await world.rows(Outbox) if row.template == "visits.tomorrow"]
    assert [(row.kind, row.state) for row in told] == [("service", "sent")]
    assert "11月25日(周三) 14:00" in world.last("r1-101")
    await world.press("r1-101", "取消上门")
    await world.tick("visits")
    assert len([row for row in await world.rows(Outbox) if row.template == "visits.tomorrow"]) == 1


async def test_the_round_of_a_day_and_the_checklist(world: World) -> None:
    await agreed(world)
    await world.say("collector", "/visit")
    told = await world.press("collector", "11月24日(周二)")
    assert "【1栋】" in told
    assert "10:00 1栋1** 王女士/先生(1-101)待缴 286.40 元" in told
    assert "亮工牌" in await world.press("collector", "上门清单")
    assert "没有上门安排" in await world.say("teacher", "/visit 2026-11-24")


async def result(world: World, label: str) -> str:
    await to(world, 24, 11)
    await world.say("collector", "/visit")
    await world.press("collector", "1-101")
    return await world.press("collector", label)


async def test_before_its_hour_no_result_is_taken(world: World) -> None:
    await agreed(world)
    await to(world, 24, 9)
    await world.say("collector", "/visit")
    await world.press("collector", "1-101")
    assert "还没到约好的时间" in world.last("collector")
    assert (await visit(world)).state == "booked"


async def test_a_promise_at_the_door_and_a_note_with_a_picture(world: World) -> None:
    await task(world, kind="visit")
    await agreed(world)
    await result(world, "约好日子")
    assert "上门已记:约好日子" in await world.say("collector", "12月4日")
    assert [each.state for each in await world.rows(Promise)] == ["open"]
    assert "已补上" in await world.say("collector", "门口说好的")
    found = await visit(world)
    assert (found.state, found.result, found.note) == ("done", "promised", "门口说好的")


async def test_a_result_is_written_once(world: World) -> None:
    await agreed(world)
    await to(world, 24, 11)
    await world.say("collector", "/visit")
    await world.press("collector", "1-101")
    line, token = world.button("collector", "不愿谈")
    await world.press("collector", "谈过了")
    assert "没有重复记" in await world.press_token("collector", line, token)
    assert [each.kind for each in await world.rows(StaffTask)] == []


async def test_not_at_home_twice_ends_visits_with_a_letter(world: World) -> None:
    await task(world, kind="visit")
    await agreed(world)
    await result(world, "没人在家")
    assert [(each.kind, each.state) for each in await world.rows(StaffTask)] == [("visit", "taken")]
    await agreed(world, hour="11月26日(周四) 14:00")
    await to(world, 26, 15)
    await world.say("collector", "/visit")
    await world.press("collector", "1-101")
    await world.press("collector", "没人在家")
    assert {(each.kind, each.state) for each in await world.rows(StaffTask)} == {("letter", "open")} | {
        ("visit", "done")
    }
    assert "先不再上门" in await world.say("collector", "/visit 1-101")


async def test_a_doubt_a_repair_a_refusal(world: World) -> None:
    await agreed(world)
    await result(world, "账单有疑问")
    await world.say("collector", "电梯费算了两次")
    assert [each.text for each in await world.rows(Dispute)] == ["电梯费算了两次"]
    await agreed(world, "1-102", "11月26日(周四) 14:00")
    await to(world, 26, 15)
    await world.say("collector", "/visit")
    await world.press("collector", "1-102")
    await world.press("collector", "要报修")
    await world.say("collector", "厨房顶上渗水")
    kinds = {each.kind: each.summary for each in await world.rows(StaffTask)}
    assert kinds["repair"] == "厨房顶上渗水"


async def test_a_visitor_who_wrote_nothing_down_is_asked_and_the_appointment_ends(world: World) -> None:
    await agreed(world)
    await to(world, 24, 14)
    await world.tick("visits")
    assert "结果怎样" in world.last("collector")
    world.clock.advance(timedelta(days=3))
    await world.tick("visits")
    assert (await visit(world)).state == "lapsed"


async def test_a_question_in_between_is_answered_and_the_hours_are_offered_again(world: World) -> None:
    await offered(world)
    told = await world.say("r1-101", "这钱怎么算的")
    assert "286.40" in told
    assert told.endswith("上门的时间,点一个就行,也可以写一个。")
    assert "约好了" in await world.press("r1-101", FIRST)
    assert "上门的时间" not in await world.say("r1-101", "这钱怎么算的")
