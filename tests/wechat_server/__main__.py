"""Runs the platform as a process of its own: `python tests/wechat_server --port 0` prints its URL and the account as JSON."""

import argparse
import asyncio
import sys
from contextlib import suppress
from pathlib import Path

if __name__ == "__main__":
    # Started as a folder, Python looks for modules inside it; they are named from the project's root.
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    from tests.wechat_server.server import serve

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument(
        "--callback", default="", help="where the bot takes callbacks: http://127.0.0.1:8080/wechat/callback"
    )
    options = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(options.port, options.callback))
