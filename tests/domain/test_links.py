"""Signed addresses: what they open, for how long, and that nothing of them can be changed."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta

import pytest

from domain.links import KEY_CHARACTERS_MIN, LIFE_MAX, Links, key_id

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
OLD, NEW = "k3Vb9qLxWw7TzR5dk3Vb9qLxWw7TzR5d", "Zz0QpLm8Zz0QpLm8Zz0QpLm8Zz0QpLm8"
DAY = timedelta(days=1)
LINKS = Links("https://bot.example.org/", (OLD,))


def signed(links: Links = LINKS, subject: str = "export-12", life: timedelta = DAY) -> str:
    return links.address("download", subject, NOW, life).rpartition("/")[2]


def test_an_address_opens_its_subject_until_it_ends() -> None:
    address = LINKS.address("download", "export-12", NOW, DAY)
    assert address.startswith("https://bot.example.org/download/export-12.")
    assert LINKS.subject(signed(), NOW) == "export-12"
    assert LINKS.subject(signed(), NOW + DAY - timedelta(seconds=1)) == "export-12"
    assert LINKS.subject(signed(), NOW + DAY) is None


def test_it_is_the_same_wherever_it_is_made() -> None:
    """Letter by letter: another version, or a second process, reads it."""
    assert signed() == "export-12.1795514400.d9bd2150.JTmljFzbpbn2Ierkv7IL-bzdeZEHbhAdElVscZoyovw"


def test_no_letter_of_it_can_be_changed() -> None:
    good = signed()
    for place in range(len(good)):
        for letter in string.ascii_letters[:8] + "019.-_":
            forged = good[:place] + letter + good[place + 1 :]
            assert forged == good or LINKS.subject(forged, NOW) is None, forged
    for forged in (
        "",
        good[:-1],
        good + "A",
        good + "\n",
        " " + good,
        good.replace("export-12", "export-١٢"),
        good * 2,
    ):
        assert LINKS.subject(forged, NOW) is None, forged


def test_a_key_that_was_taken_out_opens_nothing_any_more() -> None:
    rotated, without = Links(LINKS.public_url, (NEW, OLD)), Links(LINKS.public_url, (NEW,))
    assert rotated.subject(signed(), NOW) == "export-12"
    assert without.subject(signed(), NOW) is None
    assert LINKS.subject(signed(rotated), NOW) is None  # the first key signs
    assert without.subject(signed(rotated), NOW) == "export-12"
    assert Links(LINKS.public_url, ()).subject(signed(), NOW) is None


def test_a_key_is_named_without_being_told() -> None:
    assert key_id(OLD) != key_id(NEW)
    assert len(key_id(OLD)) == 8
    assert OLD not in signed() + repr(LINKS)


def test_without_an_address_or_a_key_there_are_no_links() -> None:
    for links in (Links(), Links("https://bot.example.org"), Links("", (OLD,))):
        assert links.address("download", "export-12", NOW, DAY) == ""


def test_no_link_lives_for_longer_than_three_days() -> None:
    assert timedelta(days=3) == LIFE_MAX
    assert KEY_CHARACTERS_MIN == 32
    assert LINKS.subject(signed(life=LIFE_MAX), NOW + LIFE_MAX - timedelta(seconds=1)) == "export-12"
    with pytest.raises(ValueError, match="72 hours"):
        signed(life=LIFE_MAX + timedelta(seconds=1))


@pytest.mark.parametrize(
    "subject", ["", "export", "export-", "-12", "Export-12", "export-12.1", "export-x", "../12", "export-1 2"]
)
def test_a_subject_that_could_be_read_otherwise_is_refused(subject: str) -> None:
    with pytest.raises(ValueError, match="not the subject"):
        signed(subject=subject)
