"""Time that runs faster than it does: waits of minutes pass in seconds, while sockets and files stay real."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

FACTOR = 20.0


class _Selector(selectors.DefaultSelector):
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(None if timeout is None else timeout / FACTOR)


class _Loop(asyncio.SelectorEventLoop):
    def time(self) -> float:
        return time.monotonic() * FACTOR


@contextmanager
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[asyncio.Runner]:
    """A runner whose loop, and with it every time-out, limiter and breaker of the program, is FACTOR times as fast."""
    monkeypatch.setattr("domain.clock._time", SimpleNamespace(monotonic=lambda: time.monotonic() * FACTOR))
    with asyncio.Runner(loop_factory=lambda: _Loop(_Selector())) as runner:
        yield runner
