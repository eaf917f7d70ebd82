"""Getting bound without the right: by guessed tokens, by a stolen slip and tried-out digits, from many accounts for a month."""

from __future__ import annotations

import os
import random
import secrets
import string
from collections import Counter
from datetime import timedelta
from itertools import cycle

from sqlalchemy import event, func, select

from models import people
from models.accounts import Account
from models.people import Binding, BindingFailure, Invite
from models.staff import StaffTask
from tests.security.door import Door

FULL = bool(os.environ.get("NUANLING_FULL"))
ATTACKERS, DAYS = (200, 30) if FULL else (12, 9)
SEED = 20261123
SIGNS = string.ascii_letters + string.digits + "-_"
LAST_FOUR = "1234"  # of every household's phone in this office


async def invite(door: Door, code: str) -> tuple[str, int]:
    """A fresh slip of a household: its token, and the household's id."""
    async with door.app.database.write() as session:
        account_id = await session.scalar(select(Account.id).where(Account.code == code))
        assert account_id is not None
        return await people.make_invite(session, account_id, "owner", door.clock.now()), account_id


async def bound(door: Door) -> int:
    async with door.app.database.read() as session:
        return int(await session.scalar(select(func.count()).select_from(Binding)) or 0)


async def failures(door: Door) -> list[BindingFailure]:
    async with door.app.database.read() as session:
        return list(await session.scalars(select(BindingFailure).order_by(BindingFailure.at)))


def most_in_a_day(found: list[BindingFailure], key: str) -> int:
    """The most failures of one household, or one user, in any 24 hours."""
    most = 0
    for one in found:
        same = [each for each in found if getattr(each, key) == getattr(one, key)]
        most = max(most, sum(timedelta() <= each.at - one.at < timedelta(days=1) for each in same))
    return most


async def test_guessed_tokens_open_nothing_and_all_sound_the_same(door: Door) -> None:
    chance, before = random.Random(SEED), await bound(door)
    said = Counter[str]()
    for number in range(ATTACKERS * DAYS):
        token = "".join(chance.choices(SIGNS, k=chance.choice((1, 10, 22, 22, 22, 64))))
        said[await door.knock(f"bot{number % ATTACKERS}", text=f"/start {token}")] += 1
        if number % ATTACKERS == ATTACKERS - 1:
            door.clock.advance(timedelta(days=1))
    assert await bound(door) == before
    assert len(said) == 1, (SEED, said)


async def test_a_stolen_slip_and_a_month_of_tried_out_digits(door: Door) -> None:
    """Each attacker tries other digits every day, never the right ones twice over: what counts is how many are heard."""
    token, account_id = await invite(door, "1-104")
    before = await bound(door)
    tried = cycle(number for number in range(10_000) if f"{number:04}" != LAST_FOUR)
    for _ in range(DAYS):
        for number in range(ATTACKERS):
            await door.knock(f"bot{number}", text=f"/start {token}")
            for _ in range(6):
                await door.knock(f"bot{number}", text=f"{next(tried):04}")
        door.clock.advance(timedelta(days=1))
    found = await failures(door)
    assert {each.account_id for each in found} == {account_id}
    assert most_in_a_day(found, "user") <= people.FAILURES_MAX
    assert len(found) <= people.GUESSES_MAX  # of ten thousand: one in a thousand slips, whatever the patience
    # The right digits are of no use any more, to nobody.
    await door.knock("late", text=f"/start {token}")
    await door.knock("late", text=LAST_FOUR)
    assert await bound(door) == before


async def test_one_attacker_with_many_slips_is_locked_out_as_well(door: Door) -> None:
    slips = [(await invite(door, f"1-10{number}"))[0] for number in (1, 2, 3, 4, 5)]
    before = await bound(door)
    for token in slips:
        await door.knock("bot", text=f"/start {token}")
        for digits in ("0000", "9999"):
            await door.knock("bot", text=digits)
    assert len(await failures(door)) == people.FAILURES_MAX
    await door.knock("bot", text=f"/start {slips[0]}")
    await door.knock("bot", text=LAST_FOUR)
    assert await bound(door) == before


async def guess(door: Door, token: str, name: str, times: int = people.FAILURES_MAX) -> list[str]:
    """Wrong answers of one chat account."""
    await door.knock(name, text=f"/start {token}")
    return [await door.knock(name, text="0000") for _ in range(times)]


async def test_while_it_is_locked_right_and_wrong_digits_sound_the_same(door: Door) -> None:
    token, _ = await invite(door, "1-104")
    said = await guess(door, token, "one")
    assert len(set(said[:4])) == 1
    other, _ = await invite(door, "1-105")
    locked = []
    for digits in ("0000", LAST_FOUR):
        await door.knock("one", text=f"/start {other}")
        locked.append(await door.knock("one", text=digits))
    assert locked[0] == locked[1] != said[0]
    void = [await door.knock("two", text=f"/start {secrets.token_urlsafe(16)}")]
    for name, digits in (
        ("three", "0000"),
        ("four", LAST_FOUR),
    ):  # five about the household: the slip is as good as none
        void.append(await door.knock(name, text=f"/start {token}"))
        await door.knock(name, text=digits)
    assert len(set(void)) == 1


