"""A channel that is red, told once to those who can mend it, and once more when it is green again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import keys
from domain.messages import Address, Audience, Kind, OutgoingMessage
from domain.office import Office
from domain.roles import Right, Role, may
from models.base import Database
from models.outbox import Context
from models.posting import Draft, post_all
from models.runtime import ChannelHealth
from models.staff import staff_for

STEADY_FOR = timedelta(minutes=1)  # a hiccup is no incident, and one good answer no recovery
RED_LIFE = timedelta(hours=1)  # an alert that could not be delivered for so long is left to the green one
# What the detail kept beside a channel's health means, by words in it; the rest is silence.
CAUSES = (
    ("cure_twice", "another program"),
    ("cure_token", "token is refused"),
    ("cure_webhook", "telegram.webhook_url"),
    ("cure_secret", "secret is refused"),
    ("cure_secret", "no secret was sent"),
    ("cure_account", "no account id was sent"),
    ("cure_account", "check app_id"),
    ("cure_account", "check agent_id"),
    ("cure_machine", "this machine is not"),
    ("cure_right", "may not use this interface"),
    ("cure_right", "has no right to this"),
    ("cure_backend", "read the notice"),
    ("cure_shared", "another program using this account"),
    ("cure_shared", "does another program use this account"),
    ("cure_address", "check base_url"),
    ("cure_mail_login", "refused user and password"),
    ("cure_mail_login", "wants a login"),
    ("cure_mail_sender", "refuses the sender"),
    ("cure_mail_server", "certificate is not trusted"),
    ("cure_mail_server", "the mail server can't do it"),
)


async def run(database: Database, office: Office, now: datetime) -> list[str]:
    """Look at every channel; returns those that something was said about."""
    said = []
    async with database.write() as session:
        for health in await session.scalars(select(ChannelHealth).order_by(ChannelHealth.channel).with_for_update()):
            if health.channel not in office.channels or health.since is None or now - health.since < STEADY_FOR:
                continue
            if not health.ok and health.alerted_at is None:
                fields = {"since": _local(office, health.since), "cure": _cure(office, health.detail)}
                await _tell(session, office, health.channel, health.since, "red", fields, now)
                health.alerted_at = health.since  # the incident is known by its beginning
            elif health.ok and health.alerted_at is not None:
                fields = {"since": _local(office, health.alerted_at), "until": _local(office, health.since)}
                await _tell(session, office, health.channel, health.alerted_at, "green", fields, now)
                health.alerted_at = None
            else:
                continue
            said.append(health.channel)
    return said


async def _tell(
    session: AsyncSession,
    office: Office,
    channel: str,
    began_at: datetime,
    colour: str,
    fields: Mapping[str, str],
    now: datetime,
) -> None:
    """One message to each manager who can be written to, also on the channels that still work."""
    wording = office.wording
    name = f"channel_name.{channel}"
    fields = {"channel": wording.text(name, office.language) if wording.has(name) else channel, **fields}
    text = wording.text(f"alert.{colour}", office.language, fields)
    message = OutgoingMessage(f"alert.{colour}", text, fields, audience=Audience.STAFF, kind=Kind.STAFF_CARD)
    drafts = [
        Draft(
            Address(member.channel, member.chat),
            message,
            keys.alert(channel, began_at, colour, member.id),
            Context(reason="alert"),
            expires_at=now + RED_LIFE if colour == "red" else None,
        )
        for member in await staff_for(session, None)
        if may(Role(member.role), Right.APPROVE) and member.channel in office.channels
    ]
    await post_all(session, drafts, now)


def _cure(office: Office, detail: str) -> str:
    found = next((name for name, sign in CAUSES if sign in detail), "cure_silent")
    return office.wording.text(f"alert.{found}", office.language)


def _local(office: Office, at: datetime) -> str:
    return f"{at.astimezone(office.zone):%m-%d %H:%M}"
