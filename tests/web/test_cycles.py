"""The whole cycle of each world, step by step through the page's requests: what each step must leave in rows, chats and papers."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.sandbox_platform import BOT
from models.accounts import Account, by_code
from models.agreements import Offer, Promise
from models.calls import Call
from models.cases import CaseFile
from models.invariants import findings
from models.letters import Delivery, Letter
from models.outbox import Outbox
from models.reminders import OfferStep, Reminder
from models.renewals import StageSummary
from models.runtime import JobRun
from models.staff import Staff, StaffTask
from models.visits import Visit
from tests.served_demo import ServedDemo, served

STEP_SECONDS = 180  # weeks pass in some steps
NINE_TO_EIGHT = range(9, 20)


class Walk:
    """A cycle under way in a served demo."""

    def __init__(self, demo: ServedDemo) -> None:
        self.demo = demo
        self.steps: list[dict[str, str]] = []

    async def act(self, action: str) -> dict[str, Any]:
        answer = await self.demo.client.post("/sandbox/api/cycle", json={"action": action}, timeout=STEP_SECONDS)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def step(self, number: int) -> None:
        assert (await self.act("next"))["played"] == number

    async def rows(self, table: Any, code: str = "") -> list[Any]:
        """A table's rows by id, of one household where a code is given."""
        async with self.demo.demo.app.database.read() as session:
            query = select(table).order_by(table.id)
            if code:
                account = await by_code(session, code)
                assert account is not None
                query = query.where(table.account_id == account.id)
            return list(await session.scalars(query))

    async def the(self, table: Any, code: str = "") -> Any:
        """The newest row."""
        return (await self.rows(table, code))[-1]

    def heard(self, chat: str) -> str:
        return self.demo.said_by_bot(chat)[-1]

    async def file(self, name: str, suffix: str) -> tuple[str, bytes]:
        """The newest file in a colleague's chat, fetched as the page's link fetches it."""
        chat = self.demo.person(name).id
        lines = (await self.demo.get(f"/chats/{chat}"))["lines"]
        line = next(
            line for line in reversed(lines) if line["attachment"] and line["attachment"]["name"].endswith(suffix)
        )
        assert line["attachment"]["saved"]
        assert line["attachment"]["path"] == ""  # where it lies on the machine is not told
        answer = await self.demo.client.get(f"/sandbox/api/chats/{chat}/{line['id']}/file")
        assert answer.status_code == 200
        return line["attachment"]["name"], answer.content

    async def is_sound(self) -> None:
        """The books balance, no job failed, and nobody was written to at night."""
        zone = self.demo.demo.app.office.zone
        assert await findings(self.demo.demo.app.database) == []
        async with self.demo.demo.app.database.read() as session:
            assert list(await session.execute(select(JobRun.job, JobRun.error).where(JobRun.error != ""))) == []
        sent = [row for row in await self.rows(Outbox) if row.kind in ("reminder", "offer") and row.state == "sent"]
        assert sent
        assert {row.sent_at.astimezone(zone).hour for row in sent} <= set(NINE_TO_EIGHT)


@asynccontextmanager
async def walking(directory: Path, scenario: str) -> AsyncIterator[Walk]:
    async with served(directory, scenario) as demo:
        walk = Walk(demo)
        begun = await walk.act("begin")
        assert begun["played"] == 0
        walk.steps = begun["steps"]
        assert not demo.demo.clock.running  # between two steps the clock stands
        yield walk


