"""A file of our own, sent as a document: an export."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.channels.channel import Sendable
from bot.channels.telegram import TelegramChannel
from bot.settings import Telegram
from domain.clock import SystemClock
from domain.errors import Rejected
from domain.messages import Attachment
from tests.telegram_server.server import TelegramServer


async def test_our_own_file_arrives_with_its_name_and_its_words(
    server: TelegramServer, settings: Telegram, tmp_path: Path
) -> None:
    wang = server.user("王女士")
    wang.start()
    file = tmp_path / "1-abc.xlsx"
    file.write_bytes(b"PK content")
    channel = TelegramChannel(settings, SystemClock())
    await channel.start()
    attachment = Attachment("document", "", "导出-翠湖苑.xlsx", 10, str(file))
    receipt = await channel.send(Sendable(str(wang.id), "含个人信息，用完请删除。", attachment=attachment))
    file.unlink()
    with pytest.raises(Rejected, match="the file is gone"):
        await channel.send(Sendable(str(wang.id), "再来一次", attachment=attachment))
    await channel.stop()
    assert receipt.message_id
    (sent,) = [message for message in server.messages(wang.id) if "document" in message]
    assert sent["document"]["file_name"] == "导出-翠湖苑.xlsx"
    assert sent["caption"] == "含个人信息，用完请删除。"
