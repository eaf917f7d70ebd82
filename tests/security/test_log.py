"""A whole conversation on Telegram with everything logged that can be: none of it tells who spoke, what, or with which key."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text

from bot.app import App, build
from bot.channels.telegram import TelegramChannel
from bot.log import redact, set_up
from bot.settings import Settings
from domain.clock import SystemClock
from domain.ledger import EntryKind
from models import people
from models.accounts import Account, Community
from models.base import Database
from models.bills import Bill, LedgerEntry, transfer
from models.dialogue import Button
from models.inbox import Inbox
from models.outbox import Outbox
from tests.events import tell_plainly
from tests.telegram_server.people import buttons
from tests.telegram_server.server import TelegramServer
from understanding.reader import Reader

PHONE, NAME, USERNAME, ROOM, OPENID = (
    "13812345678",
    "欧阳慕容雪",
    "xue_canary_88",
    "7栋2603",
    "oGZUI0egBJY1zhBYw2KhdUfwVJJE",
)
WISHES = (
    "我离婚了，实在交不起物业费",
    "请问我家这个月物业费多少钱",
    "水压太低，找个人来看看",
    "/nosuch 秘密口令",
    "王老师说的六零八八",
)


@dataclass
class Site:
    app: App
    server: TelegramServer
    token: str  # of the resident's slip


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    levels = {
        name: logger.level
        for name, logger in logging.root.manager.loggerDict.items()
        if isinstance(logger, logging.Logger)
    }
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger):
            logger.setLevel(levels.get(name, logging.NOTSET))
    tell_plainly()


@pytest.fixture
async def site(sqlite_template: Path, tmp_path: Path, reader: Reader) -> AsyncIterator[Site]:
    shutil.copy(sqlite_template, tmp_path / "nuanling.db")
    database, clock = Database(f"sqlite:///{tmp_path / 'nuanling.db'}"), SystemClock()
    now = clock.now()
    async with database.write() as session:
        estate = Community(name="翠湖苑", kind="property", pause_reason="")
        session.add(estate)
        await session.flush()
        account = Account(
            code="S-1", community_id=estate.id, kind="property", building="7栋", address="2603", payer_name=NAME, phone=PHONE,
            created_at=now, updated_at=now,
        )  # fmt: skip
        session.add(account)
        await session.flush()
        bill = Bill(account_id=account.id, item="物业费", period="2026-11", due_on=date(2026, 11, 16), issued_at=now)
        session.add(bill)
        await session.flush()
        charge = transfer(EntryKind.CHARGE, account.id, 28640, date(2026, 11, 1), now, bill_id=bill.id)
        await session.execute(insert(LedgerEntry), [charge])
        token = await people.make_invite(session, account.id, "owner", now)
    async with TelegramServer() as server:
        settings = Settings.model_validate(
            {
                "telegram": {
                    "enabled": True,
                    "token": server.token,
                    "base_url": server.base_url,
                    "base_file_url": server.base_file_url,
                }
            }
        )
        channel = TelegramChannel(settings.telegram, clock)
        app = await build(settings, database, clock, {"telegram": channel}, reader)
        yield Site(app, server, token)
    await database.close()


async def test_nothing_of_a_conversation_is_in_a_log_at_debug(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    set_up(logging.DEBUG)
    logging.getLogger().setLevel(logging.DEBUG)  # as somebody does who looks for a fault
    person = site.server.user(NAME, username=USERNAME)
    async with site.app.running():
        person.start(site.token)
        await handled(site, 1)
        person.say("9999")
        await handled(site, 2)
        person.say(PHONE[-4:])
        await handled(site, 3)
        for number, wish in enumerate(WISHES, start=4):
            person.say(wish)
            await handled(site, number)
        number = 3 + len(WISHES)
        shown = [
            each for message in site.server.from_bot(person) for each in buttons(message) if "callback_data" in each
        ]
        person.press(shown[-1]["callback_data"])
        person.forge("forged-button-canary", site.server.from_bot(person)[-1]["message_id"])
        await handled(site, number + 2)
        # Faults of the platform, of a handler, of the database: their words hold addresses, rows and requests.
        for kind in ("server_error", "reset_before", "too_many_requests"):
            site.server.faults.add(kind, method="sendMessage", times=1)
        async with site.app.database.write() as session:
            tokens = list(await session.scalars(select(Button.token)))
            await session.execute(text("ALTER TABLE bills RENAME TO bills_gone"))
        person.say(WISHES[1])
        await handled(site, number + 3, failed=1)
        async with site.app.database.write() as session:
            await session.execute(text("ALTER TABLE bills_gone RENAME TO bills"))
        person.say(WISHES[1])
        await handled(site, number + 4, failed=1)
    said = capsys.readouterr()
    log = said.out + said.err
    assert "channel ready" in log
    assert "OperationalError" in log  # the fault itself is told
    canaries = {
        *(PHONE, PHONE[-4:], NAME, NAME[:2], USERNAME, ROOM, "2603", "286.40", "forged-button-canary"),
        *(
            site.server.token,
            site.server.token.partition(":")[2],
            site.token,
            *tokens,
            *WISHES,
            *(wish[:6] for wish in WISHES),
        ),
    }
    assert len(tokens) > 5
    assert [canary for canary in canaries if canary in log] == []


async def handled(site: Site, number: int, failed: int = 0) -> None:
    """Wait until so many updates came and were handled, `failed` of them badly, and all answers are out."""
    async with asyncio.timeout(60):
        while True:
            async with site.app.database.read() as session:
                states = Counter(await session.scalars(select(Inbox.state)))
                waiting = await session.scalar(
                    select(func.count()).where(Outbox.state.in_(("queued", "sending", "retry")))
                )
            if states["done"] + states["failed"] >= number and states["failed"] == failed and not waiting:
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f"openid {OPENID} unsubscribed", "openid [hidden] unsubscribed"),
        (json.dumps({"touser": OPENID}), '{"touser": "[hidden]"}'),
        ("only_lower_case_of_28_letters", "only_lower_case_of_28_letters"),
    ],
)
def test_openids_are_hidden(line: str, shown: str) -> None:
    assert redact(line) == shown
