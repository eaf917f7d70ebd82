"""Reading a sentence: load time, memory, the slowest percent, and how well the development set is read."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from domain.clock import monotonic

if TYPE_CHECKING:
    from understanding.reading import Reading

ROOT = Path(__file__).resolve().parents[2]
DEVELOPMENT = ROOT / "tests/understanding/development.tsv"
TIMES = 5  # each sentence is read so often and its quickest reading counts: what else the machine does is not measured


def memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def seconds(read: Callable[[], object]) -> float:
    begun = monotonic()
    read()
    return monotonic() - begun


def main() -> None:
    before = memory_mb()
    start = monotonic()
    from understanding.reader import Reader

    reader = Reader.load(ROOT / "content")
    loaded = monotonic() - start
    sentences = [line.split("\t")[0] for line in DEVELOPMENT.read_text(encoding="utf-8").splitlines()[1:]]
    today = date(2026, 11, 23)
    took = sorted(min(seconds(partial(reader.read, each, today=today)) for _ in range(TIMES)) for each in sentences)
    slow_ms = took[int(len(took) * 0.99)] * 1000
    sys.stdout.write(f"{slow_ms:.2f} ms, {memory_mb() - before:.0f} MB, {loaded:.2f} s\n")
    sys.stdout.write(_scores(partial(reader.read, today=today)) + "\n")


def _scores(read: Callable[[str], Reading]) -> str:
    from understanding.scoring import read_rows, score  # not before: what the reader needs is measured above

    found = score(read_rows(DEVELOPMENT), read)
    shares = [found.accuracy[group] for group in ("all", "in scope zh", "in scope en")]
    shares += [found.surest, found.false_accept, found.false_reject]
    figures = [f"{share.value:.3f}" for share in shares]
    return ", ".join([*figures[:3], f"{found.macro_f1:.3f}", *figures[3:]])


if __name__ == "__main__":
    main()
