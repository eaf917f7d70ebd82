"""`/document` 文书: a household's papers listed, added by sending a file, opened, taken back by the one who added them."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

from bot.channels.sandbox_platform import SAMPLE_PHOTO
from bot.handing_out import data_folder
from domain.filing import BYTES_MAX
from domain.messages import Attachment
from models import erasing
from models.documents import Document
from models.sent_files import TRIES_MAX, FileState, SentFile
from tests.handlers.staff.test_letter import follow, newest_file
from tests.handlers.staff.world import World, plain

PDF = b"%PDF-1.7 contract"


async def send(world: World, name: str, file: Attachment, body: bytes | None = PDF, text: str = "") -> str:
    """Somebody sends a file, which the platform then holds."""
    if body is not None:
        world.platform.files[file.file_id] = body
    return await world._act(name, lambda now: world.platform.say(name, name, now, text=text, attachment=file))


def pdf(number: int = 1, name: str = "物业服务合同.pdf", size_bytes: int = len(PDF)) -> Attachment:
    return Attachment("document", f"file-{number}", name, size_bytes)


def on_disk(world: World) -> list[str]:
    folder = data_folder(world.app.settings) / "documents"
    return sorted(each.name for each in folder.glob("*")) if folder.is_dir() else []


async def test_a_file_after_the_list_is_asked_about_kept_and_listed(world: World) -> None:
    told = await world.say("collector", "/document 1-101")
    assert "1-101" in told
    assert "还没有" in told
    assert "哪一类文书" in await send(world, "collector", pdf())
    assert await world.rows(Document) == []
    assert "正在存" in await world.press("collector", "合同")
    await follow(world)
    assert "已存到 1-101:合同 物业服务合同(校验 " in world.last("collector")
    [kept] = await world.rows(Document)
    assert (kept.account_id, kept.kind, kept.title, kept.size_bytes) == (1, "contract", "物业服务合同", len(PDF))
    assert kept.file in on_disk(world)
    told = await world.say("collector", "文书 1-101")
    assert "1. 合同 物业服务合同 2026-11-23(1 KB)" in told
    assert "合同 物业服务合同" in await world.say("collector", "/account 1-101")
    await world.press("collector", "看 1")
    await follow(world)
    name, body = newest_file(world, "collector")
    assert (name, body) == ("文书-1-101-物业服务合同.pdf", PDF)
    assert {"documents.read", "document.added", "paper.document"} <= set(await world.audited())
    assert world.lines("r1-101") == []


async def test_the_caption_says_everything_at_once(world: World) -> None:
    await send(world, "collector", pdf(), text="文书 1-102 协议 补充协议 二")
    await follow(world)
    [kept] = await world.rows(Document)
    assert (kept.account_id, kept.kind, kept.title) == (2, "agreement", "补充协议 二")
    await world.say("collector", "/document")
    await send(world, "collector", Attachment("photo", "p1"), SAMPLE_PHOTO, text="1-102 proof")
    await follow(world)
    _, photo = await world.rows(Document)
    assert (photo.account_id, photo.kind, photo.title, Path(photo.file).suffix) == (2, "proof", "证明", ".png")


async def test_the_same_file_is_kept_once(world: World) -> None:
    for number in (1, 2):
        await send(world, "collector", pdf(number), text="文书 1-101 合同")
        await follow(world)
    assert "没有重复存" in world.last("collector")
    assert "没有重复存" in await send(world, "collector", pdf(2), text="文书 1-101 合同")
    assert len(await world.rows(Document)) == 1


async def test_only_the_one_who_added_it_takes_it_back(world: World) -> None:
    await send(world, "collector", pdf(), text="文书 1-101 合同")
    await follow(world)
    assert "已撤回" in await world.press("collector", "撤回")
    assert await world.rows(Document) == []
    [name] = {each.file for each in await world.rows(SentFile)}
    assert name in on_disk(world)
    await follow(world)
    assert name not in on_disk(world)
    assert "document.removed" in await world.audited()
    # Sent once more it is kept once more, and said once more.
    await send(world, "collector", pdf(), text="文书 1-101 合同")
    await follow(world)
    assert "已存到 1-101" in world.last("collector")
    assert name in on_disk(world)
    async with world.database.write() as session:
        kept = (await world.rows(Document))[0]
        (await session.get_one(Document, kept.id)).actor = "staff/999"
    assert "只有存它的同事" in await world.press("collector", "撤回")
    assert len(await world.rows(Document)) == 1


async def test_what_can_not_be_kept_says_what_to_do(world: World) -> None:
    await world.say("collector", "/document 1-101")
    assert "这种文件存不了" in await send(world, "collector", pdf(1, "程序.exe"))
    assert "文件超过 20 MB" in await send(world, "collector", pdf(2, size_bytes=BYTES_MAX + 1))
    # What it says it is, and what it is.
    await send(world, "collector", pdf(3), b"MZ program", text="合同")
    await follow(world)
    assert "这种文件存不了" in world.last("collector")
    await send(world, "collector", pdf(4), None, text="文书 1-101 合同")
    await follow(world)
    assert "没能从聊天平台取到" in world.last("collector")
    assert await world.rows(Document) == []
    assert [each.state for each in await world.rows(SentFile)] == [FileState.FAILED] * 2


async def test_a_platform_that_is_away_is_asked_again_and_at_last_given_up(world: World) -> None:
    from datetime import timedelta

    from bot.channels.sandbox import SandboxChannel
    from domain.errors import TryLater

    channel = world.app.channels["sandbox"]
    assert isinstance(channel, SandboxChannel)
    asked = []

    async def away(file_id: str, bytes_max: int) -> bytes:
        asked.append(file_id)
        raise TryLater("away")

    channel.fetch = away  # type: ignore[method-assign]
    await send(world, "collector", pdf(), text="文书 1-101 合同")
    await follow(world)
    await follow(world)
    assert len(asked) == 1
    for _ in range(TRIES_MAX + 2):
        world.clock.advance(timedelta(hours=2))
        await follow(world)
    assert len(asked) == TRIES_MAX
    assert "没能从聊天平台取到" in world.last("collector")


async def test_other_estates_and_roles_neither_see_nor_add(world: World) -> None:
    await send(world, "collector", pdf(), text="文书 1-101 合同")
    await follow(world)
    assert "没有找到" in await world.say("foreign", "/document 1-101")
    assert "没有找到" in await send(world, "foreign", pdf(9), text="文书 1-101 合同")
    told = await world.say("auditor", "/document 1-101")
    assert "物业服务合同" in told
    assert "要添加" not in told
    assert "其他权限" in await send(world, "auditor", pdf(8), text="文书 1-101 合同")
    assert len(await world.rows(SentFile)) == 1


async def test_a_residents_pictures_are_in_the_case_file(world: World) -> None:
    await send(world, "r1-101", Attachment("photo", "p1", "楼道.jpg"), SAMPLE_PHOTO, text="面积算错了，账单不对")
    await send(world, "r1-101", pdf(2, "测绘报告.pdf"), PDF)
    await follow(world)
    assert [(each.subject, each.state) for each in await world.rows(SentFile)] == [("dispute/1", "kept")] * 2
    await world.say("collector", "/case 1-101")
    await world.say("collector", "交给法务")
    await world.press("manager", "同意")
    await follow(world)
    with zipfile.ZipFile(io.BytesIO(newest_file(world, "collector")[1])) as packed:
        files = {each: packed.read(each) for each in packed.namelist()}
    assert files["evidence/dispute-1-0001.png"] == SAMPLE_PHOTO
    assert files["evidence/dispute-1-0002.pdf"] == PDF
    assert "evidence/dispute-1-0002.pdf" in json.loads(files["manifest.json"])["files"]
    from tests.paper import page_texts, squeezed

    whole = "".join(page_texts(files["case.pdf"]))
    for words in ("照片和凭据", "账单异议 0001", "测绘报告.pdf"):
        assert squeezed(words) in whole, words
    assert "还没有" in plain(await world.say("collector", "/document 1-101"))
    files_kept = await world.rows(SentFile)
    async with world.database.write() as session:
        gone = await erasing.erase(session, await erasing.household(session, 1), world.clock.now(), actor="cli")
    kept = {f"documents/{each.file}" for each in files_kept}
    assert kept
    assert kept <= set(gone.files)
    assert await world.rows(SentFile) == []
