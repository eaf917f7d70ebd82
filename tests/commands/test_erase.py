"""A household and a person are forgotten: nothing of them is left anywhere but the money, and nobody writes to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect

from domain.messages import Kind
from models import Base
from models.agreements import Claim, Complaint, Dispute, Promise
from models.dialogue import Button, Dialogue, Takeover
from models.documents import Document
from models.erasing import KEPT
from models.letters import Delivery, Letter
from models.notes import Note
from models.people import Binding, BindingRequest, Contact, Invite, Person
from models.staff import Staff, StaffTask
from tests.commands.cli import Cli, waiting_reminder
from tests.commands.test_export import heard

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
BILLS = "account_code,item,period,amount_yuan,due_on\nS-1,物业费,2026,100,2026-11-30\nS-2,物业费,2026,99,2026-11-30\n"
PAYMENTS = "account_code,amount_yuan,paid_on,method,reference\nS-1,40,2026-11-20,bank,R1\nS-2,40,2026-11-20,bank,R2\n"
SECRETS = ("王建国", "13800000001", "1201", "u1", "u9", "欠多少", "我交了", "漏水", "算错了", "王家", "备注", "小王")

KEPT_AS = {"file": "contract.pdf", "actor": "cli", "at": NOW}


def letter(account_id: int, bill: int) -> Letter:
    """A numbered letter, delivered."""
    return Letter(
        id=1, account_id=account_id, state="delivered", year=2026, number=1, words="w", total_fen=6000, bills=f"[[{bill}, 6000]]",
        written_on=NOW.date(), pay_by=NOW.date(), data="王建国", created_at=NOW, issued_at=NOW,
    )  # fmt: skip


@pytest.fixture
def lived_in(estate: Cli) -> Cli:
    """S-1 with an owner of its own and a member of S-2 too; words of every sort, a file, things under way."""
    estate("import", "bills", str(estate.file("b.csv", BILLS)))
    estate("import", "payments", str(estate.file("p.csv", PAYMENTS)))
    one, two = (row[0] for row in estate.rows("select id from accounts order by code limit 2"))
    bill = estate.rows("select id from bills where account_id = :one", one=one)[0][0]
    file = estate.file("王建国.pdf", b"x")
    attachment = f'{{"kind": "document", "file_id": "", "name": "王建国.pdf", "size_bytes": 1, "path": "{file}"}}'
    estate.add(
        Person(id=1, name="王建国", created_at=NOW),
        Person(id=2, name="李秀英", created_at=NOW),
        Contact(person_id=1, channel="sandbox", user="u1", chat="u1"),
        Contact(person_id=1, channel="telegram", user="u9", chat="u9"),
        Contact(person_id=2, channel="sandbox", user="u2", chat="u2"),
        Binding(account_id=one, person_id=1, role="owner", payer=True, bound_at=NOW),
        Binding(account_id=one, person_id=2, role="family", payer=False, bound_at=NOW),
        Binding(account_id=two, person_id=2, role="owner", payer=True, bound_at=NOW),
        Invite(account_id=one, role="owner", token_hash="h", created_at=NOW, expires_at=NOW),
        BindingRequest(channel="sandbox", user="u1", chat="u1", name="小王", text="我是王家的", created_at=NOW),
        heard(1, "欠多少？", account_id=one, person_id=1, chat="u1"),
        heard(2, "你好,我是小王", person_id=1, chat="u1"),
        heard(3, "另一户的话", account_id=two, person_id=2, chat="u2", user="u2"),
        waiting_reminder(1, one, NOW, person_id=1, text="王建国共100元", attachment=attachment),
        waiting_reminder(2, two, NOW, person_id=2, text="另一户的提醒", chat="u2"),
        waiting_reminder(3, one, NOW, text="王家的待办", chat="zhao", kind=Kind.STAFF_CARD, state="sent", sent_at=NOW),
        Claim(account_id=one, person_id=1, text="我交了", voucher='[{"file_id": "小王"}]', created_at=NOW),
        Complaint(account_id=one, person_id=1, text="漏水", created_at=NOW),
        Dispute(account_id=one, bill_id=bill, person_id=1, text="算错了", created_at=NOW),
        Promise(account_id=one, person_id=1, due_on=NOW.date(), amount_fen=6000, created_at=NOW),
        Staff(id=1, channel="sandbox", user="zhao", chat="zhao", name="赵", role="collector"),
        Note(account_id=one, staff_id=1, text="备注:常出差", at=NOW),
        letter(one, bill),
        Delivery(letter_id=1, means="handed", on_date=NOW.date(), detail="王家签收", staff_id=1, at=NOW),
        Document(
            account_id=one, kind="contract", title="王家合同", dated_on=NOW.date(), sha256="0", size_bytes=1, **KEPT_AS
        ),
        StaffTask(key="t", kind="call", account_id=one, summary="王家", created_at=NOW, due_at=NOW + timedelta(days=1)),
        Takeover(channel="sandbox", chat="u1", user="u1", account_id=one, asked_at=NOW),
        Dialogue(channel="sandbox", chat="u1", user="u1", memory='{"x": "小王"}', account_id=one, until=NOW),
        Button(token="b", channel="sandbox", chat="u1", user="u1", action="bill.show", outbox_id=1, expires_at=NOW),
    )
    return estate


def everything(cli: Cli) -> str:
    """Every cell of every table but the audit log, which keeps ids and no names."""
    names = [name for name in inspect(cli.engine).get_table_names() if name not in ("audit_log", "policy_texts")]
    return "\n".join(f"{name}: {row}" for name in names for row in cli.rows(f"select * from {name}"))


def test_nothing_of_the_household_is_left_but_its_money(lived_in: Cli) -> None:
    money = lived_in.rows("select * from ledger_entries order by id")
    shown = lived_in("erase", "account", "S-1", "--dry-run")
    assert shown.code == 0
    for said in (
        "goes: contacts 2",
        "goes: household_notes 1",
        "goes: files 3",  # what was sent, the contract, the letter
        "stays, without names, chats and words:",
    ):
        assert said in shown.out
    assert "60.00 yuan are still open" in shown.out
    assert "王建国" in everything(lived_in)
    done = lived_in("erase", "account", "S-1", "--yes")
    assert (done.code, done.last) == (0, "S-1: erased")
    left = everything(lived_in)
    for secret in SECRETS:
        assert secret not in left, secret
    for other in ("李秀英", "另一户的话", "另一户的提醒", "u2"):
        assert other in left
    assert not (lived_in.folder / "王建国.pdf").exists()
    assert lived_in.rows("select * from ledger_entries order by id") == money
    assert lived_in("db", "check").out == "ok\n"
    assert lived_in.rows("select action, subject from audit_log where action = 'erase'") == [("erase", "account/1")]


def test_erasing_twice_changes_nothing(lived_in: Cli) -> None:
    lived_in("erase", "account", "S-1", "--yes")
    before = everything(lived_in)
    again = lived_in("erase", "account", "S-1", "--yes")
    assert (again.code, "erased before" in again.out) == (0, True)
    assert everything(lived_in) == before


def test_without_a_yes_nothing_happens(lived_in: Cli) -> None:
    before = everything(lived_in)
    refused = lived_in("erase", "account", "S-1")
    assert (refused.code, "say --yes" in refused.err, "goes: contacts 2" in refused.out) == (2, True, True)
    assert "there is no account 'S-9'" in lived_in("erase", "account", "S-9", "--yes").err
    assert everything(lived_in) == before


def test_an_erased_household_is_never_written_to_nor_filled_again(lived_in: Cli) -> None:
    lived_in("erase", "account", "S-1", "--yes")
    assert lived_in.rows("select state, reason from outbox where id = 1") == [("cancelled", "erased")]
    assert lived_in.rows("select state from staff_tasks") == [("dropped",)]
    assert "S-1" not in lived_in("preview", "--on", "2026-12-20", "--json").out
    assert lived_in("invite", "S-1").code == 2
    rows = "编号,小区,姓名,手机\nS-1,阳光花园,王建国,13800000001\n"
    again = lived_in("import", "accounts", str(lived_in.file("again.csv", rows)))
    assert (again.code, "was erased" in again.err) == (1, True)
    assert "王建国" not in everything(lived_in)


def test_a_person_goes_and_the_household_stays(lived_in: Cli) -> None:
    done = lived_in("erase", "person", "--channel", "sandbox", "--user", "u1", "--yes")
    assert done.code == 0, done.err
    left = everything(lived_in)
    for secret in ("u1", "u9", "欠多少", "我交了", "小王"):
        assert secret not in left, secret
    assert "13800000001" in left  # the household's own file
    assert "nobody is known" in lived_in("erase", "person", "--channel", "sandbox", "--user", "u1", "--yes").out
    assert lived_in("db", "check").out == "ok\n"


def test_every_kept_column_exists_and_no_kept_table_forgets_a_text() -> None:
    """A new column of words in a table that is kept has to be named, or it would outlive its writer."""
    harmless = {"reason", "item", "basis", "decided_by", "method", "reference", "key", "lane", "template", "code"}
    for name, blanks in KEPT.items():
        columns = Base.metadata.tables[name].columns
        assert set(blanks) <= set(columns.keys()), name
        texts = {c.name for c in columns if str(c.type) == "TEXT"} - set(blanks) - harmless
        assert not texts, (name, texts)


def test_the_backup_of_before_is_named(lived_in: Cli, tmp_path: Path) -> None:
    out = lived_in("erase", "account", "S-1", "--dry-run").out
    assert "backups and exports made before still hold everything" in out