async def test_the_property_cycle_from_the_announcement_to_the_case_file(tmp_path: Path) -> None:
    keeps, breaks = "GH-3-0801", "GH-1-0401"
    async with walking(tmp_path, "clean-month") as walk:
        demo = walk.demo
        feng, dong = demo.person("冯雪").id, demo.person("董强").id

        await walk.step(1)  # one notice in the group, without a household in it
        notice = next(row for row in await walk.rows(Outbox) if row.chat == "-101" and row.kind == "announcement")
        assert (notice.stage, notice.state) == ("due_day", "sent")
        assert not [secret for secret in ("冯", "董", "801", "401", "370.60") if secret in notice.text]

        await walk.step(2)  # one reminder
        assert (await walk.the(Reminder, keeps)).stage == "gentle"
        told = [row.stage for row in await walk.rows(Outbox, keeps) if row.kind == "reminder" and row.state == "sent"]
        assert told == ["soon", "gentle"]
        assert "370.60 元" in walk.heard(feng)

        await walk.step(3)  # the question is answered from the ledger
        assert "89.50 m² × 2.80 = 250.60 元" in walk.heard(feng)

        await walk.step(4)
        promise = await walk.the(Promise, keeps)
        assert (promise.due_on.isoformat(), promise.state) == ("2026-11-25", "open")
        await walk.step(5)
        assert ((await walk.the(Promise, breaks)).due_on.isoformat()) == "2026-11-26"

        await walk.step(6)  # kept: thanked at once, nothing open
        assert (await walk.the(Promise, keeps)).state == "kept"
        assert {bill["open_fen"] for bill in (await demo.get(f"/households/{keeps}"))["bills"]} == {0}
        assert (await walk.the(Outbox, keeps)).kind == "receipt"
        assert "全部缴清" in walk.heard(feng)

        await walk.step(7)  # broken: a task for a person
        assert (await walk.the(Promise, breaks)).state == "broken"
        task = await walk.the(StaffTask, breaks)
        assert (task.kind, task.state) == ("promise", "open")

        await walk.step(8)  # the call, its outcome, what follows from it
        call = await walk.the(Call, breaks)
        assert call.outcome == "promised"
        assert (await walk.the(StaffTask, breaks)).state == "done"
        promise = await walk.the(Promise, breaks)
        assert (promise.due_on.isoformat(), promise.state) == ("2026-11-30", "open")
        assert "11月30日" in walk.heard(dong)

        await walk.step(9)
        assert [each.state for each in await walk.rows(Promise, breaks)] == ["broken", "broken"]
        assert (await walk.the(Visit, breaks)).state == "offered"

        await walk.step(10)  # the hour they chose, told again the day before, without a sum
        visit = await walk.the(Visit, breaks)
        assert (visit.state, visit.agreed_by) == ("booked", "resident")
        assert visit.starts_at.isoformat() == "2026-12-03T06:00:00+00:00"
        assert "12月3日（周四） 14:00" in walk.heard(dong)
        assert "元" not in walk.heard(dong)

        await walk.step(11)
        visit = await walk.the(Visit, breaks)
        assert (visit.state, visit.result) == ("done", "refused")
        assert [task.state for task in await walk.rows(StaffTask, breaks) if task.kind == "letter"] == ["open"]

        await walk.step(12)  # no number without a second person
        letter = await walk.the(Letter, breaks)
        assert (letter.state, letter.number) == ("asked", None)
        await walk.step(13)
        letter = await walk.the(Letter, breaks)
        assert (letter.state, letter.year, letter.number) == ("delivered", 2026, 1)
        assert (await walk.the(Delivery)).detail == "董强本人签收"
        name, pdf = await walk.file("周敏", ".pdf")
        assert name.startswith("催〔2026〕第0001号")
        assert pdf[:5] == b"%PDF-"

        await walk.step(14)
        case = await walk.the(CaseFile, breaks)
        assert (case.state, case.approver_id, case.purpose) == ("asked", None, "请法务看看下一步")
        await walk.step(15)  # agreed to by the other manager, made, fetched, its checksums hold
        case = await walk.the(CaseFile, breaks)
        names = {member.id: (member.name, member.role) for member in await walk.rows(Staff)}
        assert names[case.staff_id] == ("陈立", "manager")
        assert names[case.approver_id] == ("方圆", "manager")
        name, body = await walk.file("陈立", ".zip")
        assert name == f"案卷-{breaks}-0001.zip"
        assert case.sha256 == hashlib.sha256(body).hexdigest()
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            manifest = json.loads(packed.read("manifest.json"))
            assert {"case.pdf", "messages.csv", "tables.json", "letters/letter-2026-0001.pdf"} <= set(packed.namelist())
            for each, told in manifest["files"].items():
                assert told["sha256"] == hashlib.sha256(packed.read(each)).hexdigest()
            assert "周四发工资" in packed.read("messages.csv").decode("utf-8-sig")

        november = [row for row in await walk.rows(Outbox, breaks) if row.kind == "reminder" and "12月" not in row.text]
        assert [row.stage for row in november] == ["soon"]  # what followed was agreed with him, or a person's
        assert "卷宗" not in "".join(demo.said_by_bot(dong))
        assert "案卷" not in "".join(demo.said_by_bot(dong))
        await walk.is_sound()
        over = await demo.client.post("/sandbox/api/cycle", json={"action": "next"})
        assert (over.status_code, over.json()) == (409, {"error": "这一圈已经走完了。"})
        assert (await walk.act("leave"))["played"] is None
        assert demo.demo.clock.running


