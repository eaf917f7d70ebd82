"""E-mail over real SMTP: STARTTLS, login, headers, stop address, and what each answer of the server means."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.channels.channel import Sendable
from bot.channels.email import EmailChannel
from bot.content import load_wording
from bot.settings import ConfigError, Email, load
from domain.clock import SystemClock
from domain.errors import ChannelDown, DeliveryError, Rejected, TryLater, Unknown, Unreachable
from domain.links import Links
from domain.messages import Attachment, Kind
from tests.channels.mail_server import PASSWORD, USER, MailServer

LINKS = Links("https://fee.example.com", ("k" * 32,))
WANG = "wang@example.com"


def channel(server: MailServer, **own: object) -> EmailChannel:
    values = {
        "enabled": True,
        "host": "localhost",
        "port": server.port,
        "security": "none",
        "sender": "翠湖物业 <fee@example.com>",
        "reply_to": "office@example.com",
        **own,
    }
    zone = ZoneInfo("Asia/Shanghai")
    return EmailChannel(Email.model_validate(values), SystemClock(), load_wording(), LINKS, "翠湖物业", "zh", zone)


async def test_encrypted_and_logged_in(tmp_path: Path) -> None:
    with MailServer(tmp_path, tls=True) as server:
        server.boxes.known.add(WANG)
        own = {"security": "starttls", "ca_file": server.ca_file, "user": USER, "password": PASSWORD}
        good = channel(server, **own)
        await good.start()
        await good.send(Sendable(WANG, "您好"))
        assert len(server.boxes.got[WANG]) == 1
        assert good.health.ok
        for wrong, said in (
            ({**own, "password": "wrong"}, "user and password"),
            ({**own, "ca_file": ""}, "certificate"),
            ({**own, "security": "none", "user": "", "password": ""}, "wants a login"),
        ):
            bad = channel(server, **wrong)
            with pytest.raises(ChannelDown) as refused:
                await bad.send(Sendable(WANG, "您好"))
            assert said in refused.value.detail, refused.value.detail
            assert not bad.health.ok
        assert len(server.boxes.got[WANG]) == 1


async def test_encryption_is_never_left_out(tmp_path: Path) -> None:
    """A server that doesn't offer it gets nothing."""
    with MailServer(tmp_path) as server:
        server.boxes.known.add(WANG)
        with pytest.raises(ChannelDown):
            await channel(server, security="starttls").send(Sendable(WANG, "您好"))
        assert server.boxes.got == {}


async def test_what_a_mail_carries(tmp_path: Path) -> None:
    file = tmp_path / "x.pdf"
    file.write_bytes(b"%PDF-1.4")
    with MailServer(tmp_path) as server:
        server.boxes.known.add(WANG)
        mailer = channel(server)
        choices = ([{"label": "去缴费", "url": "https://pay.example.com/b/1"}], [{"label": "已缴", "token": "t" * 22}])
        attachment = Attachment("document", "", "账单.pdf", 8, str(file))
        message = Sendable(WANG, "王女士您好,3栋12**", choices, attachment=attachment, kind=Kind.REMINDER, key="k1")
        first, again = [await mailer.send(message) for _ in range(2)]
        mails = server.boxes.got[WANG]
    assert first.message_id == again.message_id == str(mails[0]["Message-ID"])
    mail = mails[0]
    assert (str(mail["To"]), str(mail["Reply-To"])) == (WANG, "office@example.com")
    assert str(mail["From"]) == "翠湖物业 <fee@example.com>"
    assert str(mail["Subject"]) == "翠湖物业：温馨提醒"  # nothing of a household
    assert str(mail["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    stop = re.search(r"<https://fee.example.com/email-stop/([^>]+)>", str(mail["List-Unsubscribe"]))
    assert stop is not None
    assert WANG not in str(mail["List-Unsubscribe"])
    assert (LINKS.subject(stop[1], SystemClock().now()) or "").startswith("mail-")
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "去缴费: https://pay.example.com/b/1" in text
    assert "已缴" not in text  # a button that nothing could press
    assert stop[1] in text
    assert [part.get_filename() for part in mail.iter_attachments()] == ["账单.pdf"]


@pytest.mark.parametrize(
    ("command", "answer", "error"),
    [
        ("MAIL", "450 later", TryLater),
        ("MAIL", "553 sender refused", ChannelDown),
        ("RCPT", "451 greylisted", TryLater),
        ("RCPT", "550 no such user", Unreachable),
        ("RCPT", "553 bad mailbox", Unreachable),
        ("RCPT", "554 Relay access denied", ChannelDown),
        ("RCPT", "530 authentication required", ChannelDown),
        ("DATA", "452 disk full", TryLater),
        ("DATA", "552 too large", Rejected),
        ("DATA", "554 looks like spam", Rejected),
    ],
)
async def test_what_each_answer_means(tmp_path: Path, command: str, answer: str, error: type[DeliveryError]) -> None:
    with MailServer(tmp_path) as server:
        server.boxes.known.add(WANG)
        server.boxes.faults[command] = answer
        with pytest.raises(error) as refused:
            await channel(server).send(Sendable(WANG, "您好"))
        assert type(refused.value) is error
        assert server.boxes.got == {}
        assert "您好" not in refused.value.detail


async def test_a_break_after_the_mail_is_a_doubt_and_before_it_is_none(tmp_path: Path) -> None:
    with MailServer(tmp_path) as server:
        server.boxes.known.add(WANG)
        server.boxes.break_within_data = True
        with pytest.raises(Unknown):
            await channel(server).send(Sendable(WANG, "您好"))
        port = server.port
    stopped = socket.socket()
    stopped.bind(("127.0.0.1", 0))  # bound and not listening: refused at once
    mailer = channel_at(stopped.getsockname()[1])
    with pytest.raises(TryLater):
        await mailer.send(Sendable(WANG, "您好"))
    stopped.close()
    assert port


def channel_at(port: int) -> EmailChannel:
    class There(MailServer):
        @property
        def port(self) -> int:
            return port

    return channel(There(Path()))


@pytest.mark.parametrize("chat", ["", "wang", "a@b", "wang@example.com\r\nBcc: x@y.z", "王@例子.中国", "<a@b.cn>"])
async def test_what_is_no_address_is_never_tried(tmp_path: Path, chat: str) -> None:
    with MailServer(tmp_path) as server, pytest.raises(Unreachable):
        await channel(server).send(Sendable(chat, "您好"))


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("HOST", "", "email.host is missing"),
        ("SENDER", "fee", "email.sender is not an address"),
        ("SECURITY", "none", "in the clear"),
        ("PASSWORD", "violet-harbour-41", "belong together"),
        ("PORT", "0", "email.port"),
        ("HOTS", "x", "unknown key email.hots"),
    ],
)
def test_a_wrong_section_is_named(key: str, value: str, said: str) -> None:
    good = {"ENABLED": "true", "HOST": "smtp.example.com", "SENDER": "fee@example.com"}
    with pytest.raises(ConfigError) as refused:
        load(None, {f"NUANLING_EMAIL__{name}": each for name, each in {**good, key: value}.items()})
    assert said in str(refused.value)
    assert "email" in load(None, {f"NUANLING_EMAIL__{name}": each for name, each in good.items()}).model_dump()
