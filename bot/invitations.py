"""Binding tokens for households: one on the screen, or a slip for each to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot import telegram_me
from bot.commands.context import CommandError, Desk
from bot.spreadsheet import write_csv
from models import bulk, people
from models.accounts import Account, by_code
from models.base import chunks
from models.runtime import bot_names, keep_bot_name
from models.staff import audit

SLIP_COLUMNS = ("community", "building", "address", "code", "role", "token", "command", "telegram", "expires_at")


@dataclass(frozen=True)
class Invitation:
    account: str
    role: str
    token: str
    expires_at: datetime  # local
    links: dict[str, str | None]  # enabled channel -> link; None: the bot's name is not known

    @property
    def command(self) -> str:
        """What the person may type instead of opening the link."""
        return f"/start {self.token}"

    def to_json(self) -> dict[str, object]:
        return {
            "account": self.account,
            "role": self.role,
            "token": self.token,
            "expires_at": self.expires_at.isoformat(timespec="seconds"),
            "links": self.links,
        }


async def invite(desk: Desk, code: str, role: str) -> Invitation:
    """A token for one household. Raises CommandError when there is no such account."""
    bot_name = await _telegram_name(desk)
    async with desk.database.write() as session:
        account = await by_code(session, code)
        if account is None:
            raise CommandError(f"there is no account {code!r}")
        token = await people.make_invite(session, account.id, role, desk.now)
        await audit(session, desk.actor, "invite", f"account/{account.id}", desk.now, {"role": role})
    return _invitation(desk, code, role, token, bot_name)


async def slips(desk: Desk, community: str, role: str, out: Path) -> int:
    """A csv with a fresh token for every household (of a community); how many."""
    bot_name = await _telegram_name(desk)
    async with desk.database.read() as session:
        communities = await bulk.communities_by_name(session)
        if community and community not in communities:
            raise CommandError(f"there is no community {community!r}: one of {', '.join(communities) or 'none yet'}")
        names = {each.id: each.name for each in communities.values()}
        accounts = await bulk.accounts_of(session, [communities[community].id] if community else list(names))
    rows: list[Sequence[object]] = [SLIP_COLUMNS]
    for chunk in chunks(accounts, bulk.ROWS_PER_CHUNK):
        async with desk.database.write() as session:
            tokens = await people.make_invites(session, [account.id for account in chunk], role, desk.now)
            await audit(session, desk.actor, "invite", f"accounts/{len(chunk)}", desk.now, {"role": role})
        for account, token in zip(chunk, tokens, strict=True):
            rows.append(
                _slip(account, names[account.community_id], _invitation(desk, account.code, role, token, bot_name))
            )
    write_csv(out, rows)
    return len(accounts)


def _slip(account: Account, community: str, made: Invitation) -> Sequence[object]:
    link = made.links.get("telegram") or ""
    until = made.expires_at.isoformat(timespec="minutes")
    where = (community, account.building, account.address, account.code)
    return (*where, made.role, made.token, made.command, link, until)


def _invitation(desk: Desk, code: str, role: str, token: str, bot_name: str | None) -> Invitation:
    links: dict[str, str | None] = {}
    if desk.settings.telegram.enabled:
        links["telegram"] = f"https://t.me/{bot_name}?start={token}" if bot_name else None
    return Invitation(code, role, token, (desk.now + people.INVITE_LIFE).astimezone(desk.zone), links)


async def _telegram_name(desk: Desk) -> str | None:
    """The bot's name as it was last known, else as Telegram says now."""
    if not desk.settings.telegram.enabled:
        return None
    async with desk.database.read() as session:
        known = (await bot_names(session)).get("telegram")
    if known:
        return known
    try:
        me = await telegram_me.ask(desk.settings.telegram)
    except telegram_me.TelegramFault:
        return None
    async with desk.database.write() as session:
        await keep_bot_name(session, "telegram", me.name)
    return me.name
