"""Looks at every word that ships, and notes the digest of each file, so that a start need not look again.

python -m scripts.words        exit 1 and one line for the first word that is not kind
"""

from __future__ import annotations

import hashlib
import sys
import tomllib
from pathlib import Path

from bot.content import CONTENT, check_kind
from bot.settings import ConfigError
from domain.wording import flatten


def digests(content: Path) -> str:
    """One line a file, as sha256sum writes it."""
    paths = sorted(content.glob("messages*.toml"))
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in paths)


def main() -> int:
    try:
        for path in sorted(CONTENT.glob("messages*.toml")):
            check_kind(path, flatten(tomllib.loads(path.read_text(encoding="utf-8"))))
    except ConfigError as unkind:
        print(unkind)
        return 1
    (CONTENT / "messages.sha256").write_text(digests(CONTENT), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
