"""A resident gives an address in the chat, proves it by the mailed code, and is reached there when nothing else works."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import select

from bot.app import App, build
from bot.channels.channel import Channel
from bot.channels.email import EmailChannel
from bot.channels.sandbox import SandboxChannel
from bot.channels.sandbox_platform import BOT, Platform, Profile
from bot.content import CONTENT, load_wording
from bot.settings import Settings
from bot.web.server import application
from domain.clock import ManualClock
from models.base import Database
from models.invariants import findings
from models.outbox import Outbox
from models.people import Contact, Person
from tests.cast import CHEN, World
from tests.channels.mail_server import MailServer
from understanding.reader import Reader

ADDRESS = "chen@example.com"
KEY = "k" * 32


@dataclass
class Scene:
    app: App
    platform: Platform
    server: MailServer
    clock: ManualClock
    database: Database

    async def say(self, text: str, who: str = CHEN) -> str:
        before = len(self._told(who))
        self.clock.advance(timedelta(seconds=20))
        self.platform.say(who, who, self.clock.now(), text=text)
        number, payload, _ = await self.platform.next_update()
        await self.app.inbound.store_for("sandbox")(str(number), payload)
        self.platform.taken(number)
        while await self.app.inbound.handle_waiting():
            pass
        await self.app.deliver()
        return "\n".join(self._told(who)[before:])

    def _told(self, who: str) -> list[str]:
        return [line.text for line in self.platform.chats.get(who, []) if line.sender == BOT]

    def mails(self, address: str = ADDRESS) -> list[str]:
        found = []
        for mail in self.server.boxes.got.get(address, []):
            body = mail.get_body(("plain",))
            assert body is not None
            found.append(str(body.get_content()))
        return found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with MailServer(tmp_path) as running:
        running.boxes.known |= {ADDRESS, "other@example.com"}
        yield running


@pytest.fixture
async def scene(database: Database, clock: ManualClock, server: MailServer) -> Scene:
    settings = Settings.model_validate(
        {
            "organisation": {"name": "翠湖物业", "hotline": "021-5555 0101"},
            "web": {"public_url": "https://fee.example.com", "link_keys": [KEY]},
            "email": {
                "enabled": True,
                "host": "localhost",
                "port": server.port,
                "security": "none",
                "sender": "fee@example.com",
            },
        }
    )
    platform = Platform()
    platform.join(Profile(CHEN, "陈静", started=True))
    platform.join(Profile("sun", "孙伟", started=True))
    from domain.links import Links

    links = Links(settings.web.public_url, settings.web.link_keys)
    zone = ZoneInfo("Asia/Shanghai")
    mailer = EmailChannel(settings.email, clock, load_wording(), links, "翠湖物业", "zh", zone)
    channels: dict[str, Channel] = {"sandbox": SandboxChannel(platform, clock), "email": mailer}
    app = await build(settings, database, clock, channels, Reader.load(CONTENT))
    world = World(database, app.office, clock.now())
    for name in (CHEN, "sun"):
        account_id = await world.household(name)
        await world.bill(account_id, clock.now().date() + timedelta(days=7))
    async with database.write() as session:
        for contact in await session.scalars(select(Contact)):
            contact.chat = contact.user
    return Scene(app, platform, server, clock, database)


async def test_given_proved_and_used_when_nothing_else_works(scene: Scene) -> None:
    assert "请把邮箱地址发给我" in await scene.say("邮箱")
    assert "不像邮箱地址" in await scene.say("chen@")
    assert "ch***@example.com" in await scene.say("Chen@Example.com")
    [mail] = scene.mails()
    code = re.search(r"\d{6}", mail)
    assert code is not None
    assert "不对" in await scene.say("000000" if code[0] != "000000" else "111111")
    assert "已登记" in await scene.say(code[0])
    scene.platform.set_fault(CHEN, "blocked")  # from here on only the mailbox is left
    await tick(scene, datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai")))
    reminder = scene.mails()[-1]
    assert "286.40" in reminder
    assert "静" not in reminder
    async with scene.database.read() as session:
        rows = list(await session.scalars(select(Outbox).where(Outbox.kind == "reminder")))
    [row] = [row for row in rows if row.channel == "email"]
    assert (row.state, row.tried.split()[0]) == ("sent", "sandbox")
    assert await findings(scene.database) == []


async def tick(scene: Scene, at: datetime) -> None:
    scene.clock.jump(at)
    assert not [each for each in await scene.app.tick(at, on_demand=True) if each.error]
    for _ in range(4):
        scene.clock.advance(timedelta(minutes=30))
        await scene.app.deliver()


async def test_a_code_is_good_once_and_for_its_person_only(scene: Scene) -> None:
    await scene.say("/email chen@example.com")
    code = re.search(r"\d{6}", scene.mails()[-1])
    assert code is not None
    assert "已登记" not in await scene.say(code[0], "sun")
    for _ in range(5):
        await scene.say("123456" if code[0] != "123456" else "654321")
    assert "不对" in await scene.say(code[0])  # five wrong ones: it is worth nothing
    await scene.say("/email chen@example.com")
    code = re.search(r"\d{6}", scene.mails()[-1])
    assert code is not None
    assert "已登记" in await scene.say(code[0])
    assert "已有别人登记" in await scene.say("/email chen@example.com", "sun")
    await scene.say("/email other@example.com")
    assert "明天再试" in await scene.say("/email other@example.com")
    assert len(scene.mails("other@example.com")) == 1


async def test_the_stop_address_asks_first_and_stops_on_all_channels(scene: Scene) -> None:
    await scene.say("/email chen@example.com")
    mail = scene.mails()[-1]
    code = re.search(r"\d{6}", mail)
    link = re.search(r"https://fee.example.com(/email-stop/\S+)", mail)
    assert code is not None
    assert link is not None
    transport = httpx.ASGITransport(application(scene.app))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as web:
        assert (await web.get(link[1])).status_code == 404  # nobody's mailbox yet
        await scene.say(code[0])
        asked = await web.get(link[1])
        assert (asked.status_code, "停止提醒" in asked.text) == (200, True)
        assert await stopped(scene) == 0
        done = await web.post(link[1], content="List-Unsubscribe=One-Click")
        assert done.status_code == 200
        assert await stopped(scene) == 1
        assert (await web.post(f"{link[1][:-1]}x")).status_code == 404


async def stopped(scene: Scene) -> int:
    async with scene.database.read() as session:
        return len(list(await session.scalars(select(Person.id).where(Person.stopped_at.is_not(None)))))
