"""What each fault on the wire means for a message: made to happen for real, and compared with what the platform got."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter

from bot.channels.channel import Sendable
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_errors import UNTOLD_WAIT, meaning
from bot.channels.telegram_wire import Timeouts
from bot.settings import Telegram
from domain.clock import SystemClock
from domain.errors import ChannelDown, DeliveryError, Rejected, TryLater, Unknown, Unreachable
from domain.messages import Attachment
from tests.telegram_server.people import Person
from tests.telegram_server.server import TelegramServer

SHORT = Timeouts(connect=0.5, answer=0.5, total=3.0, poll=1)
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
async def hurried(settings: Telegram) -> AsyncIterator[TelegramChannel]:
    """A channel that doesn't wait long."""
    async with channel_to(settings.base_url) as channel:
        yield channel


@pytest.fixture
def wang(server: TelegramServer) -> Person:
    person = server.user("王女士")
    person.start()
    return person


@asynccontextmanager
async def channel_to(base_url: str, timeouts: Timeouts = SHORT, proxy: str = "") -> AsyncIterator[TelegramChannel]:
    settings = Telegram(enabled=True, token=TelegramServer().token, base_url=base_url, proxy=proxy)
    channel = TelegramChannel(settings, SystemClock(), timeouts=timeouts)
    yield channel
    await channel.stop()


async def fault_of(channel: TelegramChannel, chat: str = "7") -> DeliveryError:
    """The fault that a send ends with. Whichever it is, it never tells the token or what was said."""
    with pytest.raises(DeliveryError) as caught:
        await channel.send(Sendable(chat, "王女士您好", [[{"label": "已缴", "token": "x"}]]))
    assert TelegramServer().token not in f"{caught.value!r} {caught.value.detail}"
    assert "王女士" not in caught.value.detail
    assert caught.value.detail
    assert caught.value.__suppress_context__
    return caught.value


# faults of the platform: the fake one knows whether it carried the request out


@pytest.mark.parametrize("fault", ["server_error", "reset_before", "hang_before"])
async def test_what_may_have_arrived_is_in_doubt(
    server: TelegramServer, hurried: TelegramChannel, wang: Person, fault: str
) -> None:
    """A reset looks like ConnectTimeout from outside, though the request was read."""
    server.faults.add(fault, method="sendMessage", times=1)
    assert type(await fault_of(hurried, str(wang.id))) is Unknown
    assert server.accepted("sendMessage") == []
    assert (await hurried.send(Sendable(str(wang.id), "您好"))).message_id


@pytest.mark.parametrize("fault", ["server_error_after", "reset_after", "hang_after", "garbage", "empty"])
async def test_what_did_arrive_is_in_doubt_and_was_sent_once(
    server: TelegramServer, hurried: TelegramChannel, wang: Person, fault: str
) -> None:
    server.faults.add(fault, method="sendMessage", times=1)
    assert type(await fault_of(hurried, str(wang.id))) is Unknown
    assert len(server.from_bot(wang)) == 1


@pytest.mark.parametrize("warm", [False, True], ids=["first request", "kept connection"])
async def test_a_server_that_is_gone_was_sent_nothing(
    server: TelegramServer, hurried: TelegramChannel, wang: Person, warm: bool
) -> None:
    if warm:
        await hurried.send(Sendable(str(wang.id), "您好"))
    await server.go_down()
    await asyncio.sleep(0.05)  # until the end of the kept connection has reached us
    assert type(await fault_of(hurried, str(wang.id))) is TryLater
    await server.come_back()
    await hurried.send(Sendable(str(wang.id), "又来了"))
    assert len(server.from_bot(wang)) == 1 + warm


async def test_a_slow_answer_is_waited_for(server: TelegramServer, hurried: TelegramChannel, wang: Person) -> None:
    server.faults.add("slow", method="sendMessage", delay_ms=300)
    await hurried.send(Sendable(str(wang.id), "您好"))
    assert len(server.from_bot(wang)) == 1


async def test_a_full_pool_was_sent_nothing(server: TelegramServer, settings: Telegram, wang: Person) -> None:
    """More requests than connections: those that got one end in doubt, the others never left."""
    server.faults.add("hang_before", method="sendMessage")
    async with channel_to(settings.base_url, Timeouts(connect=0.3, answer=1.0, total=3.0, poll=1)) as channel:
        faults = await asyncio.gather(*(fault_of(channel, str(wang.id)) for _ in range(40)))
    kinds = [type(fault) for fault in faults]
    assert kinds.count(Unknown) == len([call for call in server.calls if call.method == "sendMessage"])
    assert kinds.count(TryLater) == 40 - kinds.count(Unknown) > 0


