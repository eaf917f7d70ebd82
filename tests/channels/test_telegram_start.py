"""Starting: who the bot is, its commands, the way its updates come; and what is said when something is wrong."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.channel import Sendable
from bot.channels.telegram import Menus, TelegramChannel
from bot.channels.telegram_wire import Timeouts
from bot.content import load_office
from bot.settings import ConfigError, Settings, Telegram
from domain.clock import SystemClock
from domain.errors import ChannelDown, DeliveryError, TryLater
from domain.wording import LANGUAGES
from tests.telegram_server.server import TelegramServer

SHORT = Timeouts(connect=0.5, answer=0.5, total=2.0, poll=1)
MENUS: Menus = {
    "private": {"zh": [("bill", "我的账单"), ("stop", "停止提醒")], "en": [("bill", "My bill"), ("stop", "Stop")]},
    "group": {"zh": [("help", "我能做什么")], "en": [("help", "What I can do")]},
    "staff": {"zh": [("tasks", "待办")], "en": [("tasks", "Tasks")]},
}


async def refused(settings: Telegram, **changes: object) -> DeliveryError:
    """What a start with this configuration ends with; it never tells the token."""
    channel = TelegramChannel(settings.model_copy(update=changes), SystemClock(), timeouts=SHORT)
    with pytest.raises(DeliveryError) as caught:
        await channel.start()
    assert not channel.health.ok
    await channel.stop()
    assert str(changes.get("token", settings.token)) not in f"{caught.value!r}{channel.health.detail}"
    return caught.value


async def test_it_learns_its_name(telegram: TelegramChannel) -> None:
    assert telegram.public_name == "nuanling_bot"
    assert telegram.health.ok


async def test_it_takes_its_limits_from_the_configuration(settings: Telegram) -> None:
    changed = settings.model_copy(update={"global_per_second": 7, "per_chat_per_second": 0.5, "group_per_minute": 10})
    channel = TelegramChannel(changed, SystemClock())
    limits = channel.limits
    await channel.stop()
    assert (limits.global_per_second, limits.per_chat_per_second, limits.group_per_minute) == (7, 0.5, 10)


@pytest.mark.parametrize("token", ["nonsense", "700001", "700001:", ":AAF", "AAF:700001"])
def test_what_is_no_token_is_named(settings: Telegram, token: str) -> None:
    with pytest.raises(ConfigError, match=r"telegram\.token"):
        TelegramChannel(settings.model_copy(update={"token": token}), SystemClock())


async def test_a_token_that_was_revoked_is_named(settings: Telegram) -> None:
    fault = await refused(settings, token="700001:AAF-another-token-that-was-revoked-00")
    assert isinstance(fault, ChannelDown)
    assert "telegram.token" in fault.detail


async def test_nobody_there_is_tried_later(server: TelegramServer, settings: Telegram) -> None:
    await server.go_down()
    assert type(await refused(settings)) is TryLater


async def test_a_start_can_be_tried_again(server: TelegramServer, settings: Telegram) -> None:
    channel = TelegramChannel(settings, SystemClock(), timeouts=SHORT)
    server.faults.add("server_error", method="getMe", times=1)
    with pytest.raises(DeliveryError):
        await channel.start()
    await channel.start()
    assert channel.health.ok
    assert channel.public_name == "nuanling_bot"
    await channel.stop()


@pytest.mark.parametrize(
    "changes", [{"webhook_url": "ftp://example.com/x"}, {"webhook_url": "http://127.0.0.1:1/x", "secret_token": "ü!"}]
)
async def test_a_webhook_that_telegram_refuses_is_named(settings: Telegram, changes: dict[str, str]) -> None:
    fault = await refused(settings, mode="webhook", **changes)
    assert isinstance(fault, ChannelDown)
    assert "telegram.webhook_url" in fault.detail


async def test_polling_takes_a_webhook_away_and_keeps_what_waits(server: TelegramServer, settings: Telegram) -> None:
    server.user("王女士").start()
    webhook = settings.model_copy(
        update={"mode": "webhook", "webhook_url": "http://127.0.0.1:1/telegram/webhook", "secret_token": "x" * 20}
    )
    for each in (webhook, settings):
        channel = TelegramChannel(each, SystemClock())
        await channel.start()
        await channel.stop()
    assert server.updates.webhook is None
    assert len(server.updates.pending) == 1
    assert [call.params.get("drop_pending_updates") for call in server.accepted("deleteWebhook")] == [None]
    assert [call.params.get("drop_pending_updates") for call in server.accepted("setWebhook")] == [None]


# the way out


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1080", "127.0.0.1:7890", "ftp://127.0.0.1", "x"])
def test_a_proxy_that_cannot_be_used_is_named(settings: Telegram, proxy: str) -> None:
    with pytest.raises(ConfigError, match=r"telegram\.proxy"):
        TelegramChannel(settings.model_copy(update={"proxy": proxy}), SystemClock())


async def test_every_request_goes_through_the_proxy(server: TelegramServer, settings: Telegram) -> None:
    """The proxy hears the whole address and passes it on; the name itself leads nowhere from here."""
    asked: list[str] = []
    talks: list[asyncio.Task[None] | None] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.append(asyncio.current_task())
        there, out = await asyncio.open_connection("127.0.0.1", server.port)
        while head := await _head(reader):
            method, url, rest = head.split(b" ", 2)
            asked.append(url.decode())
            out.write(b"%b /%b %b" % (method, url.split(b"/", 3)[3], rest) + await reader.readexactly(_size(head)))
            answer = await _head(there)
            writer.write(answer + await there.readexactly(_size(answer)))
        out.close()
        writer.close()

    wang = server.user("王女士")
    wang.start()
    async with await asyncio.start_server(pass_on, "127.0.0.1", 0) as proxy:
        address = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
        there = {"proxy": address, "base_url": "http://telegram.example.invalid/bot"}
        channel = TelegramChannel(settings.model_copy(update=there), SystemClock(), timeouts=SHORT)
        await channel.start()
        await channel.send(Sendable(str(wang.id), "您好"))
        arrived = asyncio.Event()

        async def store(external_id: str, payload: str) -> None:
            arrived.set()

        receiving = asyncio.create_task(channel.receive(store))
        await asyncio.wait_for(arrived.wait(), 10)
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
        await channel.stop()
        await asyncio.gather(*(talk for talk in talks if talk is not None))
    assert len(server.from_bot(wang)) == 1
    methods = [url.rpartition("/")[2].partition("?")[0] for url in asked]
    assert {"getMe", "sendMessage", "getUpdates"} <= set(methods)
    assert all(url.startswith("http://telegram.example.invalid/bot") for url in asked)


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


def _size(head: bytes) -> int:
    """The length of the body that follows."""
    lines = head.lower().split(b"\r\n")
    return next((int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")), 0)


# commands


async def started(settings: Telegram) -> None:
    channel = TelegramChannel(settings, SystemClock(), MENUS)
    await channel.start()
    await channel.offer_staff_menu(["7", "nobody"])
    await channel.stop()


async def test_each_chat_sees_its_commands_in_its_language(server: TelegramServer, settings: Telegram) -> None:
    wang = server.user("王女士")
    wang.start()
    channel = TelegramChannel(settings, SystemClock(), MENUS)
    await channel.start()
    await channel.offer_staff_menu([str(wang.id), "424242", "nobody"])
    await channel.stop()
    told = {
        place: [(command["command"], command["description"]) for command in commands]
        for place, commands in server.commands.items()
    }
    scopes = {"private": "all_private_chats", "group": "all_group_chats", "staff": f"chat/{wang.id}"}
    codes = {"zh": "", "en": "en"}  # Chinese for every language that has no menu of its own
    assert told == {
        (scopes[menu], codes[language]): list(commands)
        for menu, languages in MENUS.items()
        for language, commands in languages.items()
    }


async def test_a_second_start_sets_nothing_again(server: TelegramServer, settings: Telegram) -> None:
    await started(settings)
    first = len(server.accepted("setMyCommands"))
    await started(settings)
    assert first >= 4
    assert len(server.accepted("setMyCommands")) == first


async def test_changed_words_are_set(server: TelegramServer, settings: Telegram) -> None:
    await started(settings)
    first = len(server.accepted("setMyCommands"))
    channel = TelegramChannel(settings, SystemClock(), {"group": {"zh": [("help", "帮助")]}})
    await channel.start()
    await channel.stop()
    assert len(server.accepted("setMyCommands")) == first + 1


async def test_a_menu_that_cannot_be_shown_stops_nothing(server: TelegramServer, settings: Telegram) -> None:
    server.faults.add("server_error", method="getMyCommands")
    server.faults.add("server_error", method="deleteWebhook")
    channel = TelegramChannel(settings, SystemClock(), MENUS)
    await channel.start()
    assert channel.health.ok
    await channel.stop()


async def test_the_shipped_menus_pass_the_platforms_rules(server: TelegramServer, settings: Telegram) -> None:
    wang = server.user("王女士")
    wang.start()
    wording = load_office(Settings(telegram=settings), ("telegram",)).wording
    menus = {
        menu: {language: tuple(wording.below(f"menu_{menu}", language)) for language in LANGUAGES} for menu in MENUS
    }
    channel = TelegramChannel(settings, SystemClock(), menus)
    await channel.start()
    await channel.offer_staff_menu([str(wang.id)])
    await channel.stop()
    assert len(server.commands) == 6
    assert all(server.commands.values())
    assert {each["command"] for each in server.commands["all_group_chats", ""]} == {"help"}
