"""Answers in the same breath: when they are ready, when they are not, and when the platform asks three times."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from bot.app import App, build
from bot.content import CONTENT
from bot.language_model import Opinion
from bot.settings import Settings
from bot.web.server import application
from domain.clock import SystemClock, monotonic
from models.base import Database
from models.inbox import Inbox
from models.outbox import Outbox
from models.people import Contact
from tests.cast import CHEN, World, office
from tests.channels.wechat_stage import settled
from tests.telegram_server.loopback import Loopback
from tests.wechat_server.callbacks import Person
from tests.wechat_server.server import WechatServer
from understanding.reader import Reader

UNSURE = "那边说的那个算不算"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load(CONTENT)


@dataclass
class Slow:
    """A language model that takes its time."""

    seconds: float
    asked: int = 0

    async def choose(self, redacted: str) -> Opinion:
        self.asked += 1
        await asyncio.sleep(self.seconds)
        return Opinion(None, "no_label", round(self.seconds * 1000))


@pytest.fixture
def settings(wechat_server: WechatServer) -> Settings:
    return Settings.model_validate(
        {"organisation": {"name": "翠湖物业"}, "wechat": wechat_server.settings(wechat_server.url)}
    )


@pytest.fixture
async def wang(sqlite: Database, wechat_server: WechatServer) -> Person:
    """A bound resident who follows the account."""
    person = wechat_server.person()
    person.follower.following = True
    world = World(sqlite, office(), SystemClock().now())
    account_id = await world.account(CHEN)
    await world.bound(account_id, "wechat", person.openid)
    await world.bill(account_id, world.today + timedelta(days=90), 24_000)  # the timetable says nothing of it yet
    return person


@asynccontextmanager
async def running(settings: Settings, database: Database, reader: Reader, server: WechatServer) -> AsyncIterator[App]:
    app = await build(settings, database, reader=reader)
    routes = [route for name, each in app.channels.items() for route in each.routes(app.inbound.store_for(name))]
    async with app.running(), Loopback(application(app, routes)) as door:
        server.callbacks.url = f"{door.url}/wechat/callback"
        yield app


def slowed(app: App, seconds: float) -> Slow:
    model = Slow(seconds)
    app.dispatcher._language_model = model  # type: ignore[assignment]
    return model


async def test_an_answer_goes_back_in_the_same_breath(
    settings: Settings, sqlite: Database, reader: Reader, wechat_server: WechatServer, wang: Person
) -> None:
    async with running(settings, sqlite, reader, wechat_server):
        for number in range(1, 9):
            wang.say("我家这个月物业费多少钱")
            answer = await wechat_server.wait_for(wang, number)
            assert answer.kind == "reply"
            assert "240.00" in answer.text
    assert wechat_server.accepted("message/custom/send") == []
    assert wang.follower.broken == 0


async def test_two_seconds_are_still_in_time(
    settings: Settings, sqlite: Database, reader: Reader, wechat_server: WechatServer, wang: Person
) -> None:
    async with running(settings, sqlite, reader, wechat_server) as app:
        slowed(app, 2.0)
        wang.say(UNSURE)
        assert (await wechat_server.wait_for(wang, 1)).kind == "reply"
    assert len(wechat_server.callbacks.tries) == 1


async def test_a_slow_answer_comes_as_a_message_and_its_handler_runs_once(
    settings: Settings, sqlite: Database, reader: Reader, wechat_server: WechatServer, wang: Person
) -> None:
    async with running(settings, sqlite, reader, wechat_server) as app:
        model = slowed(app, 6.0)
        wang.say(UNSURE)
        assert (await wechat_server.wait_for(wang, 1)).kind == "customer"
        await settled(wechat_server)
    assert model.asked == 1
    assert [told.status for told in wechat_server.callbacks.tries] == [200]
    assert [told.body for told in wechat_server.callbacks.tries] == [b""]
    assert len(wang.got) == 1
    assert wang.follower.broken == 0


async def test_a_slow_handler_is_acknowledged_within_a_second(
    settings: Settings, sqlite: Database, reader: Reader, wechat_server: WechatServer, wang: Person
) -> None:
    """The status goes out while the answer is still being thought about."""
    async with running(settings, sqlite, reader, wechat_server) as app:
        slowed(app, 10.0)
        xml = wechat_server.callbacks.xml(wang.follower, {"MsgType": "text", "Content": UNSURE, "MsgId": 7})
        query, body = wechat_server.callbacks.request(xml)
        began = monotonic()
        http = wechat_server.callbacks._http
        async with http.stream("POST", wechat_server.callbacks.url, params=query, content=body) as answer:
            acknowledged = monotonic() - began
            assert answer.status_code == 200
            assert await answer.aread() == b""
        done = monotonic() - began
    assert acknowledged < 1.0
    assert done < 5.0


async def test_bodies_that_never_end_are_given_up_and_keep_nobody_waiting(
    settings: Settings, sqlite: Database, reader: Reader, wechat_server: WechatServer, wang: Person
) -> None:
    """Slow loris: a head, a few bytes, and then nothing more."""
    async with running(settings, sqlite, reader, wechat_server):
        host, port = str(urlsplit(wechat_server.callbacks.url).hostname), urlsplit(wechat_server.callbacks.url).port
        at = int(SystemClock().now().timestamp())

        async def drip() -> bytes:
            coming, going = await asyncio.open_connection(host, port)
            head = (
                f"POST /wechat/callback?timestamp={at}&nonce=n HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nxxx"
            )
            going.write(head.encode())
            told = await coming.readline()
            going.close()
            return told

        dripping = [asyncio.create_task(drip()) for _ in range(20)]
        await asyncio.sleep(0.5)
        wang.say("我家这个月物业费多少钱")
        assert "240.00" in (await wechat_server.wait_for(wang, 1)).text
        assert {told.split()[1] for told in await asyncio.gather(*dripping)} == {b"408"}
    async with sqlite.read() as session:
        assert len((await session.scalars(select(Inbox))).all()) == 1


async def test_three_deliveries_are_handled_once_and_answered_alike(
    settings: Settings, sqlite: Database, reader: Reader, wechat_server: WechatServer, wang: Person
) -> None:
    async with running(settings, sqlite, reader, wechat_server):
        fields = {"MsgType": "text", "Content": "我家这个月物业费多少钱", "MsgId": 4711}
        xml = wechat_server.callbacks.xml(wang.follower, fields)
        for number in (1, 2, 3):
            wechat_server.callbacks.tell_xml(wang.follower, xml)
            await wechat_server.wait_for(wang, number)
        event = wechat_server.callbacks.xml(wang.follower, {"MsgType": "event", "Event": "CLICK", "EventKey": "bill"})
        for number in (4, 5, 6):
            wechat_server.callbacks.tell_xml(wang.follower, event)
            await wechat_server.wait_for(wang, number)
    texts = [message.text for message in wang.got]
    assert len(set(texts[:3])) == 1
    assert len(set(texts[3:])) == 1
    async with sqlite.read() as session:
        stored = [row.external_id for row in await session.scalars(select(Inbox).order_by(Inbox.id))]
        assert (stored[0], len(stored)) == ("4711", 2)
        assert {row.state for row in await session.scalars(select(Outbox))} == {"sent"}


async def test_who_waited_too_long_for_the_first_answer_gets_it_from_the_second_call(
    settings: Settings, sqlite: Database, reader: Reader, wechat_server: WechatServer, wang: Person
) -> None:
    """The platform gave up before the answer was there, and asks again."""
    wechat_server.callbacks.patience_seconds = 1.5
    async with running(settings, sqlite, reader, wechat_server) as app:
        model = slowed(app, 2.0)
        wang.say(UNSURE)
        answer = await wechat_server.wait_for(wang, 1)
        await settled(wechat_server)
    assert answer.kind in ("reply", "customer")
    assert model.asked == 1
    assert [told.status for told in wechat_server.callbacks.tries] == [0, 200]
    assert {message.text for message in wang.got} == {answer.text}


async def test_following_leaving_and_returning_are_known(
    settings: Settings, sqlite: Database, reader: Reader, wechat_server: WechatServer, wang: Person
) -> None:
    async with running(settings, sqlite, reader, wechat_server):
        stranger = wechat_server.person()
        stranger.follow()
        assert (await wechat_server.wait_for(stranger, 1)).kind == "reply"
        states = []
        for act in (wang.unfollow, wang.follow):
            act()
            await settled(wechat_server)
            await asyncio.sleep(0.2)
            async with sqlite.read() as session:
                states.append(await session.scalar(select(Contact.state).where(Contact.user == wang.openid)))
    assert states == ["blocked", "ok"]


async def test_many_calls_at_once_are_quick(
    settings: Settings, sqlite: Database, reader: Reader, wechat_server: WechatServer, wang: Person
) -> None:
    people = [wechat_server.person() for _ in range(40)]
    async with running(settings, sqlite, reader, wechat_server):
        for person in people:
            person.follower.following = True
            person.say("你好")
            await asyncio.sleep(0.02)
        for person in people:
            assert (await wechat_server.wait_for(person, 1)).kind == "reply"
    seconds = sorted(told.seconds for told in wechat_server.callbacks.tries)
    assert len(seconds) == len(people)
    assert statistics.median(seconds) < 2.0
