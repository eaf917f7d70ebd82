"""An ASGI app listening on loopback, in the running loop; can be taken down and brought back on the same port."""

import asyncio
import socket
from types import TracebackType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState


class Connection(H11Protocol):
    """uvicorn's HTTP protocol; hands each request its transport, so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called once for each connection."""
        super().connection_made(transport)
        self.app_state = {"transport": transport}


class Loopback:
    """`async with Loopback(app) as place:` listens at `place.url`; port 0 takes a free one."""

    def __init__(self, app: Any, port: int = 0) -> None:
        self.port = port
        self._config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_keep_alive=75)
        self._state = ServerState()
        self._listening: asyncio.Server | None = None

    async def __aenter__(self) -> "Loopback":
        """Starts listening."""
        await self.come_back()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops listening."""
        await self.go_down()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    async def come_back(self) -> None:
        """Listens (again) on the same port."""
        # The protocol is named because asyncio switches Nagle's delay off (40 ms an answer) only where it is.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._listening = await asyncio.get_running_loop().create_server(
            lambda: Connection(self._config, self._state, {}), sock=listener, backlog=2048
        )

    async def go_down(self) -> None:
        """Refuses new connections and cuts those that are open."""
        if self._listening:
            self._listening.close()
            self._listening = None
        for connection in list(self._state.connections):
            connection.transport.abort()
        if self._state.tasks:
            _, late = await asyncio.wait(self._state.tasks, timeout=5)
            for task in late:
                task.cancel()
        await asyncio.sleep(0)  # aborted transports close in the loop's next round
