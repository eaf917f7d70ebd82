"""`/export`: a spreadsheet of the caller's own communities, as a document in the private chat; nothing in it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import python_calamine as calamine
from sqlalchemy import update

from models.accounts import Account
from models.exports import Export
from models.staff import Staff
from tests.handlers.staff.world import World


async def exported(world: World, name: str = "admin") -> dict[str, list[list[Any]]]:
    await world.say(name, "/export")
    await world.press(name, "确认导出")
    await world.app.write_exports(world.clock.now())
    await world.settle()
    file = world.lines(name)[-1].attachment
    assert file is not None
    assert file["kind"] == "document"
    assert file["name"].endswith("2026-11-23.xlsx")
    book = calamine.load_workbook(Path(file["path"]))
    return {sheet: book.get_sheet_by_name(sheet).to_python() for sheet in book.sheet_names}


async def test_everything_of_the_office_in_four_sheets(world: World) -> None:
    await world.book("collector", "1-101 286.40 转账 T-1")
    told = await world.say("admin", "导出")
    assert "全部 的 7 户" in told
    sheets = await exported(world)
    assert list(sheets) == ["住户", "账单", "收款", "联系方式"]
    households = sheets["住户"]
    assert households[0][:3] == ["编号", "类型", "小区"]
    assert sorted(row[0] for row in households[1:]) == [
        "1-101", "1-102", "1-103", "1-104", "1-105", "9-901", "9-902",
    ]  # fmt: skip
    bill = dict(zip(sheets["账单"][0], next(row for row in sheets["账单"] if row[0] == "1-101"), strict=True))
    assert (bill["应收(元)".replace("(", "（").replace(")", "）")], bill["待缴（元）"]) == (286.4, 0.0)
    assert sheets["收款"][1][:5] == ["1-101", "2026-11-23", 286.4, "转账", "T-1"] or sheets["收款"][1][2] == 286.4
    assert len(sheets["联系方式"]) == 8
    assert {"export.asked", "export.made"} <= set(await world.audited())


async def test_an_administrator_of_one_community_gets_that_one(world: World) -> None:
    async with world.database.write() as session:
        await session.execute(update(Staff).where(Staff.user == "local").values(role="admin"))
    assert "翠湖苑 的 5 户" in await world.say("local", "/export")
    sheets = await exported(world, "local")
    for rows in sheets.values():
        assert not [row for row in rows if str(row[0]).startswith("9-")]


async def test_it_is_for_administrators_and_the_private_chat_only(world: World) -> None:
    assert "其他权限" in await world.say("manager", "/export")
    assert "私聊" in await world.say("admin", "/export", "g-desk")
    assert await world.rows(Export) == []


async def test_who_lost_the_right_meanwhile_gets_nothing(world: World) -> None:
    await world.say("admin", "/export")
    await world.press("admin", "确认导出")
    async with world.database.write() as session:
        await session.execute(update(Staff).where(Staff.user == "admin").values(role="auditor"))
    lines = len(world.lines("admin"))
    await world.app.write_exports(world.clock.now())
    await world.settle()
    assert len(world.lines("admin")) == lines


async def test_a_name_that_is_a_formula_arrives_as_words(world: World) -> None:
    async with world.database.write() as session:
        await session.execute(
            update(Account).where(Account.code == "1-101").values(payer_name="\u00a0＝cmd|' /C calc'!A0")
        )
    sheets = await exported(world)
    (row,) = [row for row in sheets["住户"] if row[0] == "1-101"]
    assert row[5].startswith("'")
    assert "cmd" in row[5]
