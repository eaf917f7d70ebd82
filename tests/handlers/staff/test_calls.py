"""`/calls`: the queue, one call at a time with its brief, and what each outcome brings about."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import insert, update

from domain.calls import Outcome
from domain.ledger import EntryKind
from domain.tiers import Evidence
from models.accounts import Account, by_code
from models.agreements import Dispute, Hold, Promise
from models.bills import Bill, LedgerEntry, transfer
from models.calls import Call
from models.profiles import note_evidence
from models.renewals import StageSummary
from models.staff import AuditEntry, StaffTask, open_task
from tests.handlers.staff.world import World


async def task(world: World, code: str = "1-101", kind: str = "call", number: int = 1) -> None:
    now = world.clock.now()
    async with world.database.write() as session:
        await open_task(
            session,
            key=f"task/{kind}/{code}/{number}",
            kind=kind,
            account=await by_code(session, code),
            summary="1 笔费用共 286.40 元未缴",
            at=now,
            due_at=now + timedelta(days=3),
            blocks=True,
        )


async def begin(world: World, name: str = "collector") -> str:
    await world.say(name, "/calls")
    return await world.press(name, "开始打电话")


async def only(world: World) -> StaffTask:
    (found,) = await world.rows(StaffTask)
    return found


async def test_an_empty_queue_says_so_in_both_ways_to_ask_and_why(world: World) -> None:
    for asked in ("/calls", "电催"):
        told = await world.say("collector", asked)
        assert "没有要打电话的户" in told
        assert "没有约定也没有暂停:5 户" in told


async def test_an_empty_queue_counts_what_holds_the_households(world: World) -> None:
    await world.say("r1-101", "下周五发工资再交")
    await world.press("r1-101", "对")
    await world.say("r1-102", "账单算错了,面积不对")
    await world.book("manager", "1-103 286.40 转账 T1")
    told = await world.say("collector", "/calls")
    for piece in ("已约定日期:1 户", "账单核实中:1 户", "没有约定也没有暂停:2 户"):
        assert piece in told
    for code in ("1-104", "1-105"):
        await world.book("manager", f"{code} 286.40 转账 {code}")
    assert "没有约定也没有暂停" not in await world.say("collector", "/calls")


async def test_households_of_a_colleague_are_counted_as_theirs(world: World) -> None:
    await task(world)
    assert "在同事名下:1 户" in await world.say("teacher", "/calls")


async def test_outside_the_hours_and_at_the_cap_each_group_has_its_count(world: World) -> None:
    for code in ("1-101", "1-102", "1-103"):
        await task(world, code)
    await begin(world)
    await world.press("collector", "已沟通")
    await task(world, "1-101", number=2)
    world.clock.jump(world.clock.now().replace(hour=13))  # 21:00 in the office
    told = await world.say("collector", "/calls")
    assert "稍后 2 户,最早:不在打电话的时段,11月24日(周二) 09:00 起" in told
    assert "稍后 1 户" in told
    assert "打电话的时段是 09:00–20:00" in told


async def test_who_waits_for_our_answer_is_not_rung(world: World) -> None:
    """The case that happened: a plan we had not answered became a call to the one who waited for it."""
    await task(world)
    await task(world, "1-102", kind="hold")
    for name in ("r1-101", "r1-102"):
        await world.say(name, "能分2期吗")
        await world.press(name, "就这样")
    world.clock.advance(timedelta(days=20))
    await world.tick("holds")
    told = await world.say("collector", "/calls")
    assert "现在可以打" not in told
    assert "等我们答复 2" in told


async def test_the_queue_names_the_own_households_with_sum_and_reason_and_the_read_is_written_down(
    world: World,
) -> None:
    await task(world, "1-101")
    await task(world, "9-901")
    told = await world.say("collector", "/calls")
    assert "现在可以打 1 户" in told
    assert "1-101 · 286.40 元 · 还不知道哪个时段好" in told
    assert "9-901" not in told
    assert "calls.queue" in await world.audited()


async def test_the_brief_holds_what_a_caller_needs_and_no_whole_number(world: World) -> None:
    await task(world)
    told = await begin(world)
    for piece in ("1-101", "尾号 1234", "待缴 286.40 元", "现在打", "话术", "1. 报姓名和单位"):
        assert piece in told
    assert "13800001234" not in told
    assert "王小明" not in told
    reads = [each for each in await world.rows(AuditEntry) if each.action == "account.read"]
    assert [each.detail for each in reads] == ['{"for": "call"}']


async def test_the_brief_says_why_a_payer_is_graded_so(world: World) -> None:
    await task(world)
    assert "信用" not in await begin(world)
    await world.press("collector", "跳过")
    async with world.database.write() as session:
        for month in (8, 9, 10):
            due_on = date(2026, month, 16)
            bill = Bill(
                account_id=1, item="物业费", period=f"{due_on:%Y-%m}", due_on=due_on, issued_at=world.clock.now()
            )
            session.add(bill)
            await session.flush()
            charge = transfer(EntryKind.CHARGE, 1, 28640, due_on, world.clock.now(), bill_id=bill.id)
            await session.execute(insert(LedgerEntry), [charge])
    assert "信用:D · 需要人跟进(近几期有 4 期晚缴 · 平均晚 53 天 · 最早一笔已过 99 天)" in await begin(world)


async def test_the_brief_of_a_pupil_holds_tier_evidence_summary_wish_and_a_way_to_begin(world: World) -> None:
    await task(world)  # the collector's; a pupil's would be the teacher's
    async with world.database.write() as session:
        await session.execute(
            update(Account).where(Account.code == "1-101").values(kind="training", class_name="寒假班", tier="C")
        )
    told = await begin(world)
    assert "意向:C · 待了解\n" in told
    await world.press("collector", "跳过")
    async with world.database.write() as session:
        words = {
            "class_name": "寒假班",
            "text": "读谱稳了很多",
            "wish": "wants",
            "staff_id": 1,
            "at": world.clock.now(),
        }
        session.add(StageSummary(account_id=1, **words))
        account = await session.get_one(Account, 1)
        await note_evidence(session, account, Evidence.CHILD_WANTS, "staff/1", world.clock.now())
    told = await begin(world)
    for piece in ("意向:B · 可能续(孩子想继续)", "老师总结:读谱稳了很多", "孩子意愿:", "可以这样开头:"):
        assert piece in told


async def test_a_promise_heard_on_the_telephone_is_kept_confirmed_and_done(world: World) -> None:
    await task(world)
    await begin(world)
    assert "约在哪一天" in await world.press("collector", "约好日期")
    assert "约在 12月4日" in await world.say("collector", "12月4日")
    (promise,) = await world.rows(Promise)
    assert (promise.due_on.isoformat(), promise.state, promise.amount_fen) == ("2026-12-04", "open", 28640)
    assert promise.person_id is not None
    assert "刚才说好了" in world.last("r1-101")
    assert "改日期" in world.labels("r1-101")
    assert (await only(world)).outcome == "promised"
    assert "已补在" in await world.say("collector", "发工资那天")
    (call,) = await world.rows(Call)
    assert (call.outcome, call.note, call.number) == ("promised", "发工资那天", 1)


async def test_a_day_beyond_the_policy_is_refused_and_nothing_is_half_done(world: World) -> None:
    await task(world)
    await begin(world)
    await world.press("collector", "约好日期")
    assert "约定最晚到" in await world.say("collector", "2027-03-01")
    assert list(await world.rows(Call)) == []
    assert (await only(world)).state == "taken"


async def test_the_same_call_is_written_down_once(world: World) -> None:
    """Two buttons of one brief, as on two screens: the second gets one clear answer."""
    await task(world)
    await begin(world)
    brief = world.lines("collector")[-1]
    tokens = {each["label"]: each["token"] for row in brief.choices for each in row}
    assert "没接通" in await world.press_token("collector", brief, tokens["没接通"])
    told = await world.press_token("collector", brief, tokens["不愿缴"])
    assert "已经记过了:没接通。没有重复记" in told
    assert len(await world.rows(Call)) == 1
    assert [each.kind for each in await world.rows(StaffTask)] == ["call"]


async def test_no_answer_comes_back_at_another_time_and_after_three_the_ladder_goes_on(world: World) -> None:
    await task(world)
    for number, day in enumerate((24, 25, 26), start=1):
        await begin(world)
        told = await world.press("collector", "没接通")
        if number < 3:
            assert f"下次:11月{day}日" in told
            world.clock.jump(world.clock.now().replace(day=day, hour=18 - 8, minute=30))
    found = await only(world)
    assert (found.state, found.outcome) == ("done", "no_answer")
    assert "下次" not in told


async def test_the_days_cap_and_the_night_are_told_with_the_first_moment(world: World) -> None:
    await task(world)
    await begin(world)
    await world.press("collector", "已沟通")
    await task(world, number=2)
    told = await world.say("collector", "/calls")
    assert "没有合适打的户" in told
    assert "稍后 1 户" in told
    assert "今天打过了,11月24日(周二) 09:00 起" in told


async def test_nobody_is_rung_at_night(world: World) -> None:
    await task(world)
    world.clock.jump(world.clock.now().replace(hour=13))  # 21:00 in the office
    assert "不在打电话的时段,11月24日(周二) 09:00 起" in await world.say("collector", "/calls")


async def test_two_colleagues_never_get_the_same_household(world: World) -> None:
    await task(world)
    assert "1-101" in await begin(world)
    assert "没有要打电话的户" in await world.say("teacher", "/calls")


async def test_skipped_goes_back_and_the_next_comes(world: World) -> None:
    await task(world, "1-101")
    await task(world, "1-102")
    first = "1-101" if "1-101" in await begin(world) else "1-102"
    other = {"1-101": "1-102", "1-102": "1-101"}[first]
    assert other in await world.press("collector", "跳过")
    assert {each.state for each in await world.rows(StaffTask)} == {"open", "taken"}
    assert "打完了" in await world.press("collector", "跳过")


async def test_a_task_that_a_colleague_has_is_refused_by_name(world: World) -> None:
    await task(world)
    await world.say("collector", "/tasks")
    await world.press("collector", "1 电话 1-101")
    await world.say("teacher", "/tasks")
    await world.press("teacher", "1 电话 1-101")
    await world.press("collector", "打电话")
    assert "collector已经接管" in await world.press("teacher", "打电话")


async def test_hard_times_bring_rest_and_a_person(world: World) -> None:
    await task(world)
    await begin(world)
    await world.press("collector", "有困难")
    (hold,) = await world.rows(Hold)
    assert (hold.reason, hold.bill_id) == ("hardship", None)
    assert {(each.kind, each.state) for each in await world.rows(StaffTask)} == {("call", "done"), ("hardship", "open")}


async def test_a_doubt_about_the_bill_pauses_that_bill_with_the_words_heard(world: World) -> None:
    await task(world)
    await begin(world)
    assert "哪里不对" in await world.press("collector", "有疑问")
    await world.say("collector", "面积算多了两平米")
    (dispute,) = await world.rows(Dispute)
    assert (dispute.text, dispute.state) == ("面积算多了两平米", "open")
    assert [each.reason for each in await world.rows(Hold)] == ["disputed"]


async def test_a_wrong_number_is_looked_for_and_not_rung_again_until_it_changes(world: World) -> None:
    await task(world)
    await begin(world)
    await world.press("collector", "号码不对")
    assert {(each.kind, each.state) for each in await world.rows(StaffTask)} == {("call", "done"), ("contact", "open")}
    await task(world, number=2)
    world.clock.advance(timedelta(days=1))
    assert "没有对的号码 1" in await world.say("collector", "/calls")
    async with world.database.write() as session:
        await session.execute(update(Account).where(Account.code == "1-101").values(phone="13900005678"))
    assert "现在可以打 1 户" in await world.say("collector", "/calls")


async def test_a_refusal_goes_to_a_manager_and_reminders_wait_meanwhile(world: World) -> None:
    await task(world)
    await begin(world)
    await world.press("collector", "不愿缴")
    review = next(each for each in await world.rows(StaffTask) if each.kind == "review")
    assert (review.blocks, review.state, review.source) == (True, "open", "call/1")


async def test_a_call_at_the_hour_they_asked_for_comes_first_and_no_night_hour_is_taken(world: World) -> None:
    await task(world)
    await begin(world)
    await world.press("collector", "改时间再打")
    assert "09:00–20:00" in await world.say("collector", "明天晚上十点")
    assert "下次:11月24日(周二) 15:00" in await world.say("collector", "明天下午三点")
    world.clock.jump(world.clock.now().replace(day=24, hour=7, minute=5))
    assert "1-101 · 286.40 元 · 对方约的时间" in await world.say("collector", "/calls")


async def test_paid_promised_and_paused_households_are_left_alone_with_the_reason(world: World) -> None:
    for code in ("1-101", "1-102", "1-103"):
        await task(world, code)
    await world.book("manager", "1-101 286.40 转账 T1")
    await world.say("r1-102", "下周五发工资再交")
    await world.press("r1-102", "对")
    told = await world.say("collector", "/calls")
    assert "现在可以打 1 户" in told
    assert "已缴清 1" in told
    assert "已约定日期 1" in told


@pytest.mark.parametrize("outcome", ["已沟通", "这就去缴"])
async def test_a_talk_without_an_end_is_looked_at_again(world: World, outcome: str) -> None:
    await task(world)
    await begin(world)
    assert "下次:11月2" in await world.press("collector", outcome)
    assert (await only(world)).state == "taken"


async def test_the_board_shows_what_came_of_the_calls_for_those_who_may_see_it(world: World) -> None:
    assert "还没有打过电话" in await _board_of_calls(world, "local")
    for code in ("1-101", "1-102"):
        await task(world, code)
    await task(world, "9-901")
    await begin(world)
    await world.press("collector", "已沟通")
    await world.press("collector", "下一位")
    await world.press("collector", "没接通")
    await begin(world, "foreign")
    await world.press("foreign", "这就去缴")
    await world.book("manager", "1-101 286.40 转账 T1")
    told = await world.say("local", "看板")
    assert "电话 2(找到 1,约好 0)" in told
    told = await world.press("local", "电话")
    assert "合计 2 / 1 / 0 / 1" in told
    assert "collector 2 / 1 / 0 / 1" in told
    assert "foreign" not in told
    told = await _board_of_calls(world, "manager")
    for line in ("合计 3 / 2 / 0 / 1", "翠湖苑 2 / 1 / 0 / 1", "云岭 1 / 1 / 0 / 0", "foreign 1 / 1 / 0 / 0"):
        assert line in told


async def _board_of_calls(world: World, name: str) -> str:
    await world.say(name, "/board")
    return await world.press(name, "电话")


async def test_every_outcome_has_words(world: World) -> None:
    assert all(world.app.office.wording.has(f"button.call_{each}") for each in Outcome)
