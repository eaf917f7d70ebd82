"""A Telegram, a WeChat and a WeCom of our own on loopback, and the real channels pointed at them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.channels.email import EmailChannel
from bot.channels.telegram import TelegramChannel
from bot.channels.wechat import WechatChannel
from bot.channels.wecom import WecomChannel
from bot.content import load_wording
from bot.settings import Email, Telegram, Wechat, Wecom
from bot.wechat_memory import DatabaseMemory
from domain.clock import SystemClock
from domain.links import Links
from models.base import Database
from tests.channels.email_stage import EmailStage
from tests.channels.mail_server import MailServer
from tests.channels.stages import SandboxStage, TelegramStage
from tests.channels.wechat_stage import WechatStage
from tests.channels.wecom_stage import WecomStage
from tests.telegram_server.server import TelegramServer
from tests.wechat_server.server import WechatServer
from tests.wechat_server.wecom import WecomServer


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


@pytest.fixture
def telegram_stage(server: TelegramServer, telegram: TelegramChannel) -> TelegramStage:
    return TelegramStage(server, telegram)


@pytest.fixture
def email_stage(tmp_path: Path) -> Iterator[EmailStage]:
    with MailServer(tmp_path) as server:
        settings = Email(
            enabled=True, host="localhost", port=server.port, security="none", sender="翠湖物业 <fee@example.com>"
        )
        zone = ZoneInfo("Asia/Shanghai")
        channel = EmailChannel(settings, SystemClock(), load_wording(), Links(), "翠湖物业", "zh", zone)
        asyncio.run(channel.start())
        yield EmailStage(server, channel)


@pytest.fixture
def sandbox_stage() -> SandboxStage:
    return SandboxStage()


# WeChat


@pytest.fixture
async def wechat_server() -> AsyncIterator[WechatServer]:
    async with WechatServer() as running:
        yield running


@pytest.fixture
def wechat_settings(wechat_server: WechatServer) -> Wechat:
    return Wechat.model_validate(wechat_server.settings(wechat_server.url))


@pytest.fixture
def memory(sqlite: Database, wechat_settings: Wechat) -> DatabaseMemory:
    return DatabaseMemory(sqlite, SystemClock(), "wechat", wechat_settings.app_id)


@pytest.fixture
async def wechat(wechat_settings: Wechat, memory: DatabaseMemory) -> AsyncIterator[WechatChannel]:
    """Started, not receiving."""
    channel = WechatChannel(wechat_settings, SystemClock(), memory)
    await channel.start()
    yield channel
    await channel.stop()


@pytest.fixture
async def wechat_stage(wechat_server: WechatServer, wechat: WechatChannel, memory: DatabaseMemory) -> WechatStage:
    stage = WechatStage(wechat_server, wechat)
    await stage.prepare(memory)
    return stage


# WeCom


@pytest.fixture
async def wecom_server() -> AsyncIterator[WecomServer]:
    async with WecomServer() as running:
        yield running


@pytest.fixture
def wecom_settings(wecom_server: WecomServer) -> Wecom:
    robots = [{"name": "duty", "key": wecom_server.robot()}]
    return Wecom.model_validate(wecom_server.settings(wecom_server.url) | {"robots": robots})


@pytest.fixture
async def wecom(wecom_settings: Wecom, sqlite: Database) -> AsyncIterator[WecomChannel]:
    """Started, not receiving."""
    account = f"{wecom_settings.corp_id}/{wecom_settings.agent_id}"
    memory = DatabaseMemory(sqlite, SystemClock(), "wecom", account)
    channel = WecomChannel(wecom_settings, SystemClock(), memory)
    await channel.start()
    yield channel
    await channel.stop()


@pytest.fixture
def wecom_stage(wecom_server: WecomServer, wecom: WecomChannel) -> WecomStage:
    return WecomStage(wecom_server, wecom)
