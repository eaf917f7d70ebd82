"""Binding tokens for households: one on the screen, or a slip for each to print."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot import telegram_me
from bot.commands.context import CommandError, Desk
from bot.content import load_wording
from bot.letters import MissingLetters, compose, missing_letters, qr
from bot.settings import Organisation
from bot.spreadsheet import write_csv
from domain.wording import Wording, day_words, salutation
from models import bulk, people
from models.accounts import Account, by_code
from models.base import chunks
from models.runtime import bot_names, keep_bot_name
from models.staff import audit

SLIP_COLUMNS = ("community", "building", "address", "code", "role", "token", "command", "telegram", "expires_at")
CHANNEL_NAMES = {"telegram": "Telegram", "wechat": "微信"}


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
        if account.erased_at is not None:
            raise CommandError(f"account {code!r} was erased: nobody can be bound to it")
        token = await people.make_invite(session, account.id, role, desk.now)
        await audit(session, desk.actor, "invite", f"account/{account.id}", desk.now, {"role": role})
    [code_link] = await _wechat_links(desk, [token])
    return _invitation(desk, code, role, token, bot_name, code_link)


@dataclass(frozen=True)
class Slip:
    """What is put into one household's letter box."""

    community: str
    account: Account
    invitation: Invitation


async def slips(desk: Desk, community: str, role: str, out: Path) -> int:
    """A fresh token for every household (of a community), as a csv or as a PDF to print; how many.

    Raises CommandError when there is no such community, or when no font can print a name: nothing is made then.
    """
    bot_name = await _telegram_name(desk)
    async with desk.database.read() as session:
        communities = await bulk.communities_by_name(session)
        if community and community not in communities:
            raise CommandError(f"there is no community {community!r}: one of {', '.join(communities) or 'none yet'}")
        names = {each.id: each.name for each in communities.values()}
        accounts = await bulk.accounts_of(session, [communities[community].id] if community else list(names))
    if out.suffix.lower() == ".pdf":
        _refuse_unprintable(desk, names, accounts)
    made: list[Slip] = []
    for chunk in chunks(accounts, bulk.ROWS_PER_CHUNK):
        async with desk.database.write() as session:
            tokens = await people.make_invites(session, [account.id for account in chunk], role, desk.now)
            await audit(session, desk.actor, "invite", f"accounts/{len(chunk)}", desk.now, {"role": role})
        code_links = await _wechat_links(desk, tokens)
        for account, token, code_link in zip(chunk, tokens, code_links, strict=True):
            invitation = _invitation(desk, account.code, role, token, bot_name, code_link)
            made.append(Slip(names[account.community_id], account, invitation))
    if out.suffix.lower() == ".pdf":
        await asyncio.to_thread(out.write_bytes, compose("slips", _printed(desk, made)))
    else:
        columns = (*SLIP_COLUMNS, "wechat") if desk.settings.wechat.enabled else SLIP_COLUMNS
        write_csv(out, [columns, *map(_row, made)])
    return len(made)


def _row(slip: Slip) -> Sequence[object]:
    account, made = slip.account, slip.invitation
    link = made.links.get("telegram") or ""
    until = made.expires_at.isoformat(timespec="minutes")
    where = (slip.community, account.building, account.address, account.code)
    wechat = (made.links["wechat"] or "",) if "wechat" in made.links else ()
    return (*where, made.role, made.token, made.command, link, until, *wechat)


def _printed(desk: Desk, made: Sequence[Slip]) -> dict[str, object]:
    """All slips as the layout content/letters/slips.typ wants them."""
    organisation = desk.settings.organisation
    wording = load_wording().of_kind(organisation.kind)
    return {
        "language": organisation.language,
        "organisation": organisation.name,
        "slips": [_words(slip, wording, organisation) for slip in made],
    }


def _words(slip: Slip, wording: Wording, organisation: Organisation) -> dict[str, object]:
    account, made = slip.account, slip.invitation
    language = account.language or organisation.language
    codes = [{"svg": qr(link), "label": CHANNEL_NAMES[channel]} for channel, link in made.links.items() if link]
    fields = {
        "salutation": salutation(account.payer_name, language),
        "until": day_words(made.expires_at.date(), language),
        "hotline": organisation.hotline,
    }

    def say(name: str) -> str:
        return wording.text(f"slip.{name}", language, fields)

    return {
        "community": slip.community,
        "room": account.address or account.code,
        "greeting": say("greeting"),
        "how": say("how" if codes else "how_without_code"),
        "codes": codes,
        "command": made.command,
        "small": say("small" if organisation.hotline else "small_without_hotline"),
    }


def _refuse_unprintable(desk: Desk, communities: Mapping[int, str], accounts: Sequence[Account]) -> None:
    """Before any token is made: a name that can't be printed is told with its household."""
    if letters := missing_letters([desk.settings.organisation.name, *communities.values()]):
        raise CommandError(str(MissingLetters(letters)))
    for account in accounts:
        if letters := missing_letters([account.payer_name, account.address, account.code]):
            raise CommandError(f"account {account.code}: {MissingLetters(letters)}")


def _invitation(
    desk: Desk, code: str, role: str, token: str, bot_name: str | None, code_link: str | None
) -> Invitation:
    links: dict[str, str | None] = {}
    if desk.settings.wechat.enabled:
        links["wechat"] = code_link
    if desk.settings.telegram.enabled:
        links["telegram"] = f"https://t.me/{bot_name}?start={token}" if bot_name else None
    return Invitation(code, role, token, (desk.now + people.INVITE_LIFE).astimezone(desk.zone), links)


async def _wechat_links(desk: Desk, tokens: Sequence[str]) -> list[str | None]:
    """The code of each token on WeChat; None where there is no account, or it doesn't answer."""
    if not desk.settings.wechat.enabled:
        return [None] * len(tokens)
    from bot.wechat_account import account, code_links  # its SDK takes a third of a second to import

    async with account(desk.settings.wechat, desk.database, desk.clock) as api:
        return await code_links(api, tokens)


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
