"""A mail server of our own on loopback: real SMTP with STARTTLS and login, mailboxes, and faults to order."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import subprocess
import warnings
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "bot", "correct horse"


@dataclass
class Mailboxes:
    """Who has a mailbox, what lies in it, and what goes wrong next. Faults: answers by command, once each."""

    known: set[str] = field(default_factory=set)
    got: dict[str, list[EmailMessage]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    break_within_data: bool = False

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if (fault := self.faults.pop("MAIL", None)) is not None:
            return fault
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if (fault := self.faults.pop("RCPT", None)) is not None:
            return fault
        if address not in self.known:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if (fault := self.faults.pop("DATA", None)) is not None:
            return fault
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        for address in envelope.rcpt_tos:
            self.got.setdefault(address, []).append(mail)
        if self.break_within_data:
            self.break_within_data = False
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return "250 OK"


class MailServer:
    """Started and stopped around a test. `tls`: it offers STARTTLS with a certificate of its own and asks for a login."""

    def __init__(self, folder: Path, *, tls: bool = False) -> None:
        self.boxes = Mailboxes()
        self.ca_file = ""
        context = None
        if tls:
            context, self.ca_file = certificate(folder)
        self._controller = Controller(
            self.boxes,
            hostname="127.0.0.1",
            port=free_port(),
            ready_timeout=30,
            tls_context=context,
            require_starttls=tls,
            authenticator=_login if tls else None,
            auth_required=tls,
        )

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(self, *wrong: object) -> None:
        self._controller.stop()
        with (
            warnings.catch_warnings()
        ):  # the library leaves a connection that broke to the collector, which would complain later
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()


def free_port() -> int:
    """The library asks for a number before it opens the door."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
        return port


def _login(server: SMTP, session: Session, envelope: Envelope, mechanism: str, said: object) -> AuthResult:
    assert isinstance(said, LoginPassword)
    return AuthResult(success=(said.login, said.password) == (USER.encode(), PASSWORD.encode()))


def certificate(folder: Path) -> tuple[ssl.SSLContext, str]:
    """A server's certificate for localhost, signed by itself."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    arguments = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(
        ["openssl", "req", *arguments, "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, str(cert)
