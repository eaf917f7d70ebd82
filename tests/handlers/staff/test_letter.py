"""Notice letters in the chat: preview, a second person's yes, a number, the paper itself, and the proof of delivery."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from domain import keys
from domain.ladder import Reason
from domain.messages import Attachment
from models.accounts import Account
from models.agreements import hold
from models.letters import Delivery, Letter
from models.staff import StaffTask, open_task
from tests.handlers.staff.world import World
from tests.paper import page_texts, squeezed


async def follow(world: World) -> None:
    """What the program does every few seconds."""
    await world.app.write_files(world.clock.now())
    await world.settle()


def newest_file(world: World, name: str) -> tuple[str, bytes]:
    """Name and bytes of the last file in a chat."""
    line = next(line for line in reversed(world.lines(name)) if line.attachment)
    assert line.attachment is not None
    return line.attachment["name"], Path(line.attachment["path"]).read_bytes()


async def issued(world: World) -> tuple[str, bytes]:
    """A letter to 1-101, agreed to by another manager; its file."""
    await world.say("collector", "/letter 1-101")
    await world.press("collector", "请经理过目")
    await world.press("manager", "同意")
    await follow(world)
    return newest_file(world, "collector")


async def test_from_preview_to_proof(world: World) -> None:
    async with world.database.write() as session:
        account = await session.get_one(Account, 1)
        task = await open_task(
            session, key=keys.task("ladder", "1"), kind="letter", account=account, summary="286.40",
            at=world.clock.now(), due_at=world.clock.now() + timedelta(days=3), blocks=True, source="reminder/1",
        )  # fmt: skip
        assert task is not None
        task_id = task.id
    await world.say("collector", "/tasks")
    await world.press("collector", "1 通知书 1-101")
    told = await world.press("collector", "生成通知书")
    assert "合计 286.40 元" in told
    await follow(world)
    name, pdf = newest_file(world, "collector")
    assert name == "通知书预览-1-101.pdf"
    [page] = page_texts(pdf)
    assert "未编号" in page
    assert "预览" in page

    await world.press("collector", "请经理过目")
    assert "286.40 元" in world.last("manager")
    assert "通知书" not in world.last("foreign")
    await world.press("manager", "同意")
    await follow(world)
    name, pdf = newest_file(world, "collector")
    assert name == "催〔2026〕第0001号-1-101.pdf"
    [page] = page_texts(pdf)
    for words in (
        "翠湖物业", "催缴通知书", "催〔2026〕第0001号", "翠湖苑1栋101", "王小明", "物业费", "2026年11月", "2026-11-16",
        "286.40", "人民币贰佰捌拾陆元肆角整", "2026年12月8日", "第九百四十四条", "合理期限", "一切照常", "怎样缴费",
        "异议", "021-55550101", "2026年11月23日", "盖章", "送达回执",
    ):  # fmt: skip
        assert squeezed(words) in page, words
    assert "预览" not in page

    await world.press("collector", "挂号信")
    await world.press("collector", "11月23日(周一)")
    told = await world.say("collector", "EMS 1234567890123")
    assert "已登记送达" in told
    [delivery] = await world.rows(Delivery)
    assert (delivery.means, delivery.on_date, delivery.detail) == (
        "registered",
        date(2026, 11, 23),
        "EMS 1234567890123",
    )
    tasks = {task.id: task for task in await world.rows(StaffTask)}
    assert (tasks[task_id].state, tasks[task_id].outcome) == ("done", "delivered")
    [after] = [task for task in tasks.values() if task.kind == "follow_up"]
    assert after.due_at.astimezone(world.app.office.zone).date() == date(2026, 12, 9)
    assert {"letter.drafted", "letter.asked", "letter.issued", "letter.delivered"} <= set(await world.audited())


async def test_the_author_may_not_agree_and_nobody_agrees_twice(world: World) -> None:
    await world.say("manager", "/letter 1-101")
    await world.press("manager", "请经理过目")
    [letter] = await world.rows(Letter)
    assert world.labels("second")[:2] == ["同意", "不同意"]
    line, token = world.button("second", "同意")
    await world.press("second", "同意")
    [letter] = await world.rows(Letter)
    assert (letter.state, letter.number) == ("issued", 1)
    assert "通知书现在是" in await world.press("local", "同意")
    assert "不同意" not in world.labels("manager")
    told = await world.press_token("second", line, token)
    assert "已经点过" in told
    assert [each.number for each in await world.rows(Letter)] == [1]


async def test_a_payment_between_preview_and_yes_stops_the_letter(world: World) -> None:
    await world.say("collector", "/letter 1-101")
    await world.press("collector", "请经理过目")
    await world.book("collector", "1-101 286.40 转账 T-1")
    assert "没有逾期" in await world.press("manager", "同意")
    [letter] = await world.rows(Letter)
    assert (letter.state, letter.number) == ("asked", None)
    await world.tick("letters")
    [letter] = await world.rows(Letter)
    assert (letter.state, letter.reason) == ("void", "paid")


async def test_a_changed_sum_needs_a_new_preview(world: World) -> None:
    await world.say("collector", "/letter 1-101")
    await world.press("collector", "请经理过目")
    await world.book("collector", "1-101 100 转账 T-1")
    assert "186.40 元" in await world.press("manager", "同意")
    await world.press("collector", "不发了")
    assert "186.40 元" in await world.say("collector", "/letter 1-101")


async def test_who_pays_after_the_letter_was_printed_gets_none(world: World) -> None:
    await issued(world)
    await world.book("collector", "1-101 286.40 转账 T-1")
    await world.tick("letters")
    [letter] = await world.rows(Letter)
    assert (letter.state, letter.number, letter.reason) == ("void", 1, "paid")
    assert "不要寄" in world.last("collector")
    assert "作废" in await world.press("collector", "当面签收")


async def test_the_same_paper_again_is_the_same_file(world: World) -> None:
    _, first = await issued(world)
    await world.say("collector", "/letter 1-101")
    await world.press("collector", "再发一次文件")
    await follow(world)
    assert newest_file(world, "collector")[1] == first


async def test_a_photo_is_proof_too_and_a_voice_message_is_none(world: World) -> None:
    await issued(world)
    await world.press("collector", "投入信箱")
    await world.press("collector", "11月23日(周一)")
    world.platform.say("collector", "collector", world.clock.now(), attachment=Attachment("voice", "v1"))
    await world.settle()
    assert "照片" in world.last("collector")
    world.platform.say("collector", "collector", world.clock.now(), attachment=Attachment("photo", "p1", "box.jpg"))
    await world.settle()
    [delivery] = await world.rows(Delivery)
    assert json.loads(delivery.file) == {"channel": "sandbox", "kind": "photo", "file_id": "p1", "name": "box.jpg"}


async def test_a_number_that_is_void_stays_in_the_register(world: World) -> None:
    await issued(world)
    await world.say("collector", "/letter 1-101")
    await world.press("collector", "作废")
    assert "第0001号 已作废" in await world.say("collector", "地址写错了")
    await issued(world)
    assert [(each.number, each.state) for each in await world.rows(Letter)] == [(1, "void"), (2, "issued")]


async def test_a_name_that_no_font_has_is_refused_with_its_letters(world: World) -> None:
    async with world.database.write() as session:
        await session.execute(update(Account).where(Account.code == "1-101").values(payer_name="𠮷小明"))
    await world.say("collector", "/letter 1-101")
    await follow(world)
    assert "𠮷" in world.last("collector")
    assert "字体" in world.last("collector")


async def test_hardship_rests_and_other_estates_are_not_found(world: World) -> None:
    async with world.database.write() as session:
        await hold(session, 1, Reason.HARDSHIP, "hardship/1", date(2026, 12, 8), world.clock.now())
    assert "困难" in await world.say("collector", "/letter 1-101")
    assert "没有找到" in await world.say("collector", "/letter 9-901")
    assert "其他权限" in await world.say("auditor", "/letter 1-101")
    assert await world.rows(Letter) == []


@pytest.mark.parametrize("approval", [True, False])
async def test_new_words_need_a_yes_even_where_the_rest_does_not(world: World, approval: bool) -> None:
    office = world.app.office
    changed = replace(office, letterhead=replace(office.letterhead, approval=approval))
    world.app.office = changed
    world.app.dispatcher._reception._office = changed
    _, _ = await issued(world)
    await world.say("collector", "/letter 1-102")
    assert ("请经理过目" if approval else "编号并出文件") in world.labels("collector")
