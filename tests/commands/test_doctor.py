"""The doctor looks at a real office: its database, its files, and a Telegram on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from models.people import Binding, Person
from tests.commands.cli import Cli, Result

TOKEN = "123456:secret-token"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


class FakeTelegram(BaseHTTPRequestHandler):
    reads_groups = True

    def do_GET(self) -> None:
        known = self.path == f"/bot{TOKEN}/getMe"
        me = {"id": 1, "is_bot": True, "username": "sunny_bot", "can_read_all_group_messages": self.reads_groups}
        body = json.dumps({"ok": True, "result": me} if known else {"ok": False, "error_code": 401}).encode()
        self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Tests need no access log."""


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[FakeTelegram]]:
    class Mine(FakeTelegram):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Mine)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("NUANLING_TELEGRAM__ENABLED", "true")
    monkeypatch.setenv("NUANLING_TELEGRAM__TOKEN", TOKEN)
    monkeypatch.setenv("NUANLING_TELEGRAM__BASE_URL", f"http://127.0.0.1:{server.server_port}/bot")
    yield Mine
    server.shutdown()
    thread.join()
    server.server_close()


def checks(result: Result) -> dict[str, dict[str, str]]:
    found = json.loads(result.out)
    assert all(check.keys() == {"name", "state", "detail", "cure"} for check in found)
    assert all(check["cure"] for check in found if check["state"] != "ok")
    return {check["name"]: check for check in found}


