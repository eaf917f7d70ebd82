"""A Telegram of our own on loopback, and the real channel pointed at it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.channels.telegram import TelegramChannel
from bot.settings import Telegram
from domain.clock import SystemClock
from tests.telegram_server.server import TelegramServer


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as running:
        yield running


@pytest.fixture
def settings(server: TelegramServer) -> Telegram:
    return Telegram(enabled=True, token=server.token, base_url=server.base_url, base_file_url=server.base_file_url)


@pytest.fixture
async def telegram(settings: Telegram) -> AsyncIterator[TelegramChannel]:
    """Started, not receiving."""
    channel = TelegramChannel(settings, SystemClock())
    await channel.start()
    yield channel
    await channel.stop()
