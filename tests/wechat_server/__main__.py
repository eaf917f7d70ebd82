"""Runs the platform as a process of its own: `python tests/wechat_server --port 0` prints its URL, the account as JSON and for config.toml.

`--company`: WeCom instead of an Official Account. What people do there is told to it over HTTP: see `_control` of each server.
"""

import argparse
import asyncio
import sys
from contextlib import suppress
from pathlib import Path

if __name__ == "__main__":
    # Started as a folder, Python looks for modules inside it; they are named from the project's root.
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    from tests.wechat_server.server import WechatServer, serve
    from tests.wechat_server.wecom import WecomServer

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument(
        "--callback", default="", help="where the bot takes callbacks: http://127.0.0.1:8080/wechat/callback"
    )
    parser.add_argument("--company", action="store_true", help="WeCom instead of an Official Account")
    options = parser.parse_args()
    kind, section = (WecomServer, "wecom") if options.company else (WechatServer, "wechat")

    async def _serve() -> None:
        await serve(kind(port=options.port, callback=options.callback), section)

    with suppress(KeyboardInterrupt):
        asyncio.run(_serve())
