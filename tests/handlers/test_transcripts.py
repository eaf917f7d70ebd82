"""Every dated dialogue of tests/transcripts, through the whole program on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.content import CONTENT
from models.base import Database
from tests.transcript import play
from understanding.reader import Reader

TRANSCRIPTS = sorted((Path(__file__).resolve().parent.parent / "transcripts").glob("*.txt"))


@pytest.fixture(scope="session")
def reader() -> Reader:
    return Reader.load(CONTENT)


@pytest.fixture
async def sqlite(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    path = tmp_path / "nuanling.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    yield database
    await database.close()


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
async def test_the_dialogue_goes_as_written(path: Path, sqlite: Database, reader: Reader) -> None:
    await play(path, sqlite, reader)


def test_every_conversation_is_told_in_both_languages() -> None:
    titles = [path.read_text(encoding="utf-8").splitlines()[0] for path in TRANSCRIPTS]
    assert len([title for title in titles if "· zh" in title]) >= 8
    assert len([title for title in titles if "· en" in title]) >= 8