def test_the_offices_days_are_checked(estate: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = tmp_path / "calendar.toml"
    monkeypatch.setenv("NUANLING_POLICY__CALENDAR", str(own))
    good = '[[festival]]\nname = "庙会"\nfrom = 2027-03-10\ncommunities = ["阳光花园"]\n'
    own.write_text(good, encoding="utf-8")
    found = checks(estate("doctor", "--json"))
    assert (found["calendar"]["state"], found["days of places"]["state"]) == ("ok", "ok")
    assert "1 entries of the office's own" in found["calendar"]["detail"]
    own.write_text(good.replace("阳光", "月光"), encoding="utf-8")
    found = checks(estate("doctor", "--json"))
    assert "庙会: no community or class is called 月光花园" in found["days of places"]["detail"]
    own.write_text(good + "untill = 2027-03-11\n", encoding="utf-8")
    result = estate("doctor", "--json")
    found = checks(result)
    assert (found["calendar"]["state"], result.code) == ("fail", 1)
    assert f"{own}:5: festival 1: unknown key untill" in found["calendar"]["detail"]
    refused = estate("preview", "--on", "2026-12-01")
    assert refused.code == 2
    assert f"{own}:5: festival 1: unknown key untill: correct or remove it" in refused.err
    own.unlink()
    assert "policy.calendar" in estate("preview", "--on", "2026-12-01").err


def test_an_office_in_order(estate: Cli) -> None:
    estate("groups", "add", "--channel", "sandbox", "--chat", "g", "--community", "阳光花园")
    estate("groups", "add", "--channel", "sandbox", "--chat", "d", "--community", "阳光花园", "--audience", "staff")
    estate("staff", "add", "--channel", "sandbox", "--user", "zhao", "--name", "赵", "--role", "admin")
    estate.add(Person(id=1, created_at=NOW))
    for (account_id,) in estate.rows("select id from accounts"):
        estate.add(Binding(account_id=account_id, person_id=1, role="owner", payer=True, bound_at=NOW))
    found = checks(estate("doctor", "--json"))
    names = (
        "python",
        "config file",
        "database",
        "staff",
        "staff group",
        "groups",
        "payers",
        "time zone",
        "clock",
        "policies",
        "font",
        "telegram",
        "language model",
    )
    assert {name: found[name]["state"] for name in names} == dict.fromkeys(names, "ok")
    assert found["payers"]["detail"] == "3 households, each with a payer"
    lines = estate("doctor").out.splitlines()
    assert len(lines) == len(found)
    assert "ok   telegram: off" in lines


def test_an_office_that_nobody_can_hear_or_name(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    found = checks(cli("doctor", "--json"))
    assert (found["channels"]["state"], found["channels"]["detail"]) == (
        "warn",
        "none is enabled: nothing can be sent, nobody can write in",
    )
    assert "telegram.enabled, wechat.enabled, wecom.enabled or email.enabled = true" in found["channels"]["cure"]
    assert found["organisation"]["detail"] == "阳光物业, no telephone number is shown"
    cli("db", "upgrade")
    found = checks(cli("doctor", "--json"))
    assert (found["households"]["state"], "payers" in found) == ("warn", False)  # nobody there is not everybody bound
    monkeypatch.setenv("NUANLING_ORGANISATION__NAME", "我们的物业")
    assert checks(cli("doctor", "--json"))["organisation"]["state"] == "warn"
    monkeypatch.setenv("NUANLING_ORGANISATION__NAME", " ")
    blank = cli("doctor", "--json")
    assert (checks(blank)["organisation"]["state"], blank.code) == ("fail", 1)


def test_a_channel_that_is_on_is_named(estate: Cli, telegram: type[FakeTelegram]) -> None:
    assert checks(estate("doctor", "--json"))["channels"] == {
        "name": "channels",
        "state": "ok",
        "detail": "telegram",
        "cure": "",
    }


def test_what_is_still_missing(estate: Cli) -> None:
    found = checks(estate("doctor", "--json"))
    assert (found["groups"]["state"], "阳光花园" in found["groups"]["detail"]) == ("warn", True)
    assert (found["staff"]["state"], found["staff group"]["state"]) == ("warn", "warn")
    assert found["staff"]["detail"].startswith("nobody is on the staff")
    assert found["payers"]["detail"] == "3 of 3 households have nobody who can be reminded"


def test_a_secret_that_everyone_may_read(estate: Cli) -> None:
    config = estate.folder / "config.toml"
    config.write_text(config.read_text() + f"[telegram]\ntoken = '{TOKEN}'\n")
    config.chmod(0o644)
    found = checks(estate("doctor", "--json"))["config file"]
    assert (found["state"], found["cure"]) == ("warn", "run `chmod 600 config.toml`")
    config.chmod(0o600)
    assert checks(estate("doctor", "--json"))["config file"]["state"] == "ok"


def test_a_database_of_another_version(estate: Cli) -> None:
    estate.execute("update alembic_version set version_num = '0000'")
    result = estate("doctor", "--json")
    assert result.code == 1
    assert checks(result)["database"]["cure"] == "run `python -m bot db upgrade`"


def test_a_database_that_is_not_there_is_not_made(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUANLING_DATABASE__URL", "sqlite:///new.db")
    assert checks(cli("doctor", "--json"))["database"]["state"] == "warn"
    assert not (cli.folder / "new.db").exists()
    monkeypatch.setenv("NUANLING_DATABASE__URL", "postgresql://nobody@127.0.0.1:1/none")
    result = cli("doctor", "--json")
    assert (result.code, checks(result)["database"]["state"]) == (1, "fail")


def test_a_policy_that_is_too_loose(estate: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUANLING_POLICY__PER_DAY", "5")
    result = estate("doctor", "--json")
    assert (result.code, checks(result)["policies"]["state"]) == (1, "fail")


def test_telegram_answers(estate: Cli, telegram: type[FakeTelegram]) -> None:
    assert checks(estate("doctor", "--json"))["telegram"]["detail"] == "@sunny_bot"
    telegram.reads_groups = False
    found = checks(estate("doctor", "--json"))["telegram"]
    assert (found["state"], "/setprivacy" in found["cure"]) == ("warn", True)


def test_telegram_refuses_or_is_not_there(
    estate: Cli, telegram: type[FakeTelegram], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NUANLING_TELEGRAM__TOKEN", "999:wrong-token")
    result = estate("doctor", "--json")
    found = checks(result)["telegram"]
    assert (result.code, found["state"], found["detail"]) == (1, "fail", "the token is not valid")
    monkeypatch.setenv("NUANLING_TELEGRAM__BASE_URL", "http://127.0.0.1:1/bot")
    result = estate("doctor", "--json")
    assert checks(result)["telegram"]["state"] == "fail"
    assert "wrong-token" not in result.out + result.err


def test_a_language_model_that_is_not_there_is_only_a_warning(estate: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks(estate("doctor", "--json"))["language model"]["detail"] == "off"
    monkeypatch.setenv("NUANLING_LANGUAGE_MODEL__BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("NUANLING_LANGUAGE_MODEL__MODEL", "small")
    found = checks(estate("doctor", "--json"))["language model"]
    assert (found["state"], found["detail"]) == ("warn", "small: unreachable")


def test_the_link_of_an_invitation(estate: Cli, telegram: type[FakeTelegram], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUANLING_TELEGRAM__TOKEN", "999:wrong-token")
    assert json.loads(estate("invite", "S-1", "--json").out)["links"] == {"telegram": None}
    monkeypatch.setenv("NUANLING_TELEGRAM__TOKEN", TOKEN)
    made = json.loads(estate("invite", "S-1", "--json").out)
    assert made["links"] == {"telegram": f"https://t.me/sunny_bot?start={made['token']}"}
    monkeypatch.setenv("NUANLING_TELEGRAM__BASE_URL", "http://127.0.0.1:1/bot")
    again = json.loads(estate("invite", "S-1", "--json").out)
    assert again["links"]["telegram"].startswith("https://t.me/sunny_bot?start=")


def test_names_that_no_font_can_print_are_told(estate: Cli) -> None:
    assert "every name and address can be printed" in estate("doctor").out
    estate.execute("update accounts set payer_name = '𠮷建国' where code = 'S-1'")
    told = estate("doctor").out
    assert "printing: 1 names or addresses hold letters that no font has: S-1 𠮷" in told
