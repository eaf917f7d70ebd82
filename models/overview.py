"""What an office still has to set up: staff, communities without a group chat, households without anyone to remind."""

from __future__ import annotations

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.roles import Role
from models.accounts import Account, Community
from models.dialogue import Group
from models.people import Binding
from models.staff import Staff


async def communities_without_group(session: AsyncSession) -> list[str]:
    """Names of the communities where no residents' group can be posted to."""
    has_group = exists().where(Group.community_id == Community.id, Group.audience == "residents", Group.state == "ok")
    return list(await session.scalars(select(Community.name).where(~has_group).order_by(Community.name)))


async def staff_at_work(session: AsyncSession) -> tuple[int, int, int]:
    """How many colleagues there are, how many administrators among them, how many of all can be written to."""
    query = select(Staff.role, Staff.chat).where(Staff.active.is_(True))
    everybody = (await session.execute(query)).all()
    return (
        len(everybody),
        sum(role == Role.ADMIN for role, _ in everybody),
        sum(bool(chat) for _, chat in everybody),
    )


async def has_staff_group(session: AsyncSession) -> bool:
    query = select(Group.id).where(Group.audience == "staff", Group.state == "ok").limit(1)
    return await session.scalar(query) is not None


async def accounts_without_payer(session: AsyncSession) -> tuple[int, int]:
    """How many accounts have no bound payer, and how many accounts there are."""
    has_payer = exists().where(Binding.account_id == Account.id, Binding.payer.is_(True))
    unbound = await session.scalar(select(func.count()).select_from(Account).where(~has_payer))
    accounts = await session.scalar(select(func.count()).select_from(Account))
    return int(unbound or 0), int(accounts or 0)


async def places(session: AsyncSession) -> tuple[set[str], set[str]]:
    """The names of all communities, and of all classes."""
    classes = select(Account.class_name).where(Account.class_name != "").distinct()
    return set(await session.scalars(select(Community.name))), set(await session.scalars(classes))


async def printed_words(session: AsyncSession) -> list[tuple[str, tuple[str, ...]]]:
    """What is printed of each household, by its code: community, building, address, name."""
    query = select(Account.code, Community.name, Account.building, Account.address, Account.payer_name)
    rows = await session.execute(query.join(Community, Community.id == Account.community_id).order_by(Account.code))
    return [(code, (code, *words)) for code, *words in rows]
