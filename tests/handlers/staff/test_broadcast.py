"""`/broadcast`: whom it reaches, what is shown before it goes, and what it may not say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import insert, update

from domain.broadcasts import asks_for_money
from domain.ledger import EntryKind
from domain.lint_words import RULES
from models.accounts import Account
from models.agreements import Hold
from models.base import Database
from models.bills import Bill, LedgerEntry, transfer
from models.people import Binding, Contact, Person
from models.staff import Staff
from tests.handlers.staff.broadcasting import TEXT, confirmed, follow, rows_of, sent_chats, stages
from tests.handlers.staff.world import World


async def test_one_line_preview_and_two_taps(world: World) -> None:
    await world.book("collector", "1-101 286.40 转账 T-1")
    told = await world.say("collector", f"/broadcast 未缴 缴费 {TEXT}")
    assert "翠湖苑 有未缴账单的住户 · 缴费相关" in told
    assert "符合 4,发给 4 人;没有可用聊天 0" in told
    assert "时间:马上" in told
    assert told.count("┌") == 3
    assert "李女士/先生您好" in told
    assert await sent_chats(world) == []
    assert "确定发给 翠湖苑 有未缴账单的住户 的 4 人" in await world.press("collector", "确认发送")
    assert await sent_chats(world) == []
    await world.press("collector", "确定,发送")
    assert await sent_chats(world) == ["r1-102", "r1-103", "r1-104", "r1-105"]
    assert TEXT in world.last("r1-102")
    assert "已缴请忽略" in world.last("r1-102")
    assert "停止" in world.last("r1-102")
    await follow(world)
    assert "完成:发出 4,失败 0" in world.last("collector")
    assert {"broadcast.started"} <= set(await world.audited())


async def test_step_by_step_to_a_building_with_a_service_notice(world: World) -> None:
    await world.say("collector", "群发")
    assert "翠湖苑 1栋" in await world.press("collector", "1栋")
    await world.press("collector", "全部住户")
    await world.press("collector", "服务通知")
    told = await world.say("collector", "明天上午9点到11点停水检修,请提前储水。")
    assert "翠湖苑 1栋 全部住户 · 服务通知" in told
    assert "符合 5,发给 5 人" in told
    assert "不发的:无" in told


async def test_who_stopped_or_has_a_hard_time_gets_no_money_message_but_the_service_notice(world: World) -> None:
    async with world.database.write() as session:
        await session.execute(update(Person).where(Person.id == 1).values(stopped_at=world.clock.now()))
        await session.execute(update(Contact).where(Contact.id == 2).values(state="blocked"))
        await session.execute(update(Account).where(Account.id == 3).values(traits="hardship"))
        session.add(
            Hold(
                account_id=4,
                reason="complaint",
                source="complaint/1",
                until_on=date(2026, 12, 1),
                created_at=world.clock.now(),
            )
        )
    told = await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    assert "符合 5,发给 1 人;没有可用聊天 1" in told
    assert "投诉处理中 1、困难,先关怀 1、没有可用的聊天 1、对方已停止提醒 1" in told
    told = await world.say("collector", "/broadcast 全部 通知 周六电梯年检。")
    assert "符合 5,发给 4 人;没有可用聊天 1" in told
    assert "不发的:没有可用的聊天 1" in told


@pytest.mark.parametrize(
    ("words", "meant"),
    [("全部", 5), ("未缴", 5), ("本期未缴", 4), ("逾期7", 5), ("逾期30", 2), ("overdue400", 0), ("1栋 未缴", 5)],
)
async def test_a_segment_in_one_word(world: World, words: str, meant: int) -> None:
    """1-101 owes a bill of October besides; 1-102 has its November voided and owes October alone."""
    await _owe(world, 1, date(2026, 10, 10))
    await _owe(world, 2, date(2026, 10, 10))
    async with world.database.write() as session:
        await session.execute(
            update(Bill).where(Bill.account_id == 2, Bill.period == "2026-11").values(voided_at=world.clock.now())
        )
    told = await world.say("collector", f"/broadcast {words} 缴费 {TEXT}")
    assert f"符合 {meant}," in told


@pytest.mark.parametrize("sort", ["未缴 缴费", "未缴 通知", "全部 缴费"])
async def test_who_a_reminder_leaves_in_peace_a_collection_broadcast_leaves_in_peace(world: World, sort: str) -> None:
    await world.say("r1-101", "下周五发工资再交")
    await world.press("r1-101", "对")
    async with world.database.write() as session:
        await session.execute(update(Bill).where(Bill.account_id == 5).values(due_on=date(2026, 12, 20)))
        for account_id, reason in ((2, "claimed"), (3, "disputed"), (4, "on_plan")):
            session.add(
                Hold(
                    account_id=account_id,
                    bill_id=account_id,
                    reason=reason,
                    source="x/1",
                    until_on=date(2026, 12, 1),
                    created_at=world.clock.now(),
                )
            )
    told = await world.say("collector", f"/broadcast {sort} {TEXT}")
    assert "符合 5,发给 0 人" in told
    for left_out in ("已约定日期 1", "账单核实中 1", "还没到期 1"):
        assert left_out in told, told
    told = await world.say("collector", "/broadcast 全部 通知 明天上午停水检修,请提前储水。")
    assert "符合 5,发给 5 人" in told


async def test_a_household_that_owes_something_else_as_well_is_asked_for_that(world: World) -> None:
    await world.say("r1-101", "下周五发工资再交")
    await world.press("r1-101", "对")
    await _owe(world, 1, date(2026, 10, 10))
    assert "发给 5 人" in await world.say("collector", f"/broadcast 未缴 缴费 {TEXT}")
    assert "发给 4 人" in await world.say("collector", f"/broadcast 本期未缴 缴费 {TEXT}")


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("请尽快缴纳物业费", True),
        ("记得交一下水费", True),
        ("Please pay the fee this week", True),
        ("明天上午停水检修,请提前储水", False),
        ("周六交通管制,请绕行", False),
        ("请到前台领取缴费发票", False),
        ("请勿重复缴费", False),
    ],
)
def test_a_text_that_asks_for_money(text: str, asks: bool) -> None:
    assert asks_for_money(text) is asks


async def _owe(world: World, account_id: int, due_on: date) -> None:
    async with world.database.write() as session:
        bill = Bill(
            account_id=account_id, item="物业费", period=f"{due_on:%Y-%m}", due_on=due_on, issued_at=world.clock.now()
        )
        session.add(bill)
        await session.flush()
        charge = transfer(EntryKind.CHARGE, account_id, 100, due_on, world.clock.now(), bill_id=bill.id)
        await session.execute(insert(LedgerEntry), [charge])


async def test_overdue_by_a_typed_number_of_days(world: World) -> None:
    await world.say("collector", "群发")
    assert "逾期多少天" in await world.press("collector", "逾期住户")
    assert "出了点问题" not in await world.say("collector", "很久")
    await world.say("collector", "群发")
    await world.press("collector", "逾期住户")
    await world.say("collector", "7天")
    await world.press("collector", "缴费相关")
    assert "逾期 7 天以上的住户" in await world.say("collector", TEXT)


async def test_a_typed_list_of_codes_names_those_it_does_not_know_and_foreign_ones_alike(world: World) -> None:
    await world.say("collector", "群发")
    await world.press("collector", "指定户号")
    assert "没有找到" in await world.say("collector", "9-901 nothing")
    told = await world.say("collector", "1-101,1-103、1-103\n9-901；8-888")
    assert "有 2 个户号没有找到,已略过:9-901 8-888" in told
    await world.press("collector", "服务通知")
    told = await world.say("collector", "您的包裹在前台。")
    assert "指定的 2 户" in told
    assert "云岭" not in told
    await world.press("collector", "确认发送")
    await world.press("collector", "确定,发送")
    assert await sent_chats(world) == ["r1-101", "r1-103"]


async def test_one_person_with_two_flats_gets_one_message(world: World) -> None:
    async with world.database.write() as session:
        await session.execute(update(Binding).where(Binding.account_id == 2).values(person_id=1))
    told = await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    assert "符合 5,发给 4 人" in told
    assert "不发的:同一人多户 1" in told
    await world.press("collector", "确认发送")
    await world.press("collector", "确定,发送")
    assert await sent_chats(world) == ["r1-101", "r1-103", "r1-104", "r1-105"]


async def test_two_chats_of_one_person_far_apart_in_the_list_get_one_message(sqlite: Database, large: World) -> None:
    """Their flats fall into different batches, and they like another chat for each."""
    world = large
    async with world.database.write() as session:
        await session.execute(update(Binding).where(Binding.account_id == 53).values(person_id=1))
    await world.say("local", "/broadcast 全部 通知 周六电梯年检。")
    await world.press("local", "确认发送")
    await world.press("local", "确定,发送")
    await world.press("manager", "同意")
    for _ in range(3):
        await follow(world)
    assert len(await rows_of(world)) == 52
    assert (await sent_chats(world)).count("r1-101") == 1


async def test_unkind_unlawful_or_revealing_text_is_stopped_with_the_reason_and_a_kinder_wording(world: World) -> None:
    told = await world.say("collector", "/broadcast 全部 缴费 再不缴费就停水停电")
    assert "不能拿水电气暖说事" in told
    assert "可以这样说" in told
    assert "分期" in told
    assert await stages(world) == ["draft"], "where and to whom is kept"
    told = await world.say("collector", "3栋1201的王女士还没缴费,欠286.40元")
    assert "群发和群里不能出现某一户的姓名、房号、金额或电话" in told
    told = await world.say("collector", "不缴就上征信,报警处理!")
    assert "信用" in told
    assert "发给 5 人" in await world.say("collector", TEXT)


async def test_every_rule_that_stops_a_text_has_a_kinder_wording_that_may_be_sent(world: World) -> None:
    from domain.lint import lint

    for rule in (*RULES, "household_data"):
        for language in ("zh", "en"):
            words = world.app.office.wording.text(f"kinder.{rule}", language)
            assert lint(words, "group") == (), (rule, words)


async def test_a_text_that_is_too_long_is_not_cut_in_silence(world: World) -> None:
    await world.say("collector", "/broadcast 全部 通知")
    assert "正文最多 2000 字" in await world.say("collector", "长" * 2001)
    assert "发给 5 人" in await world.say("collector", "短一些。")


async def test_to_me_first_writes_to_nobody_else(world: World) -> None:
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    told = await world.press("collector", "先发给我")
    assert TEXT in told
    assert await sent_chats(world) == []


async def test_a_group_post_goes_to_the_groups_of_the_community(world: World) -> None:
    assert "发给 1 个群" in await world.say("collector", f"/broadcast 群 缴费 {TEXT}")
    await world.press("collector", "确认发送")
    await world.press("collector", "确定,发送")
    assert TEXT in world.last("g-lake")
    assert world.lines("g-desk") == []


async def test_everyone_is_called_once_in_a_billing_period(world: World) -> None:
    assert "@所有人(每期每群一次)" in await world.say("collector", f"/broadcast 群 通知 @所有人 {TEXT}")
    await world.press("collector", "确认发送")
    await world.press("collector", "确定,发送")
    assert world.last("g-lake").startswith(f"@所有人 {TEXT}")
    await world.say("collector", "/broadcast 群 通知 周六电梯年检。")
    await world.press("collector", "@所有人")
    await world.press("collector", "确认发送")
    await world.press("collector", "确定,发送")
    assert world.last("g-lake").startswith("周六电梯年检")
    await _owe(world, 1, date(2026, 12, 10))  # the next period is billed
    await confirmed(world, "collector", "群 通知 @所有人 周日清洗水箱。")
    assert world.last("g-lake").startswith("@所有人 周日清洗水箱")


async def test_an_english_author_reads_english(world: World) -> None:
    async with world.database.write() as session:
        session.add(
            Contact(person_id=1, channel="sandbox", user="collector", chat="collector", last_heard_at=world.clock.now())
        )
        await session.execute(update(Person).where(Person.id == 1).values(language="en"))
    told = await world.say("collector", f"/broadcast unpaid money {TEXT}")
    assert "households with open bills · Money" in told
    await world.press("collector", "Send")
    assert "Send to 5 people" in world.last("collector")


# stale buttons: nothing goes out


async def test_only_the_author_presses(world: World) -> None:
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}", "g-desk")
    await world.press("collector", "确认发送", "g-desk")
    await world.press("teacher", "确定,发送", "g-desk")
    assert await sent_chats(world) == []
    assert await stages(world) == ["draft"]
    assert "refused" in await world.audited()


async def test_a_count_that_changed_is_shown_again(world: World) -> None:
    await world.say("collector", f"/broadcast 未缴 缴费 {TEXT}")
    await world.press("collector", "确认发送")
    line, token = world.button("collector", "确定,发送")
    await world.book("collector", "1-101 286.40 转账 T-1")
    await world.press_token("collector", line, token)
    assert "的 4 人" in world.last("collector")
    assert await sent_chats(world) == []


async def test_a_draft_dies_after_some_hours(world: World) -> None:
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    await world.press("collector", "确认发送")
    line, token = world.button("collector", "确定,发送")
    world.clock.advance(timedelta(hours=6, minutes=1))
    assert "太久没有动了" in await world.press_token("collector", line, token)
    await follow(world)
    assert await stages(world) == ["cancelled"]
    assert "已取消" in await world.press_token("collector", *world.button("collector", "确认发送"))
    assert await sent_chats(world) == []


async def test_a_confirmation_of_another_text_sends_nothing(world: World) -> None:
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    await world.press("collector", "确认发送")
    line, token = world.button("collector", "确定,发送")
    await world.press("collector", "改正文")
    await world.say("collector", "12月起缴费可以用微信。")
    assert "后来改过了" in await world.press_token("collector", line, token)
    assert await sent_chats(world) == []


async def test_pressed_twice_it_goes_once(world: World) -> None:
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    await world.press("collector", "确认发送")
    first = world.button("collector", "确定,发送")
    await world.press("collector", "确认发送")
    second = world.button("collector", "确定,发送")
    await world.press_token("collector", *first)
    assert "已" in await world.press_token("collector", *first)
    assert "这个按钮不再有效" in await world.press_token("collector", *second)
    assert len(await rows_of(world)) == 5
    assert len(await sent_chats(world)) == 5


async def test_who_left_the_office_confirms_nothing(world: World) -> None:
    await world.say("collector", f"/broadcast 全部 缴费 {TEXT}")
    await world.press("collector", "确认发送")
    line, token = world.button("collector", "确定,发送")
    async with world.database.write() as session:
        await session.execute(update(Staff).where(Staff.user == "collector").values(active=False))
    await world.press_token("collector", line, token)
    assert await sent_chats(world) == []
