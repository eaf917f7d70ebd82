"""In a talk that was taken over, words that greet another family wait for a yes."""

from __future__ import annotations

from tests.handlers.staff.world import World


async def talk(world: World) -> None:
    await world.say("r1-101", "转人工")
    await world.say("collector", "/queue")
    await world.press("collector", "1 接管 1-101")


async def test_words_to_another_family_are_held_back_and_sent_when_meant(world: World) -> None:
    await talk(world)
    told = await world.say("collector", "刘女士您好 发票我帮您看一下")
    assert "您的称呼是“刘”" in told
    assert "还没有发出去" in told
    assert "发票" not in world.last("r1-101")
    await world.press("collector", "仍然发送")
    assert "刘女士您好" in world.last("r1-101")


async def test_the_right_name_goes_out_at_once_and_so_does_what_was_changed(world: World) -> None:
    await talk(world)
    await world.say("collector", "刘女士您好 发票好了")
    await world.press("collector", "改一改")
    await world.say("collector", "王女士您好 发票好了")
    assert "王女士您好 发票好了" in world.last("r1-101")
    assert not any("刘女士" in line.text for line in world.lines("r1-101"))
