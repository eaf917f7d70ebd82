"""Runs the platform as a process of its own: `python tests/telegram_server --port 0` prints its URL and the token."""

import argparse
import asyncio
import sys
from contextlib import suppress
from pathlib import Path

if __name__ == "__main__":
    # Started as a folder, Python looks for modules inside it; they are named from the project's root.
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    from tests.telegram_server.server import serve

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--limits", action="store_true", help="keep the platform's limits: answer 429 beyond them")
    parser.add_argument("--seed", type=int, default=0, help="seed of the faults")
    options = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(options.port, limits=options.limits, seed=options.seed))