async def test_five_guesses_of_whoever_lock_a_household(door: Door) -> None:
    token, _ = await invite(door, "1-104")
    for name in ("one", "two", "three", "four", "five"):
        await guess(door, token, name, times=1)
    before = await bound(door)
    await door.knock("six", text=f"/start {token}")
    await door.knock("six", text=LAST_FOUR)
    assert await bound(door) == before


async def test_an_owner_is_not_kept_out_by_somebody_elses_guesses(door: Door) -> None:
    """Neither by four with their own slip, nor after five, with the next one."""
    token, _ = await invite(door, "1-104")
    await guess(door, token, "thief", times=4)
    before = await bound(door)
    await door.knock("owner", text=f"/start {token}")
    await door.knock("owner", text=LAST_FOUR)
    assert await bound(door) == before + 1


async def test_five_guesses_call_a_colleague_once_and_a_new_slip_works_at_once(door: Door) -> None:
    token, account_id = await invite(door, "1-104")
    said = [await guess(door, token, name, times) for name, times in (("one", 4), ("two", 1), ("three", 1))]
    assert [sum("🔑 1-104" in each for each in some) for some in said] == [0, 1, 0]
    assert said[1][0].split("🔑")[0].strip() == said[0][0]  # to the one who guesses all sound the same
    async with door.app.database.read() as session:
        [task] = list(await session.scalars(select(StaffTask).where(StaffTask.account_id == account_id)))
    assert (task.kind, task.state) == ("binding", "open")
    before = await bound(door)
    fresh, _ = await invite(door, "1-104")
    await door.knock("owner", text=f"/start {fresh}")
    await door.knock("owner", text=LAST_FOUR)
    assert await bound(door) == before + 1


async def test_the_owner_is_bound_by_staff_all_the_same(door: Door) -> None:
    token, account_id = await invite(door, "1-105")
    for name in ("one", "two"):
        await guess(door, token, name)
    before = await bound(door)
    await door.knock("mother", text="/start")
    ask = next(each for each in await door.buttons() if each.user == "mother" and each.action == "bind.ask")
    await door.press("mother", ask.token)
    await door.knock("mother", text="1栋105 刘小明")
    cards = [each for each in await door.buttons() if each.action == "bind.approve" and each.chat == "collector"]
    await door.press("collector", max(cards, key=lambda each: each.expires_at).token)
    await door.knock("collector", text="1-105")
    assert await bound(door) == before + 1
    async with door.app.database.read() as session:
        contact = await people.contact_of(session, "sandbox", "mother")
        assert contact is not None
        assert [account.id for account, _ in await people.households_of(session, contact.person_id)] == [account_id]


async def test_the_right_person_is_bound_at_the_first_and_at_the_fifth_try(door: Door) -> None:
    for code, wrong in (("1-104", 0), ("1-105", 4)):
        token, _ = await invite(door, code)
        before = await bound(door)
        await door.knock(f"of {code}", text=f"/start {token}")
        for _ in range(wrong):
            await door.knock(f"of {code}", text="0000")
        await door.knock(f"of {code}", text=LAST_FOUR)
        assert await bound(door) == before + 1, code
        again = await door.knock("thief", text=f"/start {token}")
        assert again == await door.knock("thief", text=f"/start {secrets.token_urlsafe(16)}")


async def test_no_failure_is_more_work_than_another(door: Door) -> None:
    """Counted in statements, not in seconds: what a stranger could time is the work that is done for the answer."""
    statements: dict[str, int] = {}
    engine = door.app.database.engine.sync_engine
    for kind in ("warm", "unknown", "used", "expired", "guessed at"):
        token, account_id = await invite(door, "1-104")
        async with door.app.database.write() as session:
            slip = (await session.scalars(select(Invite).where(Invite.token_hash == people.token_hash(token)))).one()
            if kind == "used":
                slip.used_at = door.clock.now()
            elif kind == "expired":
                slip.expires_at = door.clock.now() - timedelta(seconds=1)
            elif kind == "guessed at":
                there = {"account_id": account_id, "channel": "sandbox", "at": door.clock.now()}
                session.add_all(BindingFailure(user=f"bot{n}", **there) for n in range(people.GUESSES_MAX))
            else:
                await session.delete(slip)
        done: list[object] = []

        def count(*_: object, done: list[object] = done) -> None:
            done.append(None)

        event.listen(engine, "before_cursor_execute", count)
        said = await door.knock(f"timer {kind}", text=f"/start {token}")
        event.remove(engine, "before_cursor_execute", count)
        assert "绑定码用不了" in said, (kind, said)
        statements[kind] = len(done)
    del statements["warm"]
    assert max(statements.values()) - min(statements.values()) <= 2, statements