async def test_the_school_cycle_from_the_summary_to_the_results(tmp_path: Path) -> None:
    loyal, silent, likely, declines, considers, leaving = "CG-001", "CG-002", "CG-003", "CG-004", "CG-005", "CG-011"
    async with walking(tmp_path, "renewal") as walk:
        demo = walk.demo
        parent = {code: demo.person(name).id for code, name in
                  ((loyal, "许静"), (likely, "唐丽"), (considers, "韩伟"), (leaving, "潘洋"), (declines, "曹敏"))}  # fmt: skip
        tiers = {account.code: account.tier for account in await walk.rows(Account)}
        assert [tiers[code] for code in (loyal, silent, likely, declines, considers, leaving)] == list("AABBCD")

        await walk.step(1)
        summary = await walk.the(StageSummary, loyal)
        assert (summary.wish, summary.quotable) == ("wants", True)

        await walk.step(2)  # the class's own group, and no family in it
        notices = [row for row in await walk.rows(Outbox) if row.kind == "announcement" and row.chat == "-201"]
        assert [(row.stage, row.state) for row in notices] == [("opening", "sent")]
        assert not [secret for secret in ("许", "团团", "1,680", "CG-") if secret in notices[0].text]

        await walk.step(3)  # A: one message with the teacher's words; a tap, and nobody calls
        [message] = [row for row in await walk.rows(Outbox, loyal) if row.kind == "offer"]
        assert summary.text in message.text
        assert (await walk.the(Offer, loyal)).acknowledged_at is not None
        assert [row for row in await walk.rows(Outbox, likely) if row.kind == "offer"] == []

        await walk.step(4)  # C: a call first; the script stood before the teacher
        assert (await walk.the(OfferStep, considers)).stage == "open_call"
        assert (await walk.the(Call, considers)).outcome == "considers"
        offer = await walk.the(Offer, considers)
        assert (offer.state, offer.next_on.isoformat()) == ("considering", "2026-12-01")

        await walk.step(5)  # B: called the day after; the yes is a bill, and told
        assert (await walk.the(OfferStep, likely)).stage == "likely_call"
        assert (await walk.the(Call, likely)).outcome == "renews"
        offer = await walk.the(Offer, likely)
        assert offer.state == "yes"
        assert offer.bill_id is not None
        assert "1,680.00 元" in walk.heard(parent[likely])
        assert "全额退" in walk.heard(parent[likely])

        await walk.step(6)  # D: one open door
        assert [row.stage for row in await walk.rows(Outbox, leaving)] == ["open_door"]
        assert await walk.rows(StaffTask, leaving) == []

        await walk.step(7)  # the silent one of tier A got her call
        assert [each.stage for each in await walk.rows(OfferStep, silent)] == ["loyal", "loyal_call"]
        assert (await walk.the(Call, silent)).outcome == "renews"
        assert [each.stage for each in await walk.rows(OfferStep, loyal)] == ["loyal"]

        await walk.step(8)  # no, with a reason, and not again
        offer = await walk.the(Offer, declines)
        assert (offer.state, offer.reason, offer.no_more) == ("no", "price", True)

        await walk.step(9)  # on the day they named: a call, a yes, money, thanks
        tasks = [task for task in await walk.rows(StaffTask, considers) if task.kind == "renewal"]
        assert {task.state for task in tasks} == {"done"}
        assert "2026-12-01" in {task.due_at.date().isoformat() for task in tasks}
        assert [each.outcome for each in await walk.rows(Call, considers)] == ["considers", "renews"]
        assert (await walk.the(Offer, considers)).state == "yes"
        assert "收到 少儿编程 周六班 的 1,680.00 元" in walk.heard(parent[considers])
        facts = await demo.get(f"/households/{considers}")
        assert (facts["offer"]["state"], {bill["open_fen"] for bill in facts["bills"]}) == ("yes", {0})

        await walk.step(10)  # one word before it closes, for who has not answered
        assert [each.stage for each in await walk.rows(OfferStep, loyal)] == ["loyal", "closing"]
        assert (await walk.the(Offer, loyal)).state == "yes"
        told = [row.stage for row in await walk.rows(Outbox, declines) if row.kind == "offer"]
        assert told == []  # who said "not again" hears nothing

        await walk.step(11)  # the table says what the rows say
        classes = {each["class"]: each for each in (await demo.get("/board"))["renewals"]}
        coding = classes["少儿编程 周六班"]
        mine = [offer for offer in await walk.rows(Offer) if offer.class_name == "少儿编程 周六班"]
        assert coding["offered"] == len(mine) == 12
        assert coding["answers"]["yes"] == sum(offer.state == "yes" for offer in mine) == 4
        assert coding["paid"] == 3
        assert coding["reasons"] == {"price": 1}
        assert sum(coding["tiers"].values()) == 12
        said = walk.heard(demo.person("秦校长").id)
        assert said.startswith("续班情况 · 到12月16日（周三）为止\n列出正在开放的班，和近 60 天里截止的班：")
        assert "邀约 12，续 4（已缴 3，5,040.00 元）" in said
        assert "费用 1" in said
        assert "许" not in said

        await walk.step(12)
        name, sheet = await walk.file("秦校长", ".xlsx")
        assert name.endswith(".xlsx")
        with zipfile.ZipFile(io.BytesIO(sheet)) as packed:
            cells = packed.read("xl/worksheets/sheet1.xml").decode()
        assert [code for code in tiers if code not in cells] == []
        await walk.is_sound()


