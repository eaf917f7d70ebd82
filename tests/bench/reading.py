"""Reading a sentence: load time, memory, and the slowest percent over the development set."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from domain.clock import monotonic

DEVELOPMENT = Path(__file__).resolve().parents[1] / "understanding" / "development.tsv"


def memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def main() -> None:
    before = memory_mb()
    start = monotonic()
    from bot.settings import ROOT
    from understanding.reader import Reader

    reader = Reader.load(ROOT / "content")
    loaded = monotonic() - start
    sentences = [line.split("\t")[0] for line in DEVELOPMENT.read_text(encoding="utf-8").splitlines()[1:]]
    took = []
    for sentence in sentences * 5:
        begun = monotonic()
        reader.read(sentence, today=date(2026, 11, 23))
        took.append(monotonic() - begun)
    took.sort()
    slow_ms = took[int(len(took) * 0.99)] * 1000
    sys.stdout.write(f"{slow_ms:.2f} ms, {memory_mb() - before:.0f} MB, {loaded:.2f} s\n")


if __name__ == "__main__":
    main()
