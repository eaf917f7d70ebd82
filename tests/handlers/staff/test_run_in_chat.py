"""`/run`: a manager drafts, looks, another one approves; who may not is told who may."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from models.base import Database
from models.reminders import Reminder, Run
from tests.handlers.staff import world as worlds
from tests.handlers.staff.world import World, world_in
from understanding.reader import Reader

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
async def strict(sqlite: Database, reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The office whose policy asks for a second manager."""
    shutil.copy(ROOT / "content/policy.property.toml", tmp_path / "policy.property.toml")
    with (tmp_path / "policy.property.toml").open("a", encoding="utf-8") as file:
        file.write('\n[runs]\napproval = "second"\n')
    policy = {"property": str(tmp_path / "policy.property.toml")}
    monkeypatch.setitem(worlds.SETTINGS, "policy", policy)
    return await world_in(sqlite, reader)


async def test_a_draft_is_made_looked_at_and_approved_by_another(strict: World) -> None:
    said = await strict.say("manager", "/run")
    assert "的草稿:发提醒 7 户,转人工 0 户" in said
    assert "没有变化" in await strict.press("manager", "有什么变化")
    assert "要由另一位同事批准" in await strict.press("manager", "同意")
    assert "负责全部项目的同事来做" in await strict.say("collector", "/run")
    assert "负责全部项目的同事来做" in await strict.say("local", "/run")
    assert "草稿" in await strict.say("second", "/run")  # a new draft, by the other one
    (old, new) = await strict.rows(Run)
    assert (old.state, new.state) == ("replaced", "draft")
    await strict.tick("plan")
    assert await strict.rows(Reminder) == []  # nothing goes out unapproved
    line, token = strict.button("second", "同意")
    assert "要由另一位同事批准" in await strict.press_token("second", line, token)


async def test_a_draft_runs_out_and_can_be_dropped(strict: World) -> None:
    await strict.say("manager", "/run")
    strict.clock.advance(timedelta(hours=11))
    assert "已经过期" in await strict.press("manager", "同意")
    assert "之后不再发提醒" in await strict.say("manager", "/run")
    strict.clock.advance(timedelta(hours=12))
    await strict.say("manager", "/run")
    assert "已作废" in await strict.press("manager", "作废")
    assert (
        "已经处理" in await strict.press("manager", "同意")
        or [r.state for r in await strict.rows(Run)][-1] == "cancelled"
    )
