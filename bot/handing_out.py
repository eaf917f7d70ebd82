"""A file of the office into a colleague's private chat: as a document where the platform takes it, else as a signed address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from bot.settings import Settings
from domain.messages import Address, Attachment, Audience, Choice, Kind, OutgoingMessage
from domain.office import Office
from models.base import sqlite_path
from models.outbox import Context
from models.posting import post
from models.staff import Staff

KEPT = timedelta(days=1)  # so long a file waits to be delivered
# The largest document that a bot may send; where it is larger, or none may be sent, an address opens it.
DOCUMENT_BYTES_MAX = {"telegram": 50 * 2**20, "wecom": 20 * 2**20, "wechat": 0}


@dataclass(frozen=True)
class Ready:
    """A file on the disk, the name it gets in the chat, and what the address that opens it is about ("paper-12")."""

    path: Path
    name: str
    subject: str


def data_folder(settings: Settings) -> Path:
    """Where the office's data is: beside the database."""
    path = sqlite_path(settings.database.url)
    return (path.parent if path is not None else Path("data")).absolute()


async def hand_out(
    session: AsyncSession,
    office: Office,
    member: Staff,
    file: Ready,
    template: str,
    fields: Mapping[str, str],
    *,
    language: str,
    key: str,
    now: datetime,
    choices: Sequence[Sequence[Choice]] = (),
) -> None:
    """Put it into the outbox, for this colleague. Where only an address can open it and there is none, that is said."""
    words, size_bytes = office.wording, file.path.stat().st_size
    text = words.text(template, language, fields)
    attachment: Attachment | None = Attachment("document", "", file.name, size_bytes, str(file.path))
    if size_bytes > DOCUMENT_BYTES_MAX.get(member.channel, size_bytes):
        attachment = None
        link = office.links.address("download", file.subject, now, KEPT)
        told = {"link": link} if link else {}
        text = f"{text}\n{words.text('paper.by_link' if link else 'paper.too_large', language, told)}"
    message = OutgoingMessage(
        template,
        text,
        fields,
        tuple(tuple(row) for row in choices),
        audience=Audience.PRIVATE,
        kind=Kind.STAFF_CARD,
        attachment=attachment,
    )
    to = Address(member.channel, member.chat)
    await post(session, to, message, key=key, now=now, context=Context(reason=file.subject.partition("-")[0]))
