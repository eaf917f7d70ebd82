"""The demo: the whole bot on its own SQLite file, with a sample world and a local page. No account, no network."""

from __future__ import annotations

import asyncio
import errno
import secrets
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvicorn

from bot.database import OwnedElsewhere, Ownership
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

    Raises ConfigError for what `chosen` refuses, for a port in use, and beside another demo in the same folder.
    """
    scenario = chosen(scenario, world)
    demo, token = Demo(directory), secrets.token_urlsafe(16)
    with _alone(demo), _listen(port) as listening:
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


@contextmanager
def _alone(demo: Demo) -> Iterator[None]:
    """Hold the demo's folder. Raises ConfigError when another demo has it."""
    with ExitStack() as held:
        try:
            held.enter_context(Ownership(demo.lock))
        except OwnedElsewhere as wrong:
            folder = demo.directory
            raise ConfigError(
                f"演示已经开着（进程 {wrong.owner}，文件夹 {folder}）：打开它在终端里打印的地址，或先在那边按 Ctrl-C 结束；"
                "要同时再开一个：python -m bot demo --port 0 --dir 另一个文件夹。"
                f" A demo is running already (process {wrong.owner}, folder {folder}): open the address that its terminal "
                "shows, or end it there with Ctrl-C; for a second one beside it: python -m bot demo --port 0 --dir another-folder"
            ) from None
        yield


def _listen(port: int) -> socket.socket:
    """Loopback only. Raises ConfigError when somebody else has the port."""
    try:
        return socket.create_server((HOST, port))
    except (OSError, OverflowError) as wrong:
        if getattr(wrong, "errno", None) == errno.EADDRINUSE:
            raise ConfigError(
                f"端口 {port} 已被别的程序占用：换一个，例如 make demo PORT={port + 1}（或 --port 0，自动找空闲的）。"
                f" --port {port}: another program has it: choose another, such as make demo PORT={port + 1} "
                "(or --port 0, which takes a free one)"
            ) from None
        reason = getattr(wrong, "strerror", None) or str(wrong)
        raise ConfigError(f"--port {port}: {reason}: choose another, 0 takes a free one") from None


async def _announce(server: uvicorn.Server, demo: Demo, address: str) -> None:
    """Say where the page is once it is there; end the open streams as soon as the server wants to stop."""
    while not server.started and not server.should_exit:  # noqa: ASYNC110 (the server has flags, not events)
        await asyncio.sleep(0.02)
    sys.stdout.write(f"\n    暖铃 Nuanling  {address}\n\n")
    sys.stdout.write("    在浏览器里打开上面的地址，Ctrl-C 结束。Open it in a browser; Ctrl-C ends it.\n\n")
    sys.stdout.flush()
    while not server.should_exit:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    demo.hub.shut()
