"""The locks: every library pinned to one release and its hashes; what is loose, forgotten or from elsewhere is found."""

from __future__ import annotations

import pytest

from scripts.locks import ROOT, faults

PROJECT, LOCK, DEV = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock")
)
SUM = "a" * 64


def found(project: str = PROJECT, lock: str = LOCK, dev: str = DEV) -> str:
    return "\n".join(faults(project, lock, dev))


def test_the_locks_of_this_checkout_are_in_order() -> None:
    assert found() == ""


def test_the_locks_hold_no_address() -> None:
    assert "://" not in LOCK + DEV


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("left-pad", "not pinned"),
        (f"left-pad>=1 \\\n    --hash=sha256:{SUM}", "not pinned"),
        ("left-pad==1.0", "no sha256"),
        (f"left-pad==1.0 \\\n    --hash=md5:{SUM}", "no sha256"),
        (f"left-pad==1.0 \\\n    --hash=sha256:{SUM[1:]}", "no sha256"),
        (f"left-pad==1.0 \\\n    --hash=sha256:{SUM} --index-url x", "more than that"),
        ("-e .", "not pinned"),
        ("--extra-index-url elsewhere", "not pinned"),
        ("left-pad @ https://example.org/left-pad.whl", "not pinned"),
    ],
)
def test_an_entry_that_anything_could_stand_behind_is_found(line: str, fault: str) -> None:
    assert fault in found(lock=f"{LOCK}\n{line}\n")
    assert fault in found(dev=f"{DEV}\n{line}\n")


def test_a_library_that_was_forgotten_or_is_loose_is_found() -> None:
    more = PROJECT.replace("dependencies = [", 'dependencies = [\n    "left-pad~=1.0",', 1)
    assert found(more).count("left-pad~=1.0 is not locked") == 2
    loose = PROJECT.replace("dependencies = [", 'dependencies = [\n    "left-pad",', 1)
    assert "left-pad has no version" in found(loose)
    elsewhere = PROJECT.replace("dependencies = [", 'dependencies = [\n    "left-pad @ https://example.org/x.whl",', 1)
    assert "comes from an address" in found(elsewhere)


def test_two_locks_that_name_two_releases_are_found() -> None:
    entry = f"\nleft-pad==%s \\\n    --hash=sha256:{SUM}\n"
    assert "left-pad is another release" in found(lock=LOCK + entry % "1.0", dev=DEV + entry % "2.0")
    assert "left-pad is another release" in found(lock=LOCK + entry % "1.0")
    assert "left-pad" not in found(lock=LOCK + entry % "1.0", dev=DEV + entry % "1.0")