async def test_the_wait_is_as_long_as_told_and_for_the_whole_lane(
    server: TelegramServer, hurried: TelegramChannel, wang: Person
) -> None:
    server.faults.add("too_many_requests", method="sendMessage", retry_after_seconds=37)
    before = SystemClock().now()
    fault = await fault_of(hurried, str(wang.id))
    assert isinstance(fault, TryLater)
    assert (fault.free, fault.lane_wide) == (True, True)
    assert fault.at is not None
    assert before + timedelta(seconds=37) <= fault.at <= SystemClock().now() + timedelta(seconds=37)


# faults of the address


async def test_who_blocked_left_or_never_came_is_unreachable(
    server: TelegramServer, hurried: TelegramChannel, wang: Person
) -> None:
    gone, stranger, left = server.user("张先生"), server.user("李先生"), server.group("三号楼", [wang])
    gone.start()
    gone.deactivate()
    wang.block()
    left.kick_bot()
    for chat in (wang.id, gone.id, stranger.id, left.id, 424242, -424242):
        fault = await fault_of(hurried, str(chat))
        assert isinstance(fault, Unreachable)
        assert (fault.permanent, fault.moved_to) == (True, None)
    assert server.accepted("sendMessage") == []


@pytest.mark.parametrize("chat", ["", "wang", "@durov", "12 ", "1e3", "--5"])
async def test_what_is_no_chat_id_is_never_sent(server: TelegramServer, hurried: TelegramChannel, chat: str) -> None:
    assert isinstance(await fault_of(hurried, chat), Unreachable)
    assert server.calls == []


async def test_a_group_that_became_a_supergroup_has_a_new_address(
    server: TelegramServer, hurried: TelegramChannel, wang: Person
) -> None:
    old = server.group("桂花苑业主群", [wang])
    new = old.migrate()
    fault = await fault_of(hurried, str(old.id))
    assert isinstance(fault, Unreachable)
    assert (fault.permanent, fault.moved_to) == (False, str(new.id))
    await hurried.send(Sendable(str(new.id), "您好"))
    assert len(server.from_bot(new)) == 1


# faults of the message


@pytest.mark.parametrize(
    "message",
    [
        Sendable("", ""),
        Sendable("", "a" * 4097),
        Sendable("", "您好", [[{"label": "已缴", "token": "x" * 63}]]),
        Sendable("", "您好", [[{"label": " ", "token": "x"}]]),
        Sendable("", "您好", [[{"label": "缴费", "url": "http://localhost/bill-of-wang"}]]),
        Sendable("", "您好", attachment=Attachment("photo", "no-such-file")),
        Sendable("", "a" * 1025, attachment=Attachment("document", "no-such-file")),
    ],
)
async def test_a_message_that_can_never_pass_is_rejected(
    server: TelegramServer, hurried: TelegramChannel, wang: Person, message: Sendable
) -> None:
    with pytest.raises(Rejected) as refused:
        await hurried.send(Sendable(str(wang.id), message.text, message.choices, attachment=message.attachment))
    assert "bill-of-wang" not in refused.value.detail
    assert server.from_bot(wang) == []


async def test_a_message_that_is_gone_is_said_anew(
    server: TelegramServer, hurried: TelegramChannel, wang: Person
) -> None:
    theirs = wang.say("您好")["message_id"]
    for edits in ("424242", str(theirs), "not-a-number"):
        receipt = await hurried.send(Sendable(str(wang.id), f"账单 {edits}", edits=edits))
        assert receipt.message_id != edits
        assert server.from_bot(wang)[-1]["text"] == f"账单 {edits}"


async def test_an_edit_that_is_refused_for_its_words_is_not_said_anew(
    server: TelegramServer, hurried: TelegramChannel, wang: Person
) -> None:
    first = await hurried.send(Sendable(str(wang.id), "账单"))
    with pytest.raises(Rejected):
        await hurried.send(Sendable(str(wang.id), "a" * 4097, edits=first.message_id))
    wang.block()
    with pytest.raises(Unreachable):
        await hurried.send(Sendable(str(wang.id), "账单 2", edits=first.message_id))
    assert [call.method for call in server.calls] == ["sendMessage", "editMessageText", "editMessageText"]


