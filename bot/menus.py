"""Which commands a colleague's chat shows: offered when they first write, and again when their role changes."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from bot.channels.channel import Channel
from domain.roles import RIGHTS, Right, Role
from domain.wording import LANGUAGES, Wording
from handlers.routes import ROUTES
from models.base import Database
from models.staff import Staff

Menus = dict[str, dict[str, list[tuple[str, str]]]]


def menus(wording: Wording) -> Menus:
    """All menus by name and language. A role's menu leaves out what would be refused."""
    needed = {command: route.who for route in ROUTES for command in route.commands}
    found: Menus = {
        name: {language: wording.below(f"menu_{name}", language) for language in LANGUAGES}
        for name in ("private", "group", "staff")
    }
    for role, rights in RIGHTS.items():
        found[f"staff_{role}"] = {
            language: [(command, words) for command, words in commands if _open(needed.get(command), rights)]
            for language, commands in found["staff"].items()
        }
    return found


def open_to(role: str) -> frozenset[str]:
    """The commands that a role may use."""
    rights = RIGHTS[Role(role)]
    return frozenset(word for route in ROUTES for word in route.commands if _open(route.who, rights))


def _open(who: str | Right | None, rights: frozenset[Right]) -> bool:
    return not isinstance(who, Right) or who in rights


class StaffMenus:
    """What each colleague's chat shows. A new process offers once more: its words may be newer than the chat's."""

    def __init__(self) -> None:
        self._shown: dict[int, str] = {}

    async def offer(self, database: Database, channels: Mapping[str, Channel]) -> int:
        """Show each colleague the commands of their role, where that is new; returns to how many."""
        async with database.read() as session:
            everybody = list(await session.scalars(select(Staff).where(Staff.chat != "", Staff.channel.in_(channels))))
        wanted = {member.id: f"staff_{member.role}" if member.active else "private" for member in everybody}
        changed = [member for member in everybody if self._shown.get(member.id) != wanted[member.id]]
        for member in changed:
            await channels[member.channel].offer_staff_menu([member.chat], wanted[member.id])
            self._shown[member.id] = wanted[member.id]
        return len(changed)
