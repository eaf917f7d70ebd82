"""Corrections: kept without anybody in them, and written as lines that the training can read."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.content import CONTENT
from domain.clock import ManualClock
from domain.redaction import redact
from models.base import Database
from models.misreadings import corrections, keep, training_lines
from tests.cast import CHEN, LI, World, office
from tests.chat import Chat, labels
from understanding.reader import Reader
from understanding.train import read_lines


@pytest.fixture
async def world(database: Database, clock: ManualClock) -> World:
    world = World(database, office(), clock.now())
    await world.household(CHEN)
    await world.household(LI)
    return world


async def test_nobody_stands_in_a_correction(world: World) -> None:
    told = "我陈静住3栋1201,李强也知道,电话13800001234,能分3期吗,25号先交2860"
    async with world.database.write() as session:
        await keep(session, told, "ask_amount", "request_instalment", world.now)
        await keep(session, told, "ask_amount", "request_instalment", world.now)
    async with world.database.read() as session:
        (row,) = await corrections(session)
    assert row.text == "我[name]住[room],[name]也知道,电话[number],能分3期吗,25号先交[number]"
    assert (row.read_as, row.meant, row.at) == ("ask_amount", "request_instalment", world.now)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("我是王小明,5栋302的", "我是[name],[room]的"),
        ("赵先生说欠一千二百块", "[name]先生说欠[amount]"),
        ("My name is John Smith, flat 12B", "[name], [room]"),
        ("I paid $2,860.00 on 5 May", "I paid [amount] on [number] May"),
        ("call +86 138 0000 1234 or a@b.cn", "call +[number] or [contact]"),
        ("三栋一二零二室", "[room]"),
        ("加我微信号abc12345", "加我[contact]"),
        ("12月4号交,分3期", "12月4号交,分3期"),
    ],
)
def test_what_identifies_is_replaced(text: str, redacted: str) -> None:
    assert redact(text) == redacted


async def test_the_export_is_read_by_the_training(world: World, tmp_path: Path) -> None:
    async with world.database.write() as session:
        await keep(session, "那个'''怎么弄", "ask_amount", "how_to_pay", world.now)
        await keep(session, "随便看看", "ask_amount", "out_of_scope", world.now)
        await keep(session, "转账行不行", "ask_amount", "how_to_pay", world.now)
    async with world.database.read() as session:
        text = training_lines(await corrections(session))
    (tmp_path / "questions.corrected.toml").write_text(text, encoding="utf-8")
    lines = {(line.text, line.labels) for line in read_lines(tmp_path)}
    assert lines == {
        ("那个怎么弄", ("how_to_pay",)),
        ("转账行不行", ("how_to_pay",)),
        ("随便看看", ("out_of_scope.other",)),
    }


async def test_one_tap_puts_a_wrong_guess_right(world: World, clock: ManualClock) -> None:
    chat = Chat(world, Reader.load(CONTENT), clock)
    (guessed,) = await chat.write(CHEN, "你们再发信息我就去物价局反映")
    assert guessed.template == "stop.done"
    assert labels(guessed)[-1] == "不是这个意思"
    (asked,) = await chat.press(CHEN, "不是这个意思")
    assert labels(asked)[-1] == "找人工"
    told = await chat.press(CHEN, "提意见")
    assert told[0].template == "complaint.recorded"
    async with world.database.read() as session:
        (row,) = await corrections(session)
    assert (row.text, row.read_as, row.meant) == ("你们再发信息我就去物价局反映", "opt_out", "complain_refuse")
    (sure,) = await chat.write(CHEN, "欠多少钱")
    assert "不是这个意思" not in labels(sure)
