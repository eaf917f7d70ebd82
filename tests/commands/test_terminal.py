"""preview, tick and status on a terminal: plain words in the office's language, codes only where programs read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.content import load_wording
from bot.terminal import DECISIONS, Terminal
from domain.clock import SystemClock, local_date
from domain.ladder import Reason
from domain.wording import LANGUAGES
from models.outbox import State
from models.status import Board, Done
from models.verdicts import Row
from tests.commands.cli import Cli

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = local_date(SystemClock().now(), ZONE)


@pytest.fixture
def owing(estate: Cli) -> Cli:
    """S-1 owes what was due four days ago and can't be reached; the others owe nothing."""
    due = TODAY - timedelta(days=4)
    bill = f"account_code,item,period,amount_yuan,due_on\nS-1,物业费,{due:%Y-%m},100,{due}\n"
    estate("import", "bills", str(estate.file("b.csv", bill)))
    return estate


def in_chinese(cli: Cli) -> Cli:
    config = cli.folder / "config.toml"
    config.write_text(config.read_text().replace('language = "en"', 'language = "zh"'))
    return cli


def test_a_preview_in_both_languages(owing: Cli) -> None:
    day = ("preview", "--on", TODAY.isoformat())
    english = owing(*day).out
    assert "no chat to write to" in english
    assert english.splitlines()[-1] == "Left in peace: 3 households: paid 2, no chat to write to 1"
    chinese = in_chinese(owing)(*day).out
    assert "没有可用的聊天" in chinese
    assert chinese.splitlines()[-1] == "不打扰 3 户：已缴清 2、没有可用的聊天 1"
    assert "no_channel" not in english + chinese
    assert "gentle" not in chinese
    rows = json.loads(owing(*day, "--json").out)
    assert {row["account"]: (row["decision"], row["reason"]) for row in rows} == {
        "S-1": ("wait", "no_channel"),
        "S-2": ("wait", "paid"),
        "S-3": ("wait", "paid"),
    }


def test_a_tick_says_what_it_did_or_that_nothing_was_to_do(owing: Cli) -> None:
    chinese = in_chinese(owing)
    told = chinese("tick", "--now", f"{TODAY}T10:00").out
    assert told.splitlines()[-2:] == [
        "不打扰 3 户：已缴清 2、没有可用的聊天 1",
        "没有接通任何渠道，什么也发不出去：python -m bot doctor 会说怎么办",
    ]
    assert json.loads(chinese("tick", "--now", f"{TODAY}T10:00", "--json").out)[0]["decision"] == "wait"


def test_an_empty_office_is_told_what_to_do_first(cli: Cli) -> None:
    assert cli("preview", "--on", "2026-12-01").out == "No accounts yet: bring them in with import accounts\n"


def test_the_board_names_each_figure(owing: Cli) -> None:
    english = owing("status").out
    assert "Rate (received ÷ due, by sums)" in english
    chinese = in_chinese(owing)("status").out
    for said in ("收缴率（已收 ÷ 应收，按金额）", "应收（已到期的账单）", "100.00 元", "0.0%", "没有接通任何渠道"):
        assert said in chinese
    assert "due_fen" not in chinese
    assert json.loads(owing("status", "--json").out)["due_fen"] == 10000


def test_a_board_without_bills_shows_no_rate_and_an_estate_no_offers(cli: Cli) -> None:
    told = in_chinese(cli)("status").out
    rate = next(line for line in told.splitlines() if "收缴率" in line)
    assert "—" in rate
    assert "%" not in rate
    assert "续班" not in told
    assert json.loads(cli("status", "--json").out)["offers_open"] == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words(language: str) -> None:
    terminal = Terminal(load_wording(), language)
    assert [code for code in Reason if not terminal.wording.has(f"why.{code}")] == []
    assert [code for code in DECISIONS if not terminal.wording.has(f"preview.{code}")] == []
    figures = Board(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, None, False, {}, 0.0).to_json()
    assert [name for name in figures if not terminal.say(f"board_{name.removesuffix('_fen')}")] == []
    assert terminal.word("stage_name", "our own stage") == "our own stage"  # an office names its stages itself


def test_what_one_pass_did() -> None:
    terminal = Terminal(load_wording(), "zh")
    later = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    waiting: dict[str, int] = {
        State.PLANNED: 4,
        State.HELD: 1,
        State.QUEUED: 2,
        State.WAITING_FOR_STAFF: 5,
        State.UNKNOWN: 1,
    }
    rows = [
        Row("S-1", "remind", "gentle", "telegram", "due", "2026-12-01T09:05:00+08:00"),
        Row("S-2", "staff", "call", None, "due", "2026-12-01T09:05:00+08:00"),
        Row("S-3", "wait", None, None, "promised", "2026-12-01T09:05:00+08:00"),
    ]
    assert terminal.ticked(rows, Done(3, 1, waiting, later), True, later, ZONE) == [
        "发提醒 1 户：温馨提醒 1",
        "转人工 1 户：电话 1",
        "不打扰 1 户：已约定日期 1",
        "发出 3 条消息",
        "没送到 1 条：在机器人里用 /failed 看原因和办法",
        "起草好 4 条，等批准：python -m bot approve，或在机器人里点“批准”",
        "还有 3 条等着，最早 12月1日（周二） 09:00 再发",
        "5 条等同事点发送",
        "1 条不知道到没到，请同事核实",
    ]
    idle = terminal.ticked([], Done(0, 0, {}, None), True, later, ZONE)
    assert idle == ["现在没有要做的事。下次安排：12月1日（周二） 09:00"]
