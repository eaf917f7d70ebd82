"""Money above a role's limit is refused, and the roles that may decide it are named."""

from __future__ import annotations

import pytest

from bot.app import build
from bot.channels.sandbox import SandboxChannel
from bot.content import limits_of
from bot.settings import ConfigError, Settings, load
from domain.limits import Act
from domain.roles import Role
from models.agreements import Plan
from tests.handlers.staff.world import SETTINGS, World
from understanding.reader import Reader

OWN = {"limits": {"collector": {"plan_yuan": 200}}}


async def test_a_plan_above_the_collectors_limit_waits_for_a_manager(world: World, reader: Reader) -> None:
    settings = Settings.model_validate(SETTINGS | OWN)
    channels = {"sandbox": SandboxChannel(world.platform, world.clock)}
    world.app = await build(settings, world.database, world.clock, channels, reader)
    await world.say("r1-101", "我想分期")
    await world.press("r1-101", "分 2 期")
    await world.press("r1-101", "就这样")
    told = await world.press("collector", "同意")
    assert "批准分期 286.40 元超出收费员的权限(上限 200.00 元)" in told
    assert "经理、管理员" in told
    assert [each.state for each in await world.rows(Plan)] == ["waiting"]
    await world.press("manager", "同意")
    assert [each.state for each in await world.rows(Plan)] == ["active"]


def test_limits_are_written_in_yuan_and_a_wrong_key_is_named() -> None:
    settings = Settings.model_validate({"limits": {"collector": {"waive_yuan": 50}}})
    assert limits_of(settings).fen(Role.COLLECTOR, Act.WAIVE) == 50_00
    with pytest.raises(ConfigError, match="calls_from and calls_until must lie between"):
        load(None, {"NUANLING_STAFF__CALLS_UNTIL": "21:00"})