async def test_a_halted_step_does_nothing_twice_when_it_goes_on(tmp_path: Path) -> None:
    async with walking(tmp_path, "clean-month") as walk:
        demo = walk.demo
        await walk.step(1)
        step = asyncio.create_task(walk.act("next"))
        while not demo.demo.moving:  # noqa: ASYNC110 (as the page does: ask)
            await asyncio.sleep(0.01)
        assert (await demo.post("/clock", action="stop"))["halting"]
        halted = await step
        assert (halted["played"], halted["halfway"]) == (1, True)
        assert demo.demo.clock.now().astimezone(demo.demo.app.office.zone).strftime("%m-%d %H:%M") == "11-21 00:00"
        await walk.step(2)
        assert not (await demo.get("/cycle"))["halfway"]
        told = [row.stage for row in await walk.rows(Outbox, "GH-3-0801") if row.kind == "reminder"]
        assert told == ["soon", "gentle"]
        await walk.is_sound()


async def test_worlds_are_left_and_found_again(tmp_path: Path) -> None:
    async with served(tmp_path) as demo:
        assert "370.60" in await demo.say("王慧", "账单")
        said = [line.text for line in demo.lines(demo.person("王慧").id)]
        await demo.post("/world", name="school")
        state = await demo.get("/state")
        assert (state["world"], state["scenario"], state["office"]) == ("school", "renewal", "晨光学堂")
        assert "王慧" not in {person["name"] for person in state["people"]}
        await demo.post("/cycle", action="begin")
        await demo.post("/cycle", action="next")
        await demo.post("/world", name="property")
        assert [line.text for line in demo.lines(demo.person("王慧").id)] == said
        assert (await demo.get("/cycle"))["played"] is None
        await demo.post("/world", name="school")
        assert (await demo.get("/cycle"))["played"] == 1
        assert not demo.demo.clock.running
        assert "想继续" in demo.said_by_bot("9101")[-2]
        refused = await demo.client.post("/sandbox/api/world", json={"name": "moon"})
        assert refused.status_code == 400
    async with served(tmp_path, "renewal") as again:  # and a restart goes on in the middle of the cycle
        assert (await again.get("/cycle"))["played"] == 1


async def test_who_joins_in_is_told_that_the_story_is_another_now(tmp_path: Path) -> None:
    """The visitor pressed Ms He's card themselves: the story's button is gone, nothing of the step is counted as done."""
    async with served(tmp_path, "renewal") as demo:
        early = await demo.client.post("/sandbox/api/cycle", json={"action": "next"})
        assert early.status_code == 409  # nothing was begun
        await demo.post("/cycle", action="begin")
        line = next(line for line in demo.lines("9101") if "少儿编程" in line.text)
        token = line.choices[0][0]["token"]
        await demo.post("/press", **{"as": "9101", "chat": "9101", "message": line.id, "token": token})
        await demo.demo.settle()
        astray = await demo.client.post("/sandbox/api/cycle", json={"action": "next"})
        assert astray.status_code == 409
        assert "走不下去" in astray.json()["error"]
        assert (await demo.get("/cycle"))["played"] == 0
        await demo.post("/cycle", action="leave")
        assert (await demo.get("/cycle"))["played"] is None


@pytest.mark.parametrize("path", ["/chats/9101/1/file", "/chats/9101/99999/file", "/chats/nobody/1/file"])
async def test_only_a_paper_of_the_bot_is_a_file(tmp_path: Path, path: str) -> None:
    async with served(tmp_path, "renewal") as demo:
        answer = await demo.client.get(f"/sandbox/api{path}")
        assert answer.status_code == 404
        sent = demo.demo.platform.say("1001", "1001", demo.demo.clock.now(), text="你好")
        assert sent.sender != BOT
        assert (await demo.client.get(f"/sandbox/api/chats/1001/{sent.id}/file")).status_code == 404
        assert (await demo.outside.get(f"/sandbox/api{path}")).status_code == 403
