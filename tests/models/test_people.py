"""Invites, wrong answers, bindings and payers, on both databases."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from domain.clock import ManualClock
from models import people
from models.accounts import Account, Community
from models.base import Database
from models.people import BindingFailure, Contact, Person


async def account(session: AsyncSession, code: str, at: datetime) -> Account:
    community = Community(name=f"estate of {code}", kind="property")
    session.add(community)
    await session.flush()
    row = Account(
        code=code, community_id=community.id, kind="property", payer_name="王小明", created_at=at, updated_at=at
    )
    session.add(row)
    await session.flush()
    return row


async def person(session: AsyncSession, channel: str, user: str, at: datetime) -> Person:
    row = Person(created_at=at)
    session.add(row)
    await session.flush()
    session.add(Contact(person_id=row.id, channel=channel, user=user, chat=user))
    await session.flush()
    return row


async def test_an_invite_works_once_and_not_after_its_time(database: Database, clock: ManualClock) -> None:
    now = clock.now()
    async with database.write() as session:
        home = await account(session, "3-1201", now)
        first = await people.make_invite(session, home.id, "owner", now)
        late = await people.make_invite(session, home.id, "owner", now)
    async with database.write() as session:
        invite = await people.invite_of(session, first)
        assert invite is not None
        assert invite.token_hash != first
        assert await people.use_invite(session, invite.id, now)
        assert not await people.use_invite(session, invite.id, now)
        other = await people.invite_of(session, late)
        assert other is not None
        assert not await people.use_invite(session, other.id, now + people.INVITE_LIFE)
        assert await people.invite_of(session, "guessed") is None


async def test_two_at_once_can_not_both_use_an_invite(database: Database, clock: ManualClock) -> None:
    now = clock.now()
    async with database.write() as session:
        home = await account(session, "3-1201", now)
        token = await people.make_invite(session, home.id, "owner", now)

    async def use() -> bool:
        async with database.write() as session:
            invite = await people.invite_of(session, token)
            assert invite is not None
            return await people.use_invite(session, invite.id, now)

    assert sorted(await asyncio.gather(*(use() for _ in range(5)))) == [False] * 4 + [True]


async def test_wrong_answers_lock_the_chat_account_for_a_day_and_nobody_else(
    database: Database, clock: ManualClock
) -> None:
    now = clock.now()
    async with database.write() as session:
        homes = [await account(session, "3-1201", now), await account(session, "3-1202", now)]
        for number in range(people.FAILURES_MAX):
            assert not await people.binding_locked(session, "sandbox", "eve", now)
            session.add(BindingFailure(account_id=homes[number % 2].id, channel="sandbox", user="eve", at=now))
            await session.flush()
        assert await people.binding_locked(session, "sandbox", "eve", now)
        assert not await people.binding_locked(session, "sandbox", "owner", now)
        assert not await people.binding_locked(session, "telegram", "eve", now)
        later = now + people.FAILURE_WINDOW + timedelta(seconds=1)
        assert not await people.binding_locked(session, "sandbox", "eve", later)


async def test_guesses_of_all_accounts_void_the_slips_there_are_and_not_a_newer_one(
    database: Database, clock: ManualClock
) -> None:
    now = clock.now()
    async with database.write() as session:
        home = await account(session, "3-1201", now)
        slips = [await people.make_invite(session, home.id, "owner", now) for _ in range(2)]
        for number in range(people.GUESSES_MAX):
            session.add(BindingFailure(account_id=home.id, channel="sandbox", user=f"bot{number}", at=now))
        newer = await people.make_invite(session, home.id, "owner", now + timedelta(seconds=1))
        invites = [await people.invite_of(session, token) for token in (*slips, newer)]
        assert [await people.guessed_at(session, each) for each in invites if each] == [True, True, False]


async def test_the_first_owner_pays_and_the_next_one_inherits(database: Database, clock: ManualClock) -> None:
    now = clock.now()
    async with database.write() as session:
        home = await account(session, "3-1201", now)
        tenant = await person(session, "sandbox", "tenant", now)
        first = await person(session, "sandbox", "first", now)
        second = await person(session, "sandbox", "second", now)
        bindings = [
            await people.bind(session, home.id, each.id, role, now)
            for each, role in ((tenant, "tenant"), (first, "owner"), (second, "owner"))
        ]
        assert [binding.payer for binding in bindings] == [False, True, False]
        assert await people.unbind(session, home.id, first.id)
        assert not await people.unbind(session, home.id, first.id)
    async with database.read() as session:
        payers = [(who.id, binding.payer) for who, binding in await people.members_of(session, home.id)]
        assert payers == [(tenant.id, False), (second.id, True)]


async def test_an_owner_without_a_chat_on_this_channel_is_found(database: Database, clock: ManualClock) -> None:
    now = clock.now()
    async with database.write() as session:
        home = await account(session, "3-1201", now)
        owner = await person(session, "wechat", "openid", now)
        family = await person(session, "wechat", "family", now)
        await people.bind(session, home.id, family.id, "family", now)
        await people.bind(session, home.id, owner.id, "owner", now)
        found = await people.owner_elsewhere(session, home.id, "telegram")
        assert found is not None
        assert found.id == owner.id
        assert await people.owner_elsewhere(session, home.id, "wechat") is None


async def test_the_chat_used_last_comes_first(database: Database, clock: ManualClock) -> None:
    now = clock.now()
    async with database.write() as session:
        who = await person(session, "wechat", "a", now)
        session.add_all(
            [
                Contact(person_id=who.id, channel="telegram", user="b", chat="b", last_heard_at=now),
                Contact(person_id=who.id, channel="sandbox", user="c", chat="c", last_heard_at=now - timedelta(days=1)),
                Contact(person_id=who.id, channel="wecom", user="d", chat="d", state="blocked", last_heard_at=now),
            ]
        )
        await session.flush()
        assert [contact.user for contact in await people.contacts_of(session, who.id)] == ["b", "c", "a"]
