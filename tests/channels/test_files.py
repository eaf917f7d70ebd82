"""Files that people sent come back from their platform as they were; what can't be had is a DeliveryError and nothing else."""

from __future__ import annotations

import pytest

from bot.channels.channel import WithFiles
from bot.channels.sandbox import SandboxChannel
from bot.channels.sandbox_platform import SAMPLE_PHOTO, Platform
from bot.channels.telegram import TelegramChannel
from bot.channels.wechat import WechatChannel
from bot.channels.wecom import WecomChannel
from bot.settings import Telegram
from domain.clock import SystemClock
from domain.errors import DeliveryError, Rejected, TryLater, Unknown
from tests.telegram_server.server import TelegramServer
from tests.wechat_server.server import WechatServer
from tests.wechat_server.wecom import WecomServer

PDF = b"%PDF-1.7 contract"


async def test_a_document_and_a_photo_come_back_from_telegram(
    server: TelegramServer, telegram: TelegramChannel
) -> None:
    wang = server.user("王女士")
    wang.start()
    await telegram.start()
    assert isinstance(telegram, WithFiles)
    sent = wang.send_document(PDF, "合同.pdf", "application/pdf")
    assert await telegram.fetch(sent["document"]["file_id"], len(PDF)) == PDF
    photo = wang.send_photo()["photo"][-1]
    assert (await telegram.fetch(photo["file_id"], 2**20)).startswith(b"\x89PNG")
    with pytest.raises(Rejected):
        await telegram.fetch(sent["document"]["file_id"], len(PDF) - 1)


@pytest.mark.parametrize("file_id", ["nosuchfile", "", "x" * 500])
async def test_a_file_that_is_gone_is_refused(server: TelegramServer, telegram: TelegramChannel, file_id: str) -> None:
    await telegram.start()
    with pytest.raises(Rejected):
        await telegram.fetch(file_id, 100)


async def test_a_platform_that_is_away_is_asked_again_later(settings: Telegram) -> None:
    away = TelegramChannel(settings.model_copy(update={"base_url": "http://127.0.0.1:9/bot"}), SystemClock())
    with pytest.raises((TryLater, Unknown)):
        await away.fetch("file", 100)
    await away.stop()


async def test_a_picture_comes_back_from_the_account(wechat_server: WechatServer, wechat: WechatChannel) -> None:
    wechat_server.media["media-1"] = SAMPLE_PHOTO
    assert isinstance(wechat, WithFiles)
    assert await wechat.fetch("media-1", len(SAMPLE_PHOTO)) == SAMPLE_PHOTO
    for file_id, most in (("media-1", len(SAMPLE_PHOTO) - 1), ("media-2", 2**20)):
        with pytest.raises(Rejected):
            await wechat.fetch(file_id, most)
    await wechat_server.go_down()
    with pytest.raises((TryLater, Unknown)):
        await wechat.fetch("media-1", 2**20)


async def test_a_picture_comes_back_from_the_company(wecom_server: WecomServer, wecom: WecomChannel) -> None:
    wecom_server.media["media-1"] = SAMPLE_PHOTO
    assert isinstance(wecom, WithFiles)
    assert await wecom.fetch("media-1", len(SAMPLE_PHOTO)) == SAMPLE_PHOTO
    for file_id, most in (("media-1", len(SAMPLE_PHOTO) - 1), ("media-2", 2**20)):
        with pytest.raises(Rejected):
            await wecom.fetch(file_id, most)


async def test_the_sandbox_has_what_was_sent_there() -> None:
    channel = SandboxChannel(Platform(), SystemClock())
    assert isinstance(channel, WithFiles)
    assert await channel.fetch("sample-photo", 2**20) == SAMPLE_PHOTO
    for file_id, most in (("sample-photo", 1), ("gone", 100)):
        with pytest.raises(DeliveryError):
            await channel.fetch(file_id, most)
