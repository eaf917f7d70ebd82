"""Notes on a household and canned replies."""

from __future__ import annotations

from sqlalchemy import delete, update

from models.calls import Call
from models.notes import Note
from models.people import Person
from tests.handlers.staff.test_calls import begin, task
from tests.handlers.staff.world import World


async def test_a_note_is_kept_with_who_and_when(world: World) -> None:
    assert "已记在 1-101" in await world.say("collector", "/note 1-101 周末才在家")
    await world.say("teacher", "备注 1-101")
    await world.say("teacher", "孩子在上大学")
    told = await world.say("auditor", "/account 1-101")
    assert "📝 11-23 10:00 collector:周末才在家" in told
    assert "teacher:孩子在上大学" in told
    assert [row.text for row in await world.rows(Note)] == ["周末才在家", "孩子在上大学"]
    assert "记一笔" not in world.labels("auditor")
    assert "周末才在家" in await world.press("auditor", "备注记录")
    assert "note.added" in await world.audited()


async def test_a_note_on_a_foreign_household_is_refused_and_none_reaches_a_resident(world: World) -> None:
    assert "没有找到编号" in await world.say("collector", "/note 9-901 看看")
    assert "写法" in await world.say("collector", "/note")
    assert await world.rows(Note) == []
    await world.say("collector", "/note 1-101 周末才在家")
    assert world.lines("r1-101") == []


async def test_a_command_with_an_account_is_no_note_although_one_is_asked_for(world: World) -> None:
    await world.say("collector", "/account 1-101")
    await world.press("collector", "记一笔")
    assert "1-102" in await world.say("collector", "住户 1-102")
    assert await world.rows(Note) == []
    await world.say("collector", "/account 1-101")
    await world.press("collector", "记一笔")
    await world.say("collector", "住户 他说月底来")  # a sentence that begins with a command word
    assert [note.text for note in await world.rows(Note)] == ["住户 他说月底来"]


async def test_canned_replies_are_listed_and_sent_with_one_tap(world: World) -> None:
    assert "发票已开好" in await world.say("collector", "常用语")
    assert world.labels("collector") == []
    await world.say("collector", "/account 1-101")
    told = await world.press("collector", "常用语")
    assert "发票已经开好" in told
    assert "已发给" in await world.press("collector", "发票已开好")
    assert "collector:您好,发票已经开好" in world.last("r1-101")


async def test_a_canned_reply_goes_into_a_talk_in_the_residents_language(world: World) -> None:
    async with world.database.write() as session:
        await session.execute(update(Person).where(Person.id == 1).values(language="en"))
    await world.say("r1-101", "a person please")
    await world.press("collector", "接管")
    await world.press("collector", "常用语")
    await world.press("collector", "道歉")
    assert "we are sorry for the trouble" in world.last("r1-101")
    await world.say("collector", "还在的")
    assert "还在的" in world.last("r1-101")


async def test_a_household_without_a_chat_gets_no_canned_reply(world: World) -> None:
    from models.people import Contact

    await world.say("collector", "/account 1-101")
    async with world.database.write() as session:
        await session.execute(update(Contact).values(state="blocked"))
    assert "还没有能收到消息的聊天" in await world.press("collector", "常用语")


async def test_a_note_that_names_another_household_lands_there_and_says_so(world: World) -> None:
    """The case that happened: 备注 S-3 … after a call with S-5 stood in the call of S-5."""
    await task(world, "1-102")
    await begin(world)
    await world.press("collector", "已沟通")
    told = await world.say("collector", "备注 1-101 周末才在家")
    assert "您写的是 1-101" in told
    assert "1-102 没有动" in told
    assert [(row.account_id, row.text) for row in await world.rows(Note)] == [(1, "周末才在家")]
    assert [row.note for row in await world.rows(Call)] == [""]


async def test_a_note_after_a_call_that_names_nobody_or_the_same_stays_with_the_call(world: World) -> None:
    for said in ("备注 1-102 说下周来", "备注 说下周来", "9-901 说下周来"):
        await task(world, "1-102", number=len(said))
        async with world.database.write() as session:
            await session.execute(delete(Call))
        await begin(world)
        await world.press("collector", "已沟通")
        assert "1-102 这通电话" in await world.say("collector", said)
        [call] = await world.rows(Call)
        assert call.note == ("9-901 说下周来" if said.startswith("9") else "说下周来")
    assert await world.rows(Note) == []


async def test_words_typed_for_a_note_button_go_where_they_name(world: World) -> None:
    await world.say("collector", "/note 1-102")
    assert "您写的是 1-101" in await world.say("collector", "1-101 周末才在家")
    assert [row.account_id for row in await world.rows(Note)] == [1]
