"""The SMS list: only those whom nothing else reaches, nothing counted until staff say so, and each stage said once."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from python_calamine import CalamineWorkbook

from domain.clock import SystemClock, local_date
from domain.lint import lint
from models.people import Binding, Contact, Person
from tests.commands.cli import Cli

NOW = SystemClock().now()
TODAY = local_date(NOW, ZoneInfo("Asia/Shanghai"))


TELEGRAM = '[telegram]\nenabled = true\ntoken = "123456:AAHk3pQ9sVxWaB7cDeFgHiJkLmNoPqRsTuV"\n'


@pytest.fixture
def billed(estate: Cli) -> Cli:
    """S-1 and S-2 have phones and no chat, S-3 chats; all owe what was due four days ago."""
    due = TODAY - timedelta(days=4)
    rows = "".join(f"{code},物业费,{due:%Y-%m},100,{due}\n" for code in ("S-1", "S-2", "S-3"))
    estate("import", "bills", str(estate.file("b.csv", f"account_code,item,period,amount_yuan,due_on\n{rows}")))
    three = estate.rows("select id from accounts where code = 'S-3'")[0][0]
    estate.add(
        Person(id=1, name="赵敏", created_at=NOW),
        Contact(person_id=1, channel="telegram", user="1", chat="1"),
        Binding(account_id=three, person_id=1, role="owner", payer=True, bound_at=NOW),
    )
    config = estate.folder / "config.toml"
    config.write_text(
        config.read_text().replace('language = "en"', 'language = "zh"\nhotline = "021-5555 0101"') + TELEGRAM
    )
    return estate


def texts(cli: Cli, name: str) -> list[dict[str, str]]:
    with (cli.folder / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_list_is_made_sent_and_counted_once(billed: Cli) -> None:
    made = billed("sms", "list", "--out", "a.csv")
    assert (made.code, made.out.splitlines()[0]) == (0, "list 1: 2 texts in a.csv"), made.err
    rows = texts(billed, "a.csv")
    assert sorted(row["phone"] for row in rows) == ["13800000001", "13800000002"]
    for row in rows:
        assert "100.00" in row["text"]
        assert "已缴请忽略" in row["text"]
        assert "建国" not in row["text"]
        assert lint(row["text"]) == ()
    assert billed.rows("select count(*) from outbox") == [(0,)]
    assert billed.rows("select count(*) from contact_counts") == [(0,)]
    assert "nobody is to be written to by SMS" in billed("sms", "list", "--out", "b.csv").err
    sent = billed("sms", "sent", "1")
    assert sent.out == "list 1: 2 texts recorded as sent\n"
    assert billed.rows("select channel, kind, state, count(*) from outbox group by channel, kind, state") == [
        ("sms", "reminder", "sent", 2)
    ]
    assert billed.rows("select scope, number from contact_counts") == [("account", 1), ("account", 1)]
    again = billed("sms", "sent", "1")
    assert (again.code, "none like that" in again.err) == (2, True)
    assert "none like that" in billed("sms", "undo", "1").err
    assert "nobody is to be written to" in billed("sms", "list", "--out", "c.csv").err
    assert billed("db", "check").out == "ok\n"
    rows_then = json.loads(billed("preview", "--on", TODAY.isoformat(), "--json").out)
    assert {row["account"] for row in rows_then} == {"S-1", "S-2", "S-3"}


def test_undone_before_it_went_out_it_never_was(billed: Cli) -> None:
    billed("sms", "list", "--out", "a.xlsx")
    sheet = CalamineWorkbook.from_path(str(billed.folder / "a.xlsx")).get_sheet_by_index(0).to_python()
    assert sheet[0] == ["phone", "text", "account"]
    assert len(sheet) == 3
    assert billed("sms", "undo", "1").out == "list 1: undone, 2 texts\n"
    assert "none like that" in billed("sms", "sent", "1").err
    assert billed("sms", "list", "--out", "b.csv").out.startswith("list 2: 2 texts")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sms", "list", "--out", "a.txt"), "write a .xlsx or a .csv"),
        (("sms", "list", "--out", "a.csv", "--on", "soon"), "write a day"),
        (("sms", "sent", "7"), "none like that"),
    ],
)
def test_wrong_use(billed: Cli, arguments: tuple[str, ...], said: str) -> None:
    result = billed(*arguments)
    assert (result.code, said in result.err) == (2, True)
