"""One-time notices: agreed to by the platform's button on a page of ours, counted, each used up by one; and what a payment opens."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from bot.app import App, build
from bot.channels.wechat import WechatChannel
from bot.content import CONTENT as BOT_CONTENT
from bot.settings import Settings
from bot.web.server import application
from domain.clock import SystemClock
from domain.errors import Shut
from domain.messages import Kind, WriteFirst
from models import inbox, platforms
from models.base import Database
from models.people import Contact
from models.staff import AuditEntry
from tests.cast import CHEN, World
from tests.cast import office as cast_office
from tests.channels.test_wechat_sending import CONTENT, NOTICE, REMINDER
from tests.channels.wechat_stage import CUSTOMER, settled
from tests.telegram_server.loopback import Loopback
from tests.wechat_server.callbacks import Person
from tests.wechat_server.server import WechatServer
from understanding.reader import Reader as Understanding

FOREIGN = "https://elsewhere.example.org"
KEY = "k3Vb9qLxWw7TzR5dk3Vb9qLxWw7TzR5d"


@dataclass
class Office:
    """A running office on the Official Account, whose reminders go as one-time notices alone."""

    app: App
    server: WechatServer
    wang: Person
    http: httpx.AsyncClient

    @property
    def channel(self) -> WechatChannel:
        found = self.app.channels["wechat"]
        assert isinstance(found, WechatChannel)
        return found

    async def asked_for(self, words: str = "/notices") -> str:
        """The address of the page, as the resident gets it in the chat."""
        before = len(self.wang.got)
        self.wang.say(words)
        told = await self.server.wait_for(self.wang, before + 1)
        return told.text[told.text.index("http") :].split()[0]

    async def left(self) -> int:
        return sum((await self.channel.memory.notices_left(self.wang.openid)).values())


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def reader() -> Understanding:
    return Understanding.load(BOT_CONTENT)


@asynccontextmanager
async def opened(
    sqlite: Database, wechat_server: WechatServer, reader: Understanding, keys: Sequence[str] = (KEY,)
) -> AsyncIterator[Office]:
    """An office with one resident bound; `keys` sign its links."""
    port = free_port()
    wechat_server.notice_templates[NOTICE] = CONTENT
    own = wechat_server.settings(wechat_server.url)
    settings = Settings.model_validate(
        {
            "organisation": {"name": "翠湖物业", "hotline": "021-5555 0101"},
            "web": {"public_url": f"http://127.0.0.1:{port}", "link_keys": keys},
            "wechat": own | {"templates": {"reminder": {"notice_id": NOTICE}}, "sdk_url": f"{wechat_server.url}/open/js/jweixin-1.6.0.js"},
        }
    )  # fmt: skip
    wang = wechat_server.person()
    wang.follower.following = True
    world = World(sqlite, cast_office(), SystemClock().now())
    account = await world.account(CHEN)
    await world.bound(account, "wechat", wang.openid)
    app = await build(settings, sqlite, reader=reader)
    routes = [route for name, each in app.channels.items() for route in each.routes(app.inbound.store_for(name))]
    http = httpx.AsyncClient(trust_env=False)
    async with http, app.running(), Loopback(application(app, routes), port) as door:
        wechat_server.callbacks.url = f"{door.url}/wechat/callback"
        await app.tried["wechat"].wait()
        yield Office(app, wechat_server, wang, http)


@pytest.fixture
async def office(sqlite: Database, wechat_server: WechatServer, reader: Understanding) -> AsyncIterator[Office]:
    async with opened(sqlite, wechat_server, reader) as running:
        yield running


def config_on(page: str) -> dict[str, object]:
    found = re.search(r"wx\.config\((\{.*?\})\)", page)
    assert found is not None
    told: dict[str, object] = json.loads(found[1])
    return told


async def test_a_page_is_signed_for_its_address_and_a_tap_on_it_is_one_notice(office: Office) -> None:
    address = await office.asked_for()
    opened = f"{address}?from=singlemessage"  # WeChat itself puts something behind an address that was passed on
    page = await office.http.get(opened)
    assert (page.status_code, page.headers["referrer-policy"]) == (200, "no-referrer")
    assert f'template="{NOTICE}"' in page.text
    assert "webcompt:" in page.headers["content-security-policy"]
    assert [
        word for word in (office.wang.openid, "陈", "12") if word in page.text.split("<h1>")[1].split("<script")[0]
    ] == []
    on_page = f"{office.server.url}/_page"
    for url, code in ((opened, 0), (address, 63002), (FOREIGN, 63002)):
        told = await office.http.post(f"{on_page}/config", json={"config": config_on(page.text), "url": url})
        assert told.json()["errcode"] == code
    tap = {"openid": office.wang.openid, "templates": [NOTICE]}
    for accepts in (True, True, False):
        told = await office.http.post(f"{on_page}/tap", json=tap | {"accepts": accepts})
        assert told.json()["errcode"] == 0
        office.server.skipped_seconds += 1  # nobody taps and answers twice within one
    await settled(office.server)
    await until_handled(office)
    assert await office.left() == 2


async def test_each_agreement_brings_one_notice_and_no_more(office: Office) -> None:
    chat, channel = office.wang.openid, office.channel
    now = SystemClock().now()
    assert await channel.may_write_first(chat, now) is WriteFirst.NO
    for _ in range(2):
        office.wang.agree(NOTICE)
        await settled(office.server)
        office.server.skipped_seconds += 1  # two taps in one second are one event to the platform
    await until_handled(office)
    assert await channel.may_write_first(chat, now) is WriteFirst.ONLY_TEMPLATE
    for _ in range(2):
        await channel.send(replace(REMINDER, chat=chat))
    with pytest.raises(Shut) as refused:
        await channel.send(replace(REMINDER, chat=chat))
    assert [each.kind for each in office.wang.got] == ["notice", "notice"]
    assert office.wang.got[0].data["amount3"] == "286.40元"
    assert (await channel.may_write_first(chat, now), await office.left()) == (WriteFirst.NO, 0)
    assert refused.value.why in ("no_agreement", "window_shut")
    assert len([call for call in office.server.calls if call.path.endswith("bizsend")]) == 2  # no third one was tried


async def test_the_platforms_count_of_agreements_is_the_right_one(office: Office) -> None:
    async with office.app.database.write() as session:
        for _ in range(3):
            await platforms.add_notice(session, "wechat", office.wang.openid, NOTICE, SystemClock().now())
    with pytest.raises(Shut):
        await office.channel.send(replace(REMINDER, chat=office.wang.openid))  # 43101: the person never agreed
    assert await office.left() == 0


async def test_who_forbids_them_in_wechat_gets_none_and_it_is_in_the_audit_log(office: Office) -> None:
    office.wang.agree(NOTICE)
    office.wang.forbid(NOTICE)
    await settled(office.server)
    await until_handled(office)
    assert await office.left() == 0
    async with office.app.database.read() as session:
        rows = (await session.execute(select(AuditEntry.action, AuditEntry.subject).order_by(AuditEntry.id))).all()
    assert [action for action, _ in rows if action.startswith("notice.")] == ["notice.agreed", "notice.withdrawn"]
    assert {subject for action, subject in rows if action.startswith("notice.")} == {"person/1"}


async def test_settings_show_how_many_are_left_and_lead_to_the_page(office: Office) -> None:
    office.wang.agree(NOTICE)
    await settled(office.server)
    await until_handled(office)
    office.wang.say("/settings")
    shown = await office.server.wait_for(office.wang, 1)
    assert "您同意的一次性通知还有 1 条" in shown.text
    [digit] = re.findall(r"^(\d) 同意下一条通知$", shown.text, re.MULTILINE)
    office.wang.say(digit)
    asked = await office.server.wait_for(office.wang, 2)
    assert "还没用的有 1 条" in asked.text
    assert f"{office.app.office.links.public_url}/notices/notice-1." in asked.text


async def test_the_menu_leads_there_too(office: Office) -> None:
    office.wang.click("notices")
    assert "/notices/notice-1." in (await office.server.wait_for(office.wang, 1)).text


async def test_one_ticket_signs_all_pages(office: Office) -> None:
    address = await office.asked_for()
    pages = await asyncio.gather(*(office.http.get(address) for _ in range(20)))
    assert {page.status_code for page in pages} == {200}
    assert len(office.server.accepted("ticket/getticket")) == 1
    assert len({str(config_on(page.text)["signature"]) for page in pages}) == 20


async def test_a_forged_late_or_foreign_address_opens_nothing(office: Office) -> None:
    address = await office.asked_for()
    links, now = office.app.office.links, SystemClock().now()
    late = links.address("notices", "notice-1", now - timedelta(hours=25), timedelta(hours=24))
    wrong = [
        address[:-1] + ("A" if address[-1] != "A" else "B"),
        late,
        links.address("notices", "export-1", now, timedelta(hours=1)),
    ]
    wrong.append(links.address("notices", "notice-99", now, timedelta(hours=1)))
    async with office.app.database.write() as session:  # the same person by e-mail: no place to agree to anything
        session.add(Contact(person_id=1, channel="email", user="a@example.org", chat="a@example.org"))
        await session.flush()
    wrong.append(links.address("notices", "notice-2", now, timedelta(hours=1)))
    told = [await office.http.get(each) for each in wrong]
    assert {(each.status_code, each.text) for each in told} == {(404, "not found")}
    office.wang.unfollow()
    await settled(office.server)
    await until_handled(office)
    assert (await office.http.get(address)).status_code == 404


async def test_without_a_ticket_the_page_says_so_kindly(office: Office) -> None:
    address = await office.asked_for()
    office.server.fail("ticket/getticket", 48001, times=99)
    page = await office.http.get(address)
    assert page.status_code == 503
    assert "微信这会儿没有回应" in page.text
    assert "wx.config" not in page.text


async def test_where_there_is_no_page_nobody_is_asked(
    sqlite: Database, wechat_server: WechatServer, reader: Understanding
) -> None:
    """Without keys for links there is no page to agree on; what was agreed to elsewhere is shown all the same."""
    async with opened(sqlite, wechat_server, reader, keys=()) as office:
        office.wang.say("/notices")
        assert "不用一条一条同意" in (await wechat_server.wait_for(office.wang, 1)).text
        office.wang.say("/settings")
        assert "一次性通知" not in (await wechat_server.wait_for(office.wang, 2)).text
        office.wang.agree(NOTICE)
        await settled(wechat_server)
        await until_handled(office)
        office.wang.say("/notices")
        told = (await wechat_server.wait_for(office.wang, 3)).text
        assert "还没用的有 1 条" in told
        assert "http" not in told


async def until_handled(office: Office) -> None:
    async with asyncio.timeout(20):
        while True:
            async with office.app.database.read() as session:
                if not await inbox.waiting(session):
                    return
            await asyncio.sleep(0.05)


# a payment


async def test_a_payment_within_wechat_opens_the_window_and_is_no_question(office: Office) -> None:
    chat = office.wang.openid
    assert await office.channel.may_write_first(chat, SystemClock().now()) is WriteFirst.NO
    office.wang.pay()
    await settled(office.server)
    assert await office.channel.may_write_first(chat, SystemClock().now()) is WriteFirst.YES
    for _ in range(12):
        await office.channel.send(replace(REMINDER, chat=chat, kind=Kind.RECEIPT, template="receipt.thanks"))
    assert [each.kind for each in office.wang.got] == ["customer"] * 12
    assert (office.wang.follower.broken, [told.status for told in office.server.callbacks.tries]) == (0, [200])
    after = SystemClock().now() + timedelta(hours=48)
    assert await office.channel.may_write_first(chat, after) is WriteFirst.NO


async def test_the_door_for_a_payment_service_opens_the_same_window(office: Office) -> None:
    """WeChat Pay tells a merchant's own server; whoever has checked its notice says so here."""
    chat = office.wang.openid
    office.server.open_window(office.wang.follower, "payment")
    await office.channel.paid("no id of anybody")
    assert await office.channel.may_write_first(chat, SystemClock().now()) is WriteFirst.NO
    await office.channel.paid(chat)
    assert await office.channel.may_write_first(chat, SystemClock().now()) is WriteFirst.YES
    for _ in range(6):
        await office.channel.send(replace(REMINDER, chat=chat, kind=Kind.RECEIPT, template="receipt.thanks"))
    assert len(office.server.accepted(CUSTOMER)) == 6
