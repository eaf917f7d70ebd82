"""What is prepared before anybody can be reached is done, and says so."""

from __future__ import annotations

from tests.commands.cli import Cli


def test_slips_and_a_first_run_without_a_channel_say_what_is_missing(estate: Cli) -> None:
    told = estate("invite", "--all", "--out", "slips.csv")
    assert told.code == 0
    assert "the slips hold no link to scan yet: no channel is enabled; set telegram.enabled" in told.err
    assert "nothing can go out yet: no channel is enabled" in estate("approve").err
