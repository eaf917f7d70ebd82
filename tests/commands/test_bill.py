"""Billing a period and correcting money from the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from models.reminders import Reminder, ReminderBill
from tests.commands.cli import Cli, lines, waiting_reminder

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
FEES = ("community", "item", "formula", "rate_yuan", "cycle", "due_day", "from")


def with_fees(estate: Cli, *rules: tuple[object, ...]) -> None:
    file = estate.file("f.csv", lines(FEES, *rules))
    assert estate("import", "fees", str(file)).code == 0


def test_a_month_is_billed_once(estate: Cli) -> None:
    with_fees(
        estate,
        ("阳光花园", "物业费", "area", "3.00", "month", "31", "2025-01-01"),
        ("阳光花园", "物业费", "area", "3.20", "month", "31", "2026-11-01"),
        ("阳光花园", "停车费", "fixed", "150", "quarter", "10", "2026-01-01"),
    )
    dry = estate("bill", "generate", "--period", "2026-11", "--dry-run")
    assert "2026-11: 2 to issue (606.40 yuan), 0 already there" in dry.out
    assert estate.rows("select count(*) from bills") == [(0,)]
    first = estate("bill", "generate", "--period", "2026-11")
    assert first.last == "2026-11: 2 issued (606.40 yuan), 0 already there"
    assert "物业费: 2 (606.40 yuan)" in first.out.splitlines()
    assert first.code == 1
    assert "物业费 goes by area, and the account has none: import area_m2 (S-3)" in first.err
    bills = "select item, period, due_on, basis from bills order by account_id, id"
    assert [tuple(map(str, row)) for row in estate.rows(bills)] == [
        ("物业费", "2026-11", "2026-11-30", "89.5 m² × 3.20"),
        ("物业费", "2026-11", "2026-11-30", "100 m² × 3.20"),
    ]
    assert estate("bill", "generate", "--period", "2026-11").last == "2026-11: 0 issued (0.00 yuan), 2 already there"
    assert (
        estate("bill", "generate", "--period", "2026-10").last == "2026-10: 5 issued (1,018.50 yuan), 0 already there"
    )
    assert estate("bill", "generate", "--period", "2026-Q3", "--community", "阳光花园").last.startswith(
        "2026-Q3: 3 issued"
    )
    assert estate("db", "check").out == "ok\n"


def test_a_school_never_charges_more_than_three_months(cli: Cli) -> None:
    file = cli.file(
        "a.csv", "code,kind,community,payer_name,fee_item,rate_yuan,cycle\nT-1,training,学校,王,钢琴,900,年\n"
    )
    cli("import", "accounts", str(file))
    result = cli("bill", "generate", "--period", "2026")
    assert (result.code, "at most 3 months" in result.err) == (1, True)
    assert cli.rows("select count(*) from bills") == [(0,)]


def test_wrong_periods_and_communities(estate: Cli) -> None:
    result = estate("bill", "generate", "--period", "2026-13")
    assert (result.code, "'2026-13' is not a period" in result.err) == (2, True)
    result = estate("bill", "generate", "--period", "2026-12", "--community", "月亮湾")
    assert (result.code, "there is no community '月亮湾': one of 阳光花园" in result.err) == (2, True)


def test_corrections_are_made_once_and_audited(estate: Cli) -> None:
    bills = estate.file(
        "b.csv",
        "account_code,item,period,amount_yuan,due_on\nS-1,物业费,2026-10,100,2026-10-31\nS-1,物业费,2026-11,80,2026-11-30\n",
    )
    estate("import", "bills", str(bills))
    payments = estate.file("p.csv", "account_code,amount_yuan,paid_on,method,reference\nS-1,120,2026-11-20,bank,R1\n")
    estate("import", "payments", str(payments))
    first, second = (row[0] for row in estate.rows("select id from bills order by due_on"))
    (payment,) = (row[0] for row in estate.rows("select id from payments"))
    adjust = ("bill", "adjust", str(second), "--fen", "-500", "--why", "电梯停运")
    assert estate(*adjust).out == f"bill {second} asks for 75.00 yuan now\n"
    assert estate(*adjust).code == 2
    assert estate("bill", "adjust", str(second), "--fen", "-7501", "--why", "x").code == 2
    assert estate("bill", "void", str(first)).code == 0
    again = estate("bill", "void", str(first))
    assert (again.code, again.err) == (2, f"nuanling: Bill {first} was voided before.\n")
    assert estate("payment", "reverse", str(payment), "--why", "退票").code == 0
    again = estate("payment", "reverse", str(payment), "--why", "退票")
    assert (again.code, again.err) == (2, f"nuanling: Payment {payment} was reversed before.\n")
    assert [row[0] for row in estate.rows("select action from audit_log order by id")] == [
        "bill.adjust",
        "bill.void",
        "payment.reverse",
    ]
    assert estate("db", "check").out == "ok\n"
    assert estate("import", "payments", str(payments)).last == "1 accepted, 0 rejected"
    assert estate("import", "bills", str(bills)).code == 0


def test_a_payment_takes_needless_reminders_back(estate: Cli) -> None:
    bills = estate.file(
        "b.csv",
        "account_code,item,period,amount_yuan,due_on\nS-1,物业费,2026-10,100,2026-10-31\nS-2,物业费,2026-10,100,2026-10-31\n",
    )
    estate("import", "bills", str(bills))
    for number, account_id in estate.rows("select id, account_id from bills order by id"):
        told = {"anchor_bill_id": number, "stage": "day", "decision": "remind", "policy_hash": ""}
        estate.add(
            waiting_reminder(number, account_id, NOW),
            Reminder(
                id=number,
                key=f"r{number}",
                account_id=account_id,
                outbox_id=number,
                decided_on=NOW.date(),
                created_at=NOW,
                **told,
            ),
            ReminderBill(reminder_id=number, bill_id=number, open_fen=10000),
        )
    payments = estate.file(
        "p.csv",
        "account_code,amount_yuan,paid_on,method,reference\nS-1,100,2026-11-20,bank,R1\nS-2,99,2026-11-20,bank,R2\n",
    )
    estate("import", "payments", str(payments))
    assert estate.rows("select state, reason from outbox order by id") == [("cancelled", "paid"), ("held", "")]
    assert estate("db", "check").out == "ok\n"
    assert estate("bill", "void", "2").code == 0
    assert estate.rows("select state, reason from outbox order by id") == [("cancelled", "paid")] * 2
    assert estate("db", "check").out == "ok\n"


def test_bills_are_listed_with_the_numbers_that_corrections_ask_for(estate: Cli) -> None:
    with_fees(estate, ("阳光花园", "物业费", "area", "3.20", "month", "31", "2026-11-01"))
    estate("bill", "generate", "--period", "2026-11")
    (number,) = estate.rows("select b.id from bills b join accounts a on a.id = b.account_id where a.code = 'S-1'")[0]
    listed = estate("bill", "list", "S-1")
    assert listed.out.splitlines() == [
        f"{number} 物业费 2026-11 due 2026-11-30 billed 286.40 received 0.00 open 286.40",
        "S-1: 286.40 yuan open",
    ]
    assert estate("bill", "adjust", str(number), "--fen", "-640", "--why", "area").code == 0
    assert json.loads(estate("bill", "list", "S-1", "--json").out)[0]["open_fen"] == 28000
    unknown = estate("bill", "list", "S-99")
    assert (unknown.code, "there is no account 'S-99'" in unknown.err) == (2, True)
