"""Everything on one household, and nothing on another."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

from models.agreements import Claim, Complaint, Plan, PlanPart
from models.inbox import Inbox
from models.people import Binding, Contact, Person
from tests.commands.cli import Cli, waiting_reminder

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TABLES = (
    "account members bills ledger payments reminders waits promises plans plan_parts claims disputes complaints tasks "
    "conversation holds offers invites reminder_bills notes audit points late_fee_waivers mandate surveys honour_list sms calls "
    "visits details meter_readings documents sent_files"
).split()


def heard(number: int, text: str, **values: object) -> Inbox:
    row = {"channel": "sandbox", "external_id": str(number), "payload": "{raw}", "received_at": NOW, "text": text}
    return Inbox(**{**row, "state": "done", "chat": "u1", "user": "u1", **values})


def test_everything_on_one_household(estate: Cli) -> None:
    bills = (
        "account_code,item,period,amount_yuan,due_on\nS-1,物业费,2026,100,2026-11-30\nS-2,物业费,2026,99,2026-11-30\n"
    )
    estate("import", "bills", str(estate.file("b.csv", bills)))
    payments = (
        "account_code,amount_yuan,paid_on,method,reference\nS-1,40,2026-11-20,bank,R1\nS-2,40,2026-11-20,bank,R2\n"
    )
    estate("import", "payments", str(estate.file("p.csv", payments)))
    one, two = (row[0] for row in estate.rows("select id from accounts order by code limit 2"))
    estate.add(
        Person(id=1, name="王建国", created_at=NOW),
        Contact(person_id=1, channel="sandbox", user="u1", chat="u1"),
        Binding(account_id=one, person_id=1, role="owner", payer=True, bound_at=NOW),
        heard(1, "欠多少？", account_id=one, person_id=1),
        heard(2, "你好", person_id=1),
        heard(3, "另一户的话", account_id=two, person_id=1),
        waiting_reminder(1, one, NOW + timedelta(seconds=1), person_id=1, text="=共100元"),
        waiting_reminder(2, two, NOW, text="另一户的提醒"),
        Claim(account_id=one, text="我交了", created_at=NOW),
        Complaint(account_id=two, text="电梯坏了", created_at=NOW),
        Plan(id=1, account_id=one, total_fen=6000, created_at=NOW),
        PlanPart(plan_id=1, number=1, due_on=NOW.date(), amount_fen=6000),
    )
    result = estate("export", "account", "S-1", "--out", "s1.zip")
    assert (result.code, result.out) == (0, "s1.zip: everything on S-1\n")
    assert (estate.folder / "s1.zip").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(estate.folder / "s1.zip") as archive:
        assert sorted(archive.namelist()) == sorted(["account.json", *(f"{name}.csv" for name in TABLES)])
        whole = json.loads(archive.read("account.json"))
        talk = list(csv.DictReader(io.StringIO(archive.read("conversation.csv").decode("utf-8-sig"))))
        everything = "".join(archive.read(name).decode() for name in archive.namelist())
    tables = whole["tables"]
    assert (whole["account"], tables["account"][0]["payer_name"], tables["account"][0]["community"]) == (
        "S-1",
        "王建国",
        "阳光花园",
    )
    assert [(bill["billed_fen"], bill["received_fen"], bill["open_fen"]) for bill in tables["bills"]] == [
        (10000, 4000, 6000)
    ]
    assert [entry["kind"] for entry in tables["ledger"]] == ["charge", "payment", "allocation"]
    assert [(line["direction"], line["text"]) for line in talk] == [
        ("in", "欠多少？"),
        ("in", "你好"),
        ("out", "'=共100元"),
    ]
    assert tables["conversation"][0]["at"] == "2026-11-23T10:00:00+08:00"
    assert (len(tables["claims"]), len(tables["plan_parts"]), len(tables["payments"])) == (1, 1, 1)
    for foreign in ("另一户", "电梯坏了", "李秀英", "{raw}"):
        assert foreign not in everything
    assert estate.rows("select action, subject from audit_log") == [("export", f"account/{one}")]
    assert "there is no account 'S-9'" in estate("export", "account", "S-9", "--out", "x.zip").err