async def test_a_file_that_telegram_has_goes_with_its_words(
    server: TelegramServer, hurried: TelegramChannel, wang: Person
) -> None:
    photo = wang.send_photo()["photo"][-1]["file_id"]
    paper = wang.send_document(b"%PDF-1.4", "收据.pdf", "application/pdf")["document"]["file_id"]
    await hurried.send(Sendable(str(wang.id), "截图", attachment=Attachment("photo", photo)))
    await hurried.send(Sendable(str(wang.id), "收据", attachment=Attachment("document", paper), silent=True))
    first, second = server.from_bot(wang)
    assert (first["caption"], first["photo"][-1]["file_id"]) == ("截图", photo)
    assert (second["caption"], second["document"]["file_id"]) == ("收据", paper)


# faults of the account


@pytest.mark.parametrize("status", [401, 404])
async def test_a_refused_token_takes_the_channel_down(status: int) -> None:
    async with (
        answering(answer(status, b'{"ok":false,"description":"Unauthorized"}')) as place,
        channel_to(place.url) as channel,
    ):
        fault = await fault_of(channel)
        assert type(fault) is ChannelDown
        assert "telegram.token" in fault.detail
        assert not channel.health.ok
        assert channel.health.detail == fault.detail


async def test_a_second_user_of_the_token_takes_the_channel_down() -> None:
    async with (
        answering(answer(409, b'{"ok":false,"description":"Conflict: x"}')) as place,
        channel_to(place.url) as channel,
    ):
        fault = await fault_of(channel)
    assert type(fault) is ChannelDown
    assert "another program" in fault.detail


# faults of the wire that a whole server can't make


@dataclass
class Place:
    """A TCP server that reads a request and then does one thing. `requests` counts those that it read in full."""

    url: str = ""
    requests: int = 0


def answer(status: int, body: bytes, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (status, size, body)


@asynccontextmanager
async def answering(data: bytes, *, end: str = "close", scheme: str = "http") -> AsyncIterator[Place]:
    """Answers each request with these bytes, then `end`s it: close or reset. At `accept` it resets before it reads."""
    place = Place()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if end != "accept" and scheme == "http":
            head = await reader.readuntil(b"\r\n\r\n")
            size = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(size)
            place.requests += 1
        writer.write(data)
        await writer.drain()
        if end != "close":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    place.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/bot"
    async with server:
        yield place


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"", "close"),
        (b"", "reset"),
        (b"", "accept"),
        (b"\0\1nonsense\r\n\r\n", "close"),
        (answer(200, b'{"ok":true,"res', 400), "close"),
        (answer(200, b'{"ok":true,"res', 400), "reset"),
        (answer(200, b"<html>"), "close"),
        (answer(200, b""), "close"),
        (answer(200, b"[]"), "close"),
        (answer(200, b'{"ok":true}'), "close"),
        (answer(200, b'{"ok":false}'), "close"),
        (answer(200, b'{"ok":true,"result":7}'), "close"),
        (answer(200, b'{"ok":true,"result":{"message_id":1}}'), "close"),
        (answer(302, b""), "close"),
        (answer(413, b"<html>too large"), "close"),
        (answer(500, b'{"ok":false,"description":"Internal Server Error"}'), "close"),
        (answer(502, b"<html>Bad Gateway"), "close"),
        (answer(504, b""), "close"),
    ],
)
async def test_an_answer_that_is_none_leaves_the_message_in_doubt(data: bytes, end: str) -> None:
    async with answering(data, end=end) as place, channel_to(place.url) as channel:
        assert type(await fault_of(channel)) is Unknown
        assert place.requests == (end != "accept")


@pytest.mark.parametrize(
    "body", [b'{"ok":false,"error_code":429,"description":"Too Many Requests"}', b"<html>slow down"]
)
async def test_a_429_without_a_wait_is_still_a_refusal(body: bytes) -> None:
    async with answering(answer(429, body)) as place, channel_to(place.url) as channel:
        fault = await fault_of(channel)
    assert type(fault) is TryLater
    assert (fault.free, fault.lane_wide) == (True, True)
    assert fault.at is not None


async def test_a_name_that_does_not_exist_was_sent_nothing() -> None:
    async with channel_to(
        "http://no-such-host.invalid/bot", Timeouts(connect=5, answer=5, total=10, poll=1)
    ) as channel:
        assert type(await fault_of(channel)) is TryLater


