"""A household's documents by name and date: on its card, on cards about a disputed bill, and on nobody else's."""

from __future__ import annotations

from datetime import date

from models.documents import add_document
from tests.handlers.staff.world import World


async def filed(world: World, *titles: str, account_id: int = 1) -> None:
    """Contracts of one household, each a year later than the one before."""
    async with world.database.write() as session:
        for number, title in enumerate(titles):
            row: dict[str, object] = {
                "account_id": account_id, "kind": "contract", "title": title, "dated_on": date(2020 + number, 5, 1),
                "file": f"{account_id}-{number}.pdf", "sha256": f"{account_id}-{number}", "size_bytes": 1,
                "actor": "cli", "at": world.clock.now(),
            }  # fmt: skip
            assert await add_document(session, row) is not None


async def test_the_card_names_the_newest_and_counts_the_rest(world: World) -> None:
    assert "文件" not in await world.say("collector", "/account 1-101")
    await filed(world, "一", "二", "三", "四", "补充\n协议")
    told = await world.say("collector", "/account 1-101")
    assert (
        "文件:合同 补充 协议 2024-05-01、合同 四 2023-05-01、合同 三 2022-05-01、合同 二 2021-05-01、另有 1 份" in told
    )
    assert "文件" not in await world.say("collector", "/account 1-102")


async def test_whoever_decides_a_dispute_sees_them_and_the_household_does_not(world: World) -> None:
    await filed(world, "前期物业服务合同")
    await world.say("r1-101", "面积算错了，账单不对")
    assert "文件:合同 前期物业服务合同 2020-05-01" in world.last("collector")
    assert "前期物业服务合同" not in "".join(line.text for line in world.lines("r1-101"))
    await world.say("r1-102", "面积算错了，账单不对")
    assert "账单异议" in world.last("collector")
    assert "文件" not in world.last("collector")
