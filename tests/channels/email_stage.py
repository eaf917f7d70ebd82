"""The contract's stage on e-mail: one mailbox that exists, and one that doesn't."""

from __future__ import annotations

from datetime import timedelta

from bot.channels.channel import Store
from bot.channels.email import SIGNATURE, EmailChannel
from tests.channels.mail_server import MailServer
from tests.channels.stages import Seen


class EmailStage:
    """It only writes: nobody speaks to it, and there are no groups."""

    person_name, person, stranger, group = "", "wang@example.com", "nobody@example.com", ""

    def __init__(self, server: MailServer, channel: EmailChannel) -> None:
        self.channel = channel
        self.server = server
        server.boxes.known.add(self.person)

    async def receive(self, store: Store) -> None:
        await self.channel.receive(store)

    def seen(self, chat: str) -> list[Seen]:
        mails = self.server.boxes.got.get(chat, [])
        texts = [str(mail.get_content()).replace("\r\n", "\n") for mail in mails]
        return [
            Seen(str(mail["Message-ID"]), text.partition(SIGNATURE)[0], ())
            for mail, text in zip(mails, texts, strict=True)
        ]

    def say(self, text: str, chat: str, reply_to: str = "") -> None:
        raise AssertionError("nobody speaks to it")

    def press(self, chat: str, message_id: str, label: str) -> None:
        raise AssertionError("there is nothing to press")

    def toasts(self) -> list[str]:
        return []

    def block(self) -> None:
        self.server.boxes.known.clear()

    def grow_old(self, chat: str, message_id: str, age: timedelta) -> None:
        raise AssertionError("a mail can't be taken back")

    def ask_to_wait(self) -> None:
        self.server.boxes.faults["MAIL"] = "421 try again later"

    def lose_the_answer(self) -> None:
        self.server.boxes.break_within_data = True