async def test_a_connection_that_is_never_made_was_sent_nothing() -> None:
    """A listener whose queue is full: the kernel leaves the next ones unanswered."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        async with channel_to(f"http://127.0.0.1:{full.getsockname()[1]}/bot") as channel:
            assert type(await fault_of(channel)) is TryLater
        for each in waiting:
            each.close()


@pytest.mark.parametrize("end", ["close", "reset"])
async def test_a_handshake_that_fails_was_sent_nothing(end: str) -> None:
    async with answering(b"", end=end, scheme="https") as place, channel_to(place.url) as channel:
        assert type(await fault_of(channel)) is TryLater


@pytest.mark.parametrize("status", [502, 407])
async def test_a_proxy_that_refuses_passed_nothing_on(status: int) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(status, b""))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        proxy = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with channel_to("https://api.example.invalid/bot", proxy=proxy) as channel:
            assert type(await fault_of(channel)) is TryLater


async def test_a_proxy_hears_who_we_are_and_telegram_does_not() -> None:
    heard: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer(407, b""))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        proxy = f"http://office:s3cret@127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with channel_to("https://api.example.invalid/bot", proxy=proxy) as channel:
            fault = await fault_of(channel)
    [head] = heard
    assert head.startswith(b"CONNECT api.example.invalid:443")
    assert b"proxy-authorization: basic b2zmawnlonmzy3jlda==" in head.lower()
    assert "s3cret" not in fault.detail


async def test_a_proxy_that_is_not_there_passed_nothing_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        proxy = f"http://127.0.0.1:{taken.getsockname()[1]}"
    async with channel_to("https://api.example.invalid/bot", proxy=proxy) as channel:
        assert type(await fault_of(channel)) is TryLater


async def test_our_own_limit_leaves_the_message_in_doubt(
    server: TelegramServer, settings: Telegram, wang: Person
) -> None:
    server.faults.add("hang_after", method="sendMessage")
    async with channel_to(settings.base_url, Timeouts(connect=1, answer=30, total=0.3, poll=1)) as channel:
        async with asyncio.timeout(15):
            assert type(await fault_of(channel, str(wang.id))) is Unknown
    assert len(server.accepted("sendMessage")) == 1


# the table itself


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (BadRequest("Not enough rights to send text messages to the chat"), Unreachable),
        (BadRequest("CHAT_WRITE_FORBIDDEN"), Unreachable),
        (BadRequest("PEER_ID_INVALID"), Unreachable),
        (BadRequest("Message text is empty"), Rejected),
        (Forbidden("Forbidden: bot was kicked from the group chat"), Unreachable),
        (NetworkError("Too Many Requests: retry after 5"), TryLater),
        (NetworkError("Bad Gateway"), Unknown),
        (TimeoutError(), Unknown),
        (KeyError("result"), Unknown),
        (AssertionError("a fault of ours"), Unknown),
    ],
)
def test_the_table(error: Exception, kind: type[DeliveryError]) -> None:
    assert type(meaning(error, NOW)) is kind


@pytest.mark.parametrize("given", [8, timedelta(seconds=8)])
@pytest.mark.parametrize("as_timedelta", ["1", "0"])
@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
def test_a_wait_is_read_in_both_forms(
    monkeypatch: pytest.MonkeyPatch, given: int | timedelta, as_timedelta: str
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", as_timedelta)
    fault = meaning(RetryAfter(given), NOW)
    assert isinstance(fault, TryLater)
    assert fault.at == NOW + timedelta(seconds=8)


def test_an_untold_wait_is_ten_seconds() -> None:
    fault = meaning(NetworkError("Too Many Requests"), NOW)
    assert isinstance(fault, TryLater)
    assert fault.at == NOW + UNTOLD_WAIT == NOW + timedelta(seconds=10)


def test_a_move_names_the_new_chat() -> None:
    fault = meaning(ChatMigrated(-1002000000007), NOW)
    assert isinstance(fault, Unreachable)
    assert (fault.permanent, fault.moved_to) == (False, "-1002000000007")


def test_a_fault_already_named_stays_what_it_is() -> None:
    fault = Rejected("too long")
    assert meaning(fault, NOW) is fault


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        ("Chat not found", "Chat not found"),
        ("message can't be edited", "message can't be edited"),
        (
            "inline keyboard button URL 'https://x.example/b/secret' is invalid: Wrong HTTP URL",
            "inline keyboard button URL",
        ),
        (
            'can\'t parse entities: unsupported start tag "王女士" at byte offset 5',
            "can't parse entities: unsupported start tag",
        ),
    ],
)
def test_what_a_refusal_quotes_is_left_out(refusal: str, told: str) -> None:
    assert meaning(BadRequest(refusal), NOW).detail.endswith(f": {told}")
