"""Checks the lock files without any network: every library pinned to one release and its hashes, nothing forgotten.

python -m scripts.locks        exit 1 and one line per fault
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==(?P<version>[^\s;]+)(?:\s*;[^\\]*)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def faults(project: str, lock: str, dev_lock: str) -> Iterator[str]:
    """What is wrong with the texts of pyproject.toml, requirements.lock and requirements-dev.lock."""
    wanted = tomllib.loads(project)
    needs = [Requirement(each) for each in wanted["project"]["dependencies"]]
    dev = [Requirement(each) for each in wanted["dependency-groups"]["dev"]]
    for requirement in (*needs, *dev):
        if not requirement.specifier:
            yield f"pyproject.toml: {requirement.name} has no version: name the releases that it works with"
        if requirement.url:
            yield f"pyproject.toml: {requirement.name} comes from an address: name a release"
    locked: dict[str, dict[str, set[str]]] = {}
    for place, text in (("requirements.lock", lock), ("requirements-dev.lock", dev_lock)):
        locked[place] = {}
        for name, version, fault in _entries(text):
            if fault:
                yield f"{place}: {fault}"
            else:
                locked[place].setdefault(name, set()).add(version)
    for place, requirements in (("requirements.lock", needs), ("requirements-dev.lock", [*needs, *dev])):
        for requirement in requirements:
            found = locked[place].get(canonicalize_name(requirement.name), set())
            if not any(requirement.specifier.contains(version, prereleases=True) for version in found):
                yield f"{place}: {requirement} is not locked: write it anew with make lock"
    for name, versions in locked["requirements.lock"].items():
        if locked["requirements-dev.lock"].get(name) != versions:
            yield f"requirements-dev.lock: {name} is another release than in requirements.lock: write both anew with make lock"


def _entries(text: str) -> Iterator[tuple[str, str, str]]:
    """(name, version, fault) of every entry."""
    for entry in re.sub(r"\\\n", " ", text).splitlines():
        if not entry.strip() or entry.lstrip().startswith("#"):
            continue
        words = entry.split("--hash", 1)[0].strip()
        found = PINNED.fullmatch(words)
        if found is None:
            yield "", "", f"{words or entry.strip()}: not pinned to one release"
        elif not HASH.search(entry) or re.sub(HASH, "", entry.removeprefix(words)).strip():
            yield "", "", f"{found['name']}: no sha256 of its files, or more than that"
        else:
            yield canonicalize_name(found["name"]), found["version"], ""


def main() -> int:
    texts = [
        (ROOT / name).read_text(encoding="utf-8")
        for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock")
    ]
    found = list(faults(*texts))
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
