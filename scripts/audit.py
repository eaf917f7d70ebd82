"""Asks the advisory service OSV about every locked release, and says so when it can't be asked.

python -m scripts.audit        exit 0: no known weakness; 1: some, listed; 2: the service could not be asked
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
TOOL = "pip-audit~=2.9"
UNREACHED = ("ConnectionError", "Timeout", "ServiceError", "Failed to fetch", "error sending request", "dns error")


def audit(lock: str) -> tuple[int, str]:
    """(exit code, what to tell) of one lock file."""
    uv = str(Path(sys.executable).with_name("uv"))
    options = [
        "--vulnerability-service",
        "osv",
        "--disable-pip",
        "--require-hashes",
        "--strict",
        "--progress-spinner",
        "off",
    ]
    done = subprocess.run(
        [uv, "tool", "run", "--quiet", TOOL, *options, "--requirement", str(ROOT / lock)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    if done.returncode == 0:
        return 0, f"{lock}: no known weakness"
    if any(sign in said for sign in UNREACHED):
        return 2, f"{lock}: NOT AUDITED: the advisory service can't be reached from this machine"
    return 1, f"{lock}:\n{said.strip()}"


def main() -> int:
    results = [audit(lock) for lock in LOCKS]
    for _, told in results:
        print(told)
    return max(code for code, _ in results)


if __name__ == "__main__":
    sys.exit(main())
