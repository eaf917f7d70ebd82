"""`make bench`: every figure of docs/benchmarks.md, measured in one run. `--quick` for a small one, names for some."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform as machine
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("PTB_TIMEDELTA", "1")

from tests.bench import inbound, sending
from tests.bench import wechat as official_account

ROOT = Path(__file__).resolve().parents[2]


def line(*cells: object) -> None:
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)  # noqa: T201


async def send(directory: Path, quick: bool) -> None:
    bare, ours = await sending.ratio(directory, 500 if quick else 2000, 1 if quick else 3)
    line("durable sending ÷ bare ExtBot", f"{ours / bare:.2f}", f"{ours:.0f}/s ÷ {bare:.0f}/s", "0.7; 1.0")


async def limit(directory: Path, quick: bool) -> None:
    share, refused = await sending.share_of_limit(directory, 300 if quick else 3000)
    line("share of 30/s used, answers of 429", f"{share:.1%}, {refused}", "", "95 %; 98 %, 0")


async def group(directory: Path, quick: bool) -> None:
    most, refused = await sending.one_group(directory)
    line("40 messages to one group: most in any 60 s, 429", f"{most}, {refused}", "", "20, 0")


async def answer(directory: Path, quick: bool) -> None:
    bare, ours, slowest = await inbound.compare(directory, 500 if quick else 1500, 1 if quick else 3)
    line("inbound, durable ÷ bare echo", f"{ours / bare:.2f}", f"{ours:.0f}/s ÷ {bare:.0f}/s", "0.5; 0.8")
    line("reply p99 at 50 updates/s", f"{slowest * 1000:.0f} ms", "", "150 ms; 80 ms")


async def planning(directory: Path, quick: bool) -> None:
    totals = []
    for households in (5_000, 10_000) if quick else (100_000, 200_000):
        program = [sys.executable, "-m", "tests.bench.planning", str(households), str(directory)]
        out = await asyncio.to_thread(subprocess.run, program, cwd=ROOT, capture_output=True, text=True, check=True)
        _, looking, writing, processor, _, peak_mb = out.stdout.split()
        totals.append(float(writing))
        line(
            f"planning {households:,} households, all due (SQLite)",
            f"{float(writing):.1f} s, {peak_mb} MB",
            f"{float(processor):.1f} s of a processor; preview {float(looking):.1f} s",
            "45 s, 400 MB; 20 s, 300 MB",
        )
    line("twice as many households", f"{totals[1] / totals[0]:.2f} ×", "", "2.4; 2.1")


async def load(directory: Path, quick: bool) -> None:
    households, rows = (5_000, 5_000) if quick else (100_000, 50_000)
    slow, slowest, number = await inbound.under_load(directory, households, rows)
    line(
        f"reply p99 while {households:,} households are planned and {rows:,} rows imported",
        f"{slow * 1000:.0f} ms",
        f"longest of {number}: {slowest * 1000:.0f} ms",
        "1 s; 300 ms",
    )


async def reading(directory: Path, quick: bool) -> None:
    program = [sys.executable, "-m", "tests.bench.reading"]
    out = await asyncio.to_thread(subprocess.run, program, cwd=ROOT, capture_output=True, text=True, check=True)
    speed, scores = out.stdout.splitlines()
    line("reading a sentence: p99, memory, load", speed, "", "5 ms, 40 MB, 0.3 s; 1 ms, 15 MB, 0.1 s")
    line(
        "its development set: accuracy, in scope zh, en, macro-F1, surest 80 %, out of scope answered, in scope refused",
        scores,
        "lines and rules were written with it in sight",
        "0.88, 0.89, 0.86, 0.87, 0.96, 0.15, 0.07",
    )


async def wechat(directory: Path, quick: bool) -> None:
    rate, held_up = await official_account.templates(directory, 300 if quick else 3000)
    line("WeChat: template messages", f"{rate:.0f}/s", f"loop held up {held_up * 1000:.0f} ms at most", "200/s, 50 ms")
    median, slowest, silent = await official_account.answers(directory, 200 if quick else 1000, 20)
    figure = f"{median * 1000:.0f} ms, p99 {slowest * 1000:.0f} ms, {silent} without reply"
    line("WeChat: callback with its reply, at 20/s", figure, "", "p99 200 ms, 0")
    number, bad = await official_account.slow_loris(directory, 20 if quick else 200)
    line("WeChat: bodies that never end, answers of 5xx", f"{number}, {bad}", "", "0")


PARTS = {each.__name__: each for each in (send, limit, group, answer, planning, load, reading, wechat)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    line("measure", "figure", "of which", "at least; goal")
    line("---", "---", "---", "---")
    with tempfile.TemporaryDirectory() as directory:
        for name in options.parts or PARTS:
            asyncio.run(PARTS[name](Path(directory), options.quick))
    line("machine", f"{os.cpu_count()} cores, Python {machine.python_version()}", "", "")


if __name__ == "__main__":
    main()
