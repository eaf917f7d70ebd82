"""Case files: two people, everything in it, checksums that hold; and the household hears nothing of it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from datetime import date

from models.cases import CaseFile
from models.documents import add_document
from tests.handlers.staff.test_calls import begin, task
from tests.handlers.staff.test_letter import follow, issued, newest_file
from tests.handlers.staff.world import World, plain
from tests.paper import page_texts, squeezed


async def with_contract(world: World, body: bytes = b"%PDF-1.7 contract") -> None:
    """A contract of 1-101 in the data folder."""
    from bot.handing_out import data_folder
    from bot.papers import keep

    keep(data_folder(world.app.settings) / "documents" / "1-c.pdf", body)
    row = {
        "account_id": 1, "kind": "contract", "title": "前期物业服务合同", "dated_on": date(2020, 5, 1), "file": "1-c.pdf",
        "sha256": hashlib.sha256(body).hexdigest(), "size_bytes": len(body), "actor": "cli", "at": world.clock.now(),
    }  # fmt: skip
    async with world.database.write() as session:
        await add_document(session, row)


async def asked(world: World) -> None:
    await world.say("collector", "/case 1-101")
    await world.say("collector", "交给法务，请他们看看")


async def test_everything_is_in_it_and_the_checksums_hold(world: World) -> None:
    await with_contract(world)
    await world.say("r1-101", "我的物业费怎么算的 🌿")
    await issued(world)
    await world.press("collector", "当面签收")
    await world.press("collector", "11月23日(周一)")
    await world.say("collector", "王小明本人签收")
    heard_before = len(world.lines("r1-101"))
    await asked(world)
    assert "用途:交给法务" in world.last("manager")
    await world.press("manager", "同意")
    await follow(world)
    name, body = newest_file(world, "collector")
    assert name == "案卷-1-101-0001.zip"
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        files = {each: packed.read(each) for each in packed.namelist()}
    manifest = json.loads(files.pop("manifest.json"))
    assert {each: told["sha256"] for each, told in manifest["files"].items()} == {
        each: hashlib.sha256(content).hexdigest() for each, content in files.items()
    }
    assert set(files) == {
        "case.pdf", "documents/0001.pdf", "letters/letter-2026-0001.pdf", "messages.csv", "tables.json",
    }  # fmt: skip
    assert files["documents/0001.pdf"] == b"%PDF-1.7 contract"
    whole = "".join(page_texts(files["case.pdf"]))
    for words in (
        "案卷", "王小明", "翠湖苑1栋101", "交给法务", "collector", "manager", "前期物业服务合同", "286.40",
        "催〔2026〕第0001号", "当面签收王小明本人签收", "我的物业费怎么算的", "[U+1F33F]", "出账:物业费2026年11月",
    ):  # fmt: skip
        assert squeezed(words) in whole, words
    said = list(csv.DictReader(io.StringIO(files["messages.csv"].decode("utf-8-sig"))))
    assert "我的物业费怎么算的 🌿" in [row["text"] for row in said if row["direction"] == "in"]
    assert {row["direction"] for row in said} == {"in", "out"}
    assert len(world.lines("r1-101")) == heard_before
    [case] = await world.rows(CaseFile)
    assert case.state == "made"
    assert case.sha256 == hashlib.sha256(body).hexdigest()
    assert {"case.asked", "case.approved", "paper.case"} <= set(await world.audited())


async def test_calls_visits_and_notes_stand_in_its_line_of_time(world: World) -> None:
    await task(world)
    await begin(world)
    await world.press("collector", "没接通")
    await world.say("collector", "家里没人听")
    await world.say("collector", "/note 1-101 傍晚再打")
    await world.say("collector", "/visit 1-101")
    await world.press("r1-101", "不方便上门")
    await asked(world)
    await world.press("manager", "同意")
    await follow(world)
    with zipfile.ZipFile(io.BytesIO(newest_file(world, "collector")[1])) as packed:
        whole = "".join(page_texts(packed.read("case.pdf")))
    order = [
        squeezed(words)
        for words in ("电话(collector):没接通 家里没人听", "备注(collector):傍晚再打", "上门(collector):对方不方便")
    ]
    places = [plain(whole).index(words) for words in order]
    assert places == sorted(places)


async def test_nobody_agrees_to_their_own_and_nothing_is_made_without_a_yes(world: World) -> None:
    await world.say("manager", "/case 1-101")
    await world.say("manager", "归档")
    assert "同意" not in world.labels("manager")
    await follow(world)
    assert not [line for line in world.lines("manager") if line.attachment]
    assert "已经在等" in await world.say("manager", "/case 1-101")
    await world.press("second", "不同意")
    assert "没有同意" in world.last("manager")
    assert "处理过" in await world.press("local", "同意")
    await follow(world)
    assert not [line for line in world.lines("manager") if line.attachment]
    [case] = await world.rows(CaseFile)
    assert case.state == "declined"


async def test_a_request_that_waited_too_long_is_over(world: World) -> None:
    from datetime import timedelta

    await asked(world)
    world.clock.advance(timedelta(hours=73))
    assert "重新申请" in await world.press("manager", "同意")
    [case] = await world.rows(CaseFile)
    assert case.state == "asked"


async def test_other_estates_and_other_roles_get_none(world: World) -> None:
    assert "没有找到" in await world.say("foreign", "/case 1-101")
    assert "其他权限" in await world.say("auditor", "/case 1-101")
    assert await world.rows(CaseFile) == []
