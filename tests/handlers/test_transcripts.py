"""Every dated dialogue of tests/transcripts, through the whole program on a real database."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.content import CONTENT
from models.base import Database
from tests.transcript import play
from tests.transcript_facts import Mismatch
from understanding.reader import Reader

FOLDER = Path(__file__).resolve().parent.parent / "transcripts"
TRANSCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.txt"))}


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load(CONTENT)


@pytest.mark.parametrize("name", TRANSCRIPTS)
async def test_the_dialogue_goes_as_written(name: str, sqlite: Database, reader: Reader) -> None:
    await play(name, TRANSCRIPTS[name], sqlite, reader)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("bot: 合计 999.99 元", "expected '合计 999.99 元'"),
        ("bot: …合计 286.40 元… [转账给我]", "no button"),
        ("王: 账单", "was told more than the transcript says"),
        ("bot to 王: …\nbot: 还有一句", "was told nothing"),
        ("bot: …\nthen: open 3-1201 0.00", "expected 0.00, found 286.40"),
        ("bot: …\nthen: hold promised", "no hold promised"),
        ("bot: …\nthen: all is well", "not a fact"),
        ("bot: …\n王 presses 不存在", "has no button"),
        ("hello", "not a line of a transcript"),
    ],
)
async def test_a_dialogue_that_goes_another_way_fails(line: str, fault: str, sqlite: Database, reader: Reader) -> None:
    opening = "@ 2026-11-23 10:00\naccount 3-1201 王小明 - 物业费 2026-11 286.40 due 2026-11-30\n王(3-1201): 账单"
    with pytest.raises(Mismatch, match=fault):
        await play("wrong", f"{opening}\n{line}", sqlite, reader)


def test_every_conversation_is_told_in_both_languages() -> None:
    titles = [text.splitlines()[0] for text in TRANSCRIPTS.values()]
    assert len(titles) >= 40
    for word in ("· property", "· training", "· group"):
        assert any(word in title for title in titles), word
    assert len([title for title in titles if "· zh" in title]) >= 8
    assert len([title for title in titles if "· en" in title]) >= 8
