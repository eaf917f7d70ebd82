"""What is prepared before anybody can be reached is done, and says so."""

from __future__ import annotations

from tests.commands.cli import Cli
from tests.commands.test_terminal import in_chinese


def test_slips_and_a_first_run_without_a_channel_say_what_is_missing(estate: Cli) -> None:
    told = estate("invite", "--all", "--out", "slips.csv")
    assert told.code == 0
    assert "the slips hold no link to scan yet: no channel is enabled: write three lines into config.toml" in told.err
    assert "nothing can go out yet: no channel is enabled" in estate("approve").err


def test_run_and_preview_tell_which_lines_to_write(estate: Cli) -> None:
    refused = estate("run")
    assert refused.code == 2
    assert '[telegram] and enabled = true and token = "…"' in refused.err
    assert "python -m bot init" in refused.err
    told = estate("preview", "--on", "2026-12-01")
    assert told.code == 0
    assert told.err.startswith("nobody can be written to: no channel is enabled")
    assert estate("preview", "--on", "2026-12-01", "--json").err == ""
    chinese = in_chinese(estate)
    for words in (
        "没有接通任何渠道：在 config.toml 里写三行，[telegram]、enabled = true、token =",
        "python -m bot init",
    ):
        assert words in chinese("run").err
        assert words in chinese("preview", "--on", "2026-12-01").err
    assert chinese("approve").err.startswith("现在还什么也发不出去：没有接通任何渠道：在 config.toml 里写")
