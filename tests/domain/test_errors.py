"""What an error carries to whoever words it, logs it or decides what becomes of a message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.errors import ChannelDown, DeliveryError, Refusal, Rejected, Shut, TryLater, Unknown, Unreachable

NOW = datetime(2026, 11, 23, tzinfo=UTC)
EVERY = (DeliveryError, TryLater, Unreachable, Shut, Unknown, Rejected, ChannelDown)


def test_a_refusal_names_its_words_and_keeps_its_own_copy_of_the_fields() -> None:
    fields = {"code": "3-1201"}
    refused = Refusal("account.not_yours", fields)
    fields["code"] = "changed later"
    assert (refused.template, refused.fields, str(refused)) == (
        "account.not_yours",
        {"code": "3-1201"},
        "account.not_yours",
    )
    assert Refusal("button.used").fields == {}


@pytest.mark.parametrize("kind", EVERY)
def test_every_failed_delivery_says_what_the_log_may_know(kind: type[DeliveryError]) -> None:
    assert (kind("HTTP 502").detail, str(kind("HTTP 502"))) == ("HTTP 502", "HTTP 502")
    assert (kind().detail, str(kind())) == ("", "")


def test_what_is_assumed_where_nothing_is_said() -> None:
    later = TryLater()
    assert (later.at, later.free, later.lane_wide) == (None, False, False)
    assert (Unreachable().permanent, Unreachable().moved_to) == (True, None)
    assert (Shut().why, Shut().until) == ("window_shut", None)
    assert Unknown().repeat_until is None


def test_what_is_said_is_kept() -> None:
    later = TryLater(at=NOW, free=True, lane_wide=True)
    assert (later.at, later.free, later.lane_wide) == (NOW, True, True)
    moved = Unreachable(permanent=False, moved_to="-1002")
    assert (moved.permanent, moved.moved_to) == (False, "-1002")
    assert (Shut(why="quota_gone", until=NOW).why, Shut(until=NOW).until) == ("quota_gone", NOW)
    assert Unknown(repeat_until=NOW).repeat_until == NOW


def test_an_account_that_is_refused_is_tried_again_later() -> None:
    assert isinstance(ChannelDown(), TryLater)
