"""Invitations, unbinding, staff, groups, approval."""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from datetime import UTC, datetime, timedelta

from models.agreements import Hold, Promise
from models.dialogue import Button, Dialogue
from models.misreadings import Correction
from models.people import Binding, Contact, Person
from models.reminders import Run
from tests.commands.cli import Cli, waiting_reminder

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def test_an_invitation_is_kept_as_a_hash_for_seven_days(estate: Cli) -> None:
    result = estate("invite", "S-1", "--role", "tenant", "--json")
    made = json.loads(result.out)
    assert made.keys() == {"account", "role", "token", "expires_at", "links"}
    assert (made["account"], made["role"], made["links"]) == ("S-1", "tenant", {})
    assert len(made["token"]) == 22
    ((digest, expires_at, used_at),) = estate.rows("select token_hash, expires_at, used_at from invites")
    assert digest == hashlib.sha256(made["token"].encode()).hexdigest()
    assert used_at is None
    left = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)  # noqa: TID251 (the real clock gave it)
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    assert datetime.fromisoformat(made["expires_at"]) == datetime.fromisoformat(expires_at).replace(microsecond=0)
    assert f"/start {json.loads(estate('invite', 'S-1', '--json').out)['token']}" not in estate("invite", "S-1").out
    assert "/start " in estate("invite", "S-1").out
    assert "there is no account 'S-9'" in estate("invite", "S-9").err
    assert "one of owner, family, tenant" in estate("invite", "S-1", "--role", "cat").err


def test_slips_for_everyone(estate: Cli) -> None:
    more = estate.file("m.csv", "code,community,payer_name\nM-1,=月亮湾,周\n")
    estate("import", "accounts", str(more))
    assert estate("invite", "--all", "--out", "slips.csv").out == "4 slips in slips.csv\n"
    with (estate.folder / "slips.csv").open(encoding="utf-8-sig", newline="") as file:
        slips = list(csv.DictReader(file))
    assert [slip["code"] for slip in slips] == ["M-1", "S-1", "S-2", "S-3"]
    assert slips[0]["community"] == "'=月亮湾"
    assert all(slip["command"] == f"/start {slip['token']}" for slip in slips)
    kept = {row[0] for row in estate.rows("select token_hash from invites")}
    assert kept == {hashlib.sha256(slip["token"].encode()).hexdigest() for slip in slips}
    assert estate("invite", "--all", "--community", "阳光花园", "--out", "s.csv").out == "3 slips in s.csv\n"
    assert "there is no community '海边'" in estate("invite", "--all", "--community", "海边", "--out", "s.csv").err


def test_slips_to_print(estate: Cli) -> None:
    assert estate("invite", "--all", "--out", "slips.pdf").out == "3 slips in slips.pdf\n"
    assert (estate.folder / "slips.pdf").read_bytes().startswith(b"%PDF-")
    assert estate.rows("select count(*) from invites") == [(3,)]


def test_a_name_that_no_font_can_print_is_told_before_any_slip_is_made(estate: Cli) -> None:
    more = estate.file("m.csv", "code,community,payer_name\nM-1,月亮湾,王𠮷\n")
    estate("import", "accounts", str(more))
    refused = estate("invite", "--all", "--out", "slips.pdf")
    assert refused.code == 2
    assert "account M-1: no font has 𠮷: put one that does" in refused.err
    assert not (estate.folder / "slips.pdf").exists()
    assert estate.rows("select count(*) from invites") == [(0,)]


