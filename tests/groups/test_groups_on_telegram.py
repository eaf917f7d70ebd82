"""Groups and broadcasts over the real Telegram channel, on a Telegram of our own."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from bot.app import App, build
from bot.channels.telegram import TelegramChannel
from bot.settings import Settings, Telegram
from domain.clock import ManualClock
from domain.ledger import EntryKind
from models import people
from models.accounts import Account, Community
from models.base import Database
from models.bills import Bill, LedgerEntry, transfer
from models.dialogue import Group
from models.outbox import Outbox
from models.people import Contact, Person
from models.runtime import Broadcast
from models.staff import Staff
from tests.handlers.staff.world import ZONE, plain
from tests.telegram_server.people import Group as TelegramGroup
from tests.telegram_server.people import Person as Somebody
from tests.telegram_server.server import TelegramServer
from understanding.reader import Reader

HOUSEHOLDS = 25


@dataclass
class Office:
    """A running office whose only channel is Telegram; `settle` hands everything over and delivers."""

    server: TelegramServer
    app: App
    clock: ManualClock
    boss: Somebody
    residents: list[Somebody]

    async def settle(self) -> None:
        """Until nothing new comes in and nothing is left to send; a minute after the last time."""
        self.clock.advance(timedelta(seconds=61))
        expected, arrived = len(self.server.updates.pending), asyncio.Event()
        store_it = self.app.inbound.store_for("telegram")

        async def store(external_id: str, payload: str) -> None:
            nonlocal expected
            await store_it(external_id, payload)
            expected -= 1
            if expected <= 0:
                arrived.set()

        if expected:
            receiving = asyncio.create_task(self.app.channels["telegram"].receive(store))
            await asyncio.wait_for(arrived.wait(), 30)
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)
            self.server.updates.pending.clear()
        while await self.app.inbound.handle_waiting():
            pass
        await self.app.deliver()

    async def follow(self, seconds: float = 61) -> None:
        self.clock.advance(timedelta(seconds=seconds))
        await self.app.follow(self.clock.now())
        await self.app.deliver()

    async def press(self, person: Somebody, label: str) -> None:
        person.press(label)
        await self.settle()

    def told(self, place: Somebody | TelegramGroup) -> list[str]:
        """What stands in a chat now of what the bot wrote."""
        chat = place.private_chat if isinstance(place, Somebody) else place
        bot = self.server.bot["id"]
        return [plain(each["text"]) for each in chat.messages.values() if each["from"]["id"] == bot and "text" in each]

    async def rows(self) -> list[Outbox]:
        async with self.app.database.read() as session:
            return list(
                await session.scalars(select(Outbox).where(Outbox.broadcast_id.is_not(None)).order_by(Outbox.id))
            )

    async def group(self, place: TelegramGroup) -> Group | None:
        async with self.app.database.read() as session:
            return (await session.scalars(select(Group).where(Group.chat == str(place.id)))).one_or_none()


@pytest.fixture
async def office(sqlite_template: Path, tmp_path: Path, reader: Reader) -> AsyncIterator[Office]:
    shutil.copy(sqlite_template, tmp_path / "nuanling.db")
    database = Database(f"sqlite:///{tmp_path / 'nuanling.db'}")
    clock = ManualClock(datetime(2026, 11, 23, 10, 0, tzinfo=ZONE))
    async with TelegramServer(privacy=False) as server:
        settings = Telegram(
            enabled=True, token=server.token, base_url=server.base_url, base_file_url=server.base_file_url
        )
        channel = TelegramChannel(settings, clock)
        whole = Settings.model_validate({"organisation": {"name": "翠湖物业", "hotline": "021-5555 0101"}})
        boss = server.user("周经理")
        residents = [server.user(f"住户{number}") for number in range(HOUSEHOLDS)]
        await _estate(database, clock, boss, residents)
        app = await build(whole, database, clock, {"telegram": channel}, reader)
        assert await app.open(channel)
        office = Office(server, app, clock, boss, residents)
        for person in (boss, *residents):
            person.start()
        await office.settle()
        yield office
        await channel.stop()
        await database.close()


async def _estate(database: Database, clock: ManualClock, boss: Somebody, residents: list[Somebody]) -> None:
    """One estate, a bill due today in each home, its owner bound."""
    now = clock.now()
    async with database.write() as session:
        estate = Community(name="翠湖苑", kind="property", pause_reason="")
        session.add(estate)
        await session.flush()
        session.add(Staff(channel="telegram", user=str(boss.id), chat=str(boss.id), name="周经理", role="admin"))
        for number, resident in enumerate(residents):
            account = Account(
                code=f"1-{101 + number}", community_id=estate.id, kind="property", building="1栋", address=f"{101 + number}",
                payer_name="王小明", created_at=now, updated_at=now,
            )  # fmt: skip
            person = Person(name="王小明", language="zh", created_at=now)
            session.add_all([account, person])
            await session.flush()
            session.add(Contact(person_id=person.id, channel="telegram", user=str(resident.id), chat=str(resident.id)))
            await people.bind(session, account.id, person.id, "owner", now)
            bill = Bill(
                account_id=account.id, item="物业费", period="2026-11", due_on=date(2026, 11, 23), issued_at=now
            )
            session.add(bill)
            await session.flush()
            charge = transfer(EntryKind.CHARGE, account.id, 28640, date(2026, 11, 1), now, bill_id=bill.id)
            await session.execute(insert(LedgerEntry), [charge])


async def linked(office: Office) -> TelegramGroup:
    group = office.server.group("翠湖苑业主群", [office.boss, *office.residents[:5]])
    await office.settle()
    await office.press(office.boss, "住户群 · 翠湖苑")
    return group


async def test_the_bot_joins_is_linked_and_greets_once(office: Office) -> None:
    group = await linked(office)
    [hello] = office.told(group)
    assert "请私聊我" in hello
    group.promote_bot()
    group.demote_bot()
    await office.settle()
    assert office.told(group) == [hello]


async def test_bait_mention_reply_and_small_talk(office: Office) -> None:
    group = await linked(office)
    wang, li = office.residents[0], office.server.user("路人")
    group.add(li)
    name = office.server.bot["username"]
    li.say("1-103 欠多少?", chat=group)
    wang.say("1-103 欠多少?", chat=group)
    wang.say("今天天气真好", chat=group)
    await office.settle()
    assert len(office.told(group)) == 1
    wang.say(f"@{name} 1-103 欠多少?", chat=group)
    await office.settle()
    assert "别人家的账单" in office.told(wang)[-1]
    li.say(f"@{name} 1-103 欠多少?", chat=group)
    wang.say(f"@{name} 你好", chat=group)
    await office.settle()
    hello_id = next(iter(group.from_bot))["message_id"]
    wang.say("我家物业费多少钱", chat=group, reply_to=hello_id)
    await office.settle()
    assert "286.40" in office.told(wang)[-1]
    said = "\n".join(office.told(group))
    assert not any(secret in said for secret in ("286", "1-10", "王", "小明"))


async def test_a_flood_never_reaches_the_platforms_limit(office: Office) -> None:
    """Every resident asks four times within a moment: Telegram allows 20 messages a minute in a group."""
    group = await linked(office)
    for person in office.residents[5:]:
        group.add(person)
    before = len(office.server.calls)
    for _ in range(4):
        for person in office.residents:
            person.say(f"@{office.server.bot['username']} 我家物业费多少钱", chat=group)
    await office.settle()
    calls = office.server.calls[before:]
    assert sum(call.chat == group.id for call in calls if call.method == "sendMessage") <= 10
    assert [call.status for call in calls if call.status == 429] == []


async def test_silenced_and_back_removed_and_renamed(office: Office) -> None:
    group = await linked(office)
    office.server.bot_member_changed(group, office.boss.as_json(), "restricted")
    await office.settle()
    found = await office.group(group)
    assert found is not None
    assert found.state == "silent"
    assert "禁言" in office.told(office.boss)[-1]
    group.demote_bot()
    await office.settle()
    found = await office.group(group)
    assert found is not None
    assert found.state == "ok"
    assert "又可以发言了" in office.told(office.boss)[-1]
    group.title = "翠湖苑邻里群"
    office.server.post(group, office.boss.as_json(), {"new_chat_title": group.title})
    await office.settle()
    assert "改名" not in "\n".join(office.told(group))
    group.kick_bot()
    await office.settle()
    found = await office.group(group)
    assert found is not None
    assert (found.title, found.state) == ("翠湖苑邻里群", "removed")
    assert "移出了群「翠湖苑邻里群」" in office.told(office.boss)[-1]


async def test_an_announcement_follows_the_group_that_became_a_supergroup(office: Office) -> None:
    """The notice of the move is lost; the platform's refusal tells the new address."""
    group = await linked(office)
    moved = group.migrate()
    office.server.updates.pending.clear()
    await office.app.tick(office.clock.now(), only="announce", on_demand=True)
    office.clock.advance(timedelta(hours=2))
    await office.app.deliver()
    [post] = office.told(moved)
    assert "物业费今天到期" in post
    found = await office.group(moved)
    assert found is not None
    assert found.state == "ok"


