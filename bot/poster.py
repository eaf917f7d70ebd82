"""The poster for a notice board: totals only where they hide everybody, how to pay, a code to chat with us."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from bot.commands.context import CommandError, Desk
from bot.letters import compose, pictures, qr
from domain.advice import percent
from domain.notice import Recipient, long_day, ways_to_pay
from domain.office import Office
from models.accounts import Community, community_named
from models.noticing import sender_of
from models.periods import Turnout, turnout

HOUSEHOLDS_MIN, UNPAID_MIN = 20, 5  # DESIGN §7: of fewer, a total tells about somebody


async def write_poster(desk: Desk, office: Office, name: str, out: Path) -> None:
    """Raises CommandError: there is no such community; MissingLetters."""
    async with desk.database.read() as session:
        community = await community_named(session, name)
        if community is None:
            raise CommandError(f"there is no community {name!r}")
        told = await turnout(session, community.id, desk.today)
    data = poster(office, community, told, long_day(desk.today, office.language))
    await asyncio.to_thread(_write, data, out)


def _write(data: dict[str, Any], out: Path) -> None:
    out.write_bytes(compose("poster", data) if out.suffix.lower() == ".pdf" else pictures("poster", data, 144)[0])


def poster(office: Office, community: Community, told: Turnout, day: str) -> dict[str, Any]:
    """The poster as content/letters/poster.typ draws it."""
    language, words, sender = office.language, office.wording, sender_of(office)

    def say(name: str, **fields: str) -> str:
        return words.text(f"poster.{name}", language, fields)

    to = Recipient("", say("remark"), community.kind, language)
    total = None
    if told.households >= HOUSEHOLDS_MIN and told.unpaid >= UNPAID_MIN:
        share = (told.households - told.unpaid) / told.households
        total = {"label": say("total"), "rate": percent(share), "share": share, "note": say("total_note")}
    return {
        "language": language,
        "organisation": office.name,
        "title": say("heading"),
        "heading": say("heading"),
        "community": community.name,
        "opening": say("opening"),
        "total": total,
        "how_title": words.text("notice.how_title", language),
        "ways": ways_to_pay(words, sender, to),
        "codes": [{"label": say("code", label=label), "svg": qr(link)} for label, link in sender.links.items()],
        "contact": say("contact", hotline=office.hotline) if office.hotline else "",
        "date": day,
    }
