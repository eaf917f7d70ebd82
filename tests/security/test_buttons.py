"""Buttons: a token is worth something to one person, for a time, once; anything else that is sent as one, nothing."""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import timedelta

from sqlalchemy import delete, select, update

from bot.content import load_wording
from domain.wording import LANGUAGES
from models.accounts import Account, Community
from models.dialogue import Button
from models.people import Binding, Contact
from models.staff import Staff
from tests.security.door import Door

FULL = bool(os.environ.get("NUANLING_FULL"))
OTHERS = ("stranger", "r1-101", "r1-104", "r9-901", "collector", "teacher", "auditor", "foreign", "admin")
REFUSED = {
    load_wording().text(f"button.{name}", language)
    for name in ("expired", "used", "not_yours")
    for language in LANGUAGES
}
GROUPS = {"g-desk", "g-lake"}
SEED = 20261123


def some(buttons: list[Button], number: int, seed: int) -> list[Button]:
    """All of them in a full run; else some of every action."""
    if FULL:
        return buttons
    chance, places = random.Random(seed), Counter[str]()
    ranked: list[tuple[int, int, Button]] = []
    for button in chance.sample(buttons, len(buttons)):
        places[button.action] += 1
        ranked.append((places[button.action], len(ranked), button))
    return [button for _, _, button in sorted(ranked)[:number]]


async def pressed(door: Door, sender: str, button: Button, chat: str = "") -> str:
    audience = "group" if chat in GROUPS else "private"
    return await door.knock(sender, chat, choice=button.token, press=f"{sender}:1", audience=audience)


async def test_random_bytes_open_nothing(door: Door) -> None:
    chance = random.Random(SEED)
    before = await door.state()
    real = [button.token for button in await door.buttons()]
    for number in range(100_000 if FULL else 250):
        token = "".join(
            chr(chance.choice((chance.randrange(1, 128), chance.randrange(1, 0x3000))))
            for _ in range(chance.randrange(1, 70))
        )
        if number % 3 == 0:  # nearly right
            near = list(chance.choice(real))
            near[chance.randrange(len(near))] = chance.choice("ABCxyz019-_")
            token = "".join(near)
        if token not in real:
            assert await door.press(chance.choice(OTHERS), token) in REFUSED, (SEED, number, token)
    assert await door.state() ^ before == set()


async def test_nobody_can_press_anothers_button(door: Door) -> None:
    """Not from their own chat, and not with a message that claims to come from the owner's."""
    before = await door.state()
    chance = random.Random(SEED)
    for button in some(list(await door.buttons()), 150, SEED):
        others = [name for name in OTHERS if name not in (button.user, button.chat)]
        for other in others if FULL else chance.sample(others, 1):
            assert await pressed(door, other, button) in REFUSED, (SEED, other, button.action)
            if button.user:
                said = await pressed(door, other, button, button.chat)
                assert said in REFUSED | {""}, (
                    SEED,
                    other,
                    button.action,
                    said,
                )  # in a group it is a note at the button
    assert await door.state() ^ before == set()


async def test_outsiders_press_the_desks_own_buttons_in_vain(door: Door) -> None:
    before = await door.state()
    desk = [button for button in await door.buttons() if button.chat == "g-desk" and not button.user]
    assert desk
    for button in desk:
        for other in ("stranger", "r1-101"):
            assert await pressed(door, other, button, "g-desk") in REFUSED | {""}, (other, button.action)
    assert await door.state() ^ before == set()


async def test_after_its_time_a_button_does_nothing_any_more(door: Door) -> None:
    before = await door.state()
    door.clock.advance(timedelta(days=31))
    for button in some([each for each in await door.buttons() if each.user], 80, SEED):
        said = await pressed(door, button.user, button, button.chat)
        assert said in REFUSED | {""}, (button.action, said)
    assert await door.state() ^ before == set()


async def test_a_button_that_changes_something_works_once(door: Door) -> None:
    """Whatever the first press did, the second does nothing."""
    async with door.app.database.write() as session:
        await session.execute(update(Button).values(used_at=None))
    single = [each for each in await door.buttons() if each.single and each.user]
    assert len({each.action for each in single}) > 7
    for button in some(single, 30, SEED):
        first = await pressed(door, button.user, button, button.chat)
        before = await door.state()
        again = await pressed(door, button.user, button, button.chat)
        assert again in REFUSED | {"", first}, button.action  # a rule's own no is no use, and is heard again
        assert await door.state() ^ before == set(), button.action


async def test_who_moved_to_another_estate_sees_nothing_of_the_old_one_by_old_buttons(door: Door) -> None:
    """A staff member's right and estate are asked for at every press, not when the button was made."""
    async with door.app.database.write() as session:
        there = select(Community.id).where(Community.name == "云岭").scalar_subquery()
        await session.execute(update(Staff).where(Staff.user == "collector").values(community_id=there))
        codes = list(await session.scalars(select(Account.code).where(Account.community_id != there)))
        await session.execute(update(Button).values(used_at=None))
    before = await door.state()
    wrong = []
    for button in [each for each in await door.buttons() if each.user == "collector"]:
        said = await pressed(door, "collector", button, button.chat)
        said = said.replace("例如“翠湖苑", "")  # an example of how to ask for a home, the same for everybody
        # A refusal may repeat the number that stood on the old card.
        if leaked := [code for code in (*codes, "翠湖苑") if code in said and "没有找到编号" not in said]:
            wrong.append((button.action, button.args, str(leaked), said))
        changed, before = await door.state() ^ before, await door.state()
        if changed and button.action not in ("duty.off", "duty.back"):  # one's own rest, wherever one works
            wrong.append((button.action, button.args, str(changed), said))
    assert not wrong, "\n".join(map(str, wrong))


async def test_who_moved_out_sees_nothing_of_the_old_home_by_old_buttons(door: Door) -> None:
    async with door.app.database.write() as session:
        person_id = await session.scalar(select(Contact.person_id).where(Contact.user == "r1-101"))
        await session.execute(delete(Binding).where(Binding.person_id == person_id))
        await session.execute(update(Button).values(used_at=None))
    before = await door.state()
    mine = [each for each in await door.buttons() if each.user == "r1-101"]
    assert len({each.action for each in mine}) > 8
    for button in mine:
        said = await pressed(door, "r1-101", button, button.chat)
        assert not [secret for secret in ("286.40", "1-101", "1栋", "王女士") if secret in said], (button.action, said)
    changed = {row for row in await door.state() ^ before if not row.startswith("people ")}  # their own wishes
    assert changed == set()
