"""Looks at every word that ships, and notes the digest of each file, so that a start need not look again.

python -m scripts.words        exit 1 and one line for the first word that is not kind
"""

from __future__ import annotations

import sys
from pathlib import Path

from bot.content import CONTENT, DIGESTS, digest, load_library, load_openers, load_wording
from bot.settings import ConfigError

LOOKED_AT = ("messages*.toml", "cases*.toml", "openers.toml", "lint.*.toml")


def digests(content: Path) -> str:
    """One line a file, as sha256sum writes it."""
    paths = sorted(path for pattern in LOOKED_AT for path in content.glob(pattern))
    return "".join(f"{digest(path.read_bytes())}  {path.name}\n" for path in paths)


def main() -> int:
    (CONTENT / DIGESTS).unlink(missing_ok=True)  # without them everything is looked at
    try:
        load_wording()
        load_library()
        load_openers()
    except ConfigError as unkind:
        print(unkind)
        return 1
    (CONTENT / DIGESTS).write_text(digests(CONTENT), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
