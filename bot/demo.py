"""The demo: the whole bot on its own SQLite file, with a sample world and a local page. No account, no network."""

from __future__ import annotations

import asyncio
import secrets
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from bot.database import Ownership
from bot.demo_homes import DEFAULT_WORLD, scenario_named, scenarios_of
from bot.demo_stage import Demo
from bot.settings import ConfigError
from bot.web.sandbox import application
from bot.web.server import server_config

HOST = "127.0.0.1"  # never another: the page shows everything


def chosen(scenario: str, world: str) -> str:
    """The scenario that two options mean: one named by itself, or that with which a world begins.

    Raises ConfigError for an unknown scenario or world, or a scenario of another world.
    """
    if not scenario:
        return scenarios_of(world or DEFAULT_WORLD)[0]
    if world and scenario_named(scenario).world != world:
        raise ConfigError(f"--scenario {scenario}: not of --world {world}: one of {', '.join(scenarios_of(world))}")
    return scenario_named(scenario).name


async def serve(port: int, scenario: str, directory: Path, world: str = "") -> None:
    """Run the demo until Ctrl-C or SIGTERM.

    Raises ConfigError for what `chosen` refuses or a port in use, OwnedElsewhere beside a second demo on the same files.
    """
    scenario = chosen(scenario, world)
    demo, token = Demo(directory), secrets.token_urlsafe(16)
    with Ownership(demo.lock), _listen(port) as listening:
        await demo.start(scenario)
        try:
            server = uvicorn.Server(server_config(application(demo, token), HOST, port))
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):  # the server hands a signal on when it has stopped
                loop.add_signal_handler(number, setattr, server, "should_exit", True)
            address = f"http://{HOST}:{listening.getsockname()[1]}/sandbox?token={token}"
            await asyncio.gather(server.serve([listening]), _announce(server, demo, address))
        finally:
            await demo.stop()


def _listen(port: int) -> socket.socket:
    """Loopback only. Raises ConfigError when somebody else has the port."""
    try:
        return socket.create_server((HOST, port))
    except (OSError, OverflowError) as wrong:
        reason = getattr(wrong, "strerror", None) or str(wrong)
        raise ConfigError(f"--port {port}: {reason}: choose another, 0 takes a free one") from None


async def _announce(server: uvicorn.Server, demo: Demo, address: str) -> None:
    """Say where the page is once it is there; end the open streams as soon as the server wants to stop."""
    while not server.started and not server.should_exit:  # noqa: ASYNC110 (the server has flags, not events)
        await asyncio.sleep(0.02)
    sys.stdout.write(f"\n    暖铃 Nuanling  {address}\n\n")
    sys.stdout.write("    在浏览器里打开上面的地址,Ctrl-C 结束。Open it in a browser; Ctrl-C ends it.\n\n")
    sys.stdout.flush()
    while not server.should_exit:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    demo.hub.shut()