async def test_a_broadcast_is_sent_shown_and_taken_back(office: Office) -> None:
    office.boss.say("/broadcast 翠湖苑 全部 通知 周六上午电梯年检。")
    await office.settle()
    await office.press(office.boss, "确认发送")
    await office.press(office.boss, "确定，发送")
    await office.follow()
    assert "完成:发出 25,失败 0" in office.told(office.boss)[-1]
    edits = [call for call in office.server.calls if call.method == "editMessageText" and call.chat == office.boss.id]
    assert edits
    assert "电梯年检" in office.told(office.residents[0])[-1]
    rows = await office.rows()
    old = office.residents[1].private_chat.messages[int(rows[1].message_id)]
    old["date"] -= 49 * 3600
    office.residents[2].block()
    await office.settle()
    office.server.faults.add("server_error", method="deleteMessage", times=1)
    await office.press(office.boss, "撤回")
    await office.press(office.boss, "确定撤回")
    for _ in range(5):
        await office.follow()
    told = office.told(office.boss)[-1]
    assert "已撤回 23 条" in told
    assert "1 条撤不回:平台不允许" in told
    assert "1 条撤不回:对方拉黑了机器人" in told
    assert all("电梯年检" not in "\n".join(office.told(each)) for each in (office.residents[0], *office.residents[3:]))


async def test_with_thirty_percent_of_faults_every_row_ends_and_nobody_reads_it_twice(office: Office) -> None:
    office.boss.say("/broadcast 翠湖苑 全部 通知 周六上午电梯年检。")
    await office.settle()
    await office.press(office.boss, "确认发送")
    for kind in ("server_error", "reset_before", "reset_after", "garbage", "empty"):
        office.server.faults.add(kind, method="sendMessage", probability=0.08)
    await office.press(office.boss, "确定，发送")
    for _ in range(12):
        await office.follow(120)
    office.server.faults.clear()
    await office.follow()
    rows = await office.rows()
    assert len(rows) == HOUSEHOLDS
    assert {row.state for row in rows} <= {"sent", "unknown", "dead"}
    copies = [sum("电梯年检" in text for text in office.told(person)) for person in office.residents]
    assert max(copies) == 1
    async with office.app.database.read() as session:
        assert list(await session.scalars(select(Broadcast.state))) == ["done"]
