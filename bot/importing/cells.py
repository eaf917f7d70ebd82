"""Reads a spreadsheet's cells in a process of its own, which may fail or grow without taking the program with it.

A file of two kilobytes can name a cell in the last column of the last row: its reader then asks for 26 GB, and dies.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

MEMORY_BYTES = 2 * 2**30
SECONDS = 120


class Unreadable(ValueError):
    """No spreadsheet, or one that asks for more than there is. `hungry`: it asked for too much memory or time."""

    def __init__(self, *, hungry: bool) -> None:
        super().__init__()
        self.hungry = hungry


def cells(path: Path, rows_max: int) -> list[list[object]]:
    """The first sheet's rows of values (str, float, bool, date …), at most `rows_max`. Raises Unreadable."""
    command = [sys.executable, "-m", __name__, str(path), str(rows_max)]
    here = Path(__file__).resolve().parents[2]
    try:
        done = subprocess.run(command, cwd=here, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise Unreadable(hungry=True) from None
    if done.returncode != 0:
        raise Unreadable(hungry=done.returncode != 1)
    rows: list[list[object]] = pickle.loads(done.stdout)  # what our own child wrote
    return rows


def _main(path: str, rows_max: int) -> int:
    """In the child. 0: the rows are on stdout; 1: not a spreadsheet."""
    import resource

    import python_calamine as calamine

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        sheet = calamine.load_workbook(path).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False, nrows=rows_max)
    except (calamine.CalamineError, IndexError, ValueError, OSError):
        return 1
    pickle.dump(rows, sys.stdout.buffer)
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1], int(sys.argv[2])))