def test_unbinding_ends_what_the_chat_holds_of_the_household(estate: Cli) -> None:
    ids = dict[str, int](estate.rows("select code, id from accounts"))
    soon = NOW + timedelta(days=8)
    for person, user in ((1, "u1"), (2, "u2")):
        estate.add(
            Person(id=person, created_at=NOW),
            Contact(person_id=person, channel="sandbox", user=user, chat=user),
            Binding(account_id=ids["S-1"], person_id=person, role="owner", payer=person == 1, bound_at=NOW),
            Dialogue(channel="sandbox", chat=user, user=user, step="promise.day", account_id=ids["S-1"], until=soon),
        )
    estate.add(Binding(account_id=ids["S-2"], person_id=1, role="owner", payer=True, bound_at=NOW))
    for number, code in ((1, "S-1"), (2, "S-2")):
        there = {"channel": "sandbox", "chat": "u1", "user": "u1"}
        estate.add(
            waiting_reminder(number, ids[code], NOW, person_id=1),
            Button(token=code, action="bill.show", outbox_id=number, expires_at=soon, **there),
        )
    estate.add(
        Promise(account_id=ids["S-1"], person_id=1, due_on=soon.date(), amount_fen=100, created_at=NOW),
        Hold(account_id=ids["S-1"], reason="promised", source="promise/1", until_on=soon.date(), created_at=NOW),
    )
    assert estate("unbind", "S-1", "--user", "u1", "--channel", "telegram").code == 2
    assert estate("unbind", "S-1", "--user", "u1").out == "S-1: user u1 is unbound\n"
    assert [
        (p, bool(pays))
        for p, pays in estate.rows("select person_id, payer from bindings where account_id = :id", id=ids["S-1"])
    ] == [(2, True)]
    assert estate.rows("select count(*) from bindings where person_id = 1") == [(1,)]
    assert estate.rows("select chat from dialogues") == [("u2",)]
    assert estate.rows("select token from buttons") == [("S-2",)]
    assert estate.rows("select state, reason from outbox order by id") == [("cancelled", "unbound"), ("held", "")]
    assert estate.rows("select state from promises") == [("withdrawn",)]
    assert estate.rows("select count(*) from holds where released_at is null") == [(0,)]
    assert estate.rows("select action, subject from audit_log") == [("unbind", f"account/{ids['S-1']}")]
    assert "user u1 is not bound to S-1" in estate("unbind", "S-1", "--user", "u1").err


def test_staff_are_added_and_changed(estate: Cli) -> None:
    add = ("staff", "add", "--channel", "telegram", "--user", "42", "--name", "小王")
    assert estate(*add, "--role", "collector", "--community", "阳光花园").code == 0
    assert estate(*add, "--role", "manager").code == 0
    assert estate.rows('select channel, "user", chat, name, role, community_id from staff') == [
        ("telegram", "42", "42", "小王", "manager", None)
    ]
    assert "one of admin, manager, collector, teacher, auditor" in estate(*add, "--role", "boss").err
    assert "there is no community '海边': one of 阳光花园" in estate(*add, "--role", "admin", "--community", "海边").err
    wrong = ("staff", "add", "--user", "1", "--name", "x", "--role", "admin", "--channel")
    assert "one of telegram, " in estate(*wrong, "icq").err


def test_groups_are_added_and_changed(estate: Cli) -> None:
    add = ("groups", "add", "--channel", "telegram", "--chat", "-1001", "--community")
    assert estate(*add, "阳光花园", "--building", "3栋").code == 0
    assert estate(*add, "阳光花园", "--audience", "staff").code == 0
    assert estate.rows("select channel, chat, audience, building, class_name from groups") == [
        ("telegram", "-1001", "staff", "", "")
    ]
    result = estate(*add, "海边")
    assert (result.code, result.err) == (2, "nuanling: there is no community '海边': one of 阳光花园\n")
    assert estate(*add, "阳光花园", "--audience", "all").code == 2
    assert estate(*add, "阳光花园", "--building", "1", "--class", "2").code == 2


def test_a_run_is_approved_once(estate: Cli) -> None:
    estate.add(Run(on_date=NOW.date(), state="awaiting", remind=5, staff=2, created_at=NOW))
    assert estate("approve").out == "approved: 5 reminders and 2 tasks as planned for 2026-11-23\n"
    ((state, by),) = estate.rows("select state, decided_by from runs")
    assert (state, by.split(":")[0]) == ("approved", "cli")
    assert estate("approve").out == "nothing to approve: the first run was approved before\n"


def test_the_first_run_can_be_approved_before_it_is_planned(estate: Cli) -> None:
    assert estate("approve").out == "approved: the first run goes out as soon as it is planned\n"
    assert estate.rows("select state from runs") == [("approved",)]


def test_corrections_are_written_as_training_lines(estate: Cli) -> None:
    estate.add(Correction(text="随便看看[name]", read_as="ask_amount", meant="how_to_pay", at=NOW))
    result = estate("corrections", "--out", "new.toml")
    assert (result.code, result.last) == (0, "1 corrections in new.toml: read them before training with them")
    lines = tomllib.loads((estate.folder / "new.toml").read_text(encoding="utf-8"))
    assert lines == {"corrected": {"how_to_pay": "随便看看[name]\n"}}
    assert "write a .toml file" in estate("corrections", "--out", "new.csv").err
    assert estate.rows("select action from audit_log where action = 'corrections.read'") == [("corrections.read",)]
