"""The vocabulary shared by all channels: what comes in, what goes out, what an answer is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum


class Audience(StrEnum):
    PRIVATE = "private"
    GROUP = "group"
    STAFF = "staff"


class Kind(StrEnum):
    """What sort of message this is: the gate decides by it (DESIGN §5)."""

    REPLY = "reply"
    RECEIPT = "receipt"
    PROMISE = "promise"  # a reminder the person asked for: of a promise or an instalment
    REMINDER = "reminder"
    BROADCAST = "broadcast"  # private, about money
    OFFER = "offer"  # a renewal: no debt
    COURTESY = "courtesy"  # asked by nobody and not about money: are your details right?
    SERVICE = "service"  # water off on Thursday
    ANNOUNCEMENT = "announcement"  # group
    STAFF_CARD = "staff_card"
    STAFF_REPLY = "staff_reply"  # a person writing in a takeover


# Among rows due now in a chat, lowest first.
PRIORITY: Mapping[Kind, int] = {
    Kind.REPLY: 0,
    Kind.STAFF_REPLY: 0,
    Kind.STAFF_CARD: 5,
    Kind.RECEIPT: 10,
    Kind.PROMISE: 20,
    Kind.REMINDER: 30,
    Kind.OFFER: 30,
    Kind.ANNOUNCEMENT: 35,
    Kind.SERVICE: 35,
    Kind.BROADCAST: 40,
    Kind.COURTESY: 45,
}
# Interrupted between request and record, these are never sent again by themselves; the others may go twice at most.
AT_MOST_ONCE = frozenset(
    {
        Kind.REMINDER,
        Kind.PROMISE,
        Kind.OFFER,
        Kind.BROADCAST,
        Kind.COURTESY,
        Kind.SERVICE,
        Kind.ANNOUNCEMENT,
        Kind.STAFF_REPLY,
    }
)
# What nobody asked for goes as a template first, where a platform has them: a person's few messages are kept for answers.
UNASKED = frozenset({Kind.REMINDER, Kind.PROMISE, Kind.OFFER, Kind.BROADCAST, Kind.COURTESY, Kind.SERVICE})

# Channels that can replace a message in place, and those that can call everyone in a group.
EDITING = frozenset({"telegram", "sandbox"})
CALLING_ALL = frozenset({"sandbox"})


@dataclass(frozen=True)
class Address:
    """Where a message goes: a chat on a channel."""

    channel: str
    chat: str


@dataclass(frozen=True)
class Attachment:
    """A file that came with a message, or goes with one. `kind`: photo, voice, sticker, document, location, other.

    `file_id` is the platform's own; a file of ours has a `path` instead.
    """

    kind: str
    file_id: str = ""
    name: str = ""
    size_bytes: int = 0
    path: str = ""


@dataclass(frozen=True)
class Choice:
    """A button: pressing it runs `action` with `args`. With `url` it opens a page instead.

    `reusable` buttons only show something; the others work once.
    """

    label: str
    action: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    reusable: bool = False


ENTERED = "entered"  # the event of somebody who opens the chat and has said nothing yet


@dataclass(frozen=True)
class IncomingMessage:
    """One thing a person did. `choice` is a pressed button's token, `event` a platform event such as `joined`."""

    channel: str
    chat: str
    sender: str
    external_id: str
    received_at: datetime
    text: str = ""
    choice: str | None = None
    attachment: Attachment | None = None
    audience: Audience = Audience.PRIVATE
    addressed: bool = True  # in a group: a command, a mention, or a reply to the bot
    sender_name: str = ""
    language: str = ""
    event: str = ""
    event_fields: Mapping[str, str] = field(default_factory=dict)
    message_id: str = ""  # the platform's id of the message that a pressed button belongs to
    press_id: str = ""  # the platform's id of the press, to be acknowledged
    answer_by: datetime | None = None  # until then the channel itself carries the answer back, only later the lane


@dataclass(frozen=True)
class OutgoingMessage:
    """One thing the bot says. `template` and `fields` are the reason and the figures; `text` the finished words."""

    template: str
    text: str
    fields: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[tuple[Choice, ...], ...] = ()  # rows of buttons
    audience: Audience = Audience.PRIVATE
    kind: Kind = Kind.REPLY
    to: Address | None = None  # None: the chat that is being answered
    edit: bool = False  # replace the message whose button was pressed, where the channel can
    attachment: Attachment | None = None
    about: int | None = None  # the account it speaks of: the household's log finds it by this
    mentions_all: bool = False  # in a group: call everyone (@所有人)


@dataclass(frozen=True)
class Answer:
    """What a handler says back. `expect` names the step that the person's next plain message belongs to."""

    messages: tuple[OutgoingMessage, ...] = ()
    expect: str | None = None
    memory: Mapping[str, str] = field(default_factory=dict)  # what that step needs to remember
    toast: str = ""  # a short note shown at the pressed button
    done: str = ""  # what was recorded on the person's behalf ("claim/7"), so that one tap can take it back

    def also(self, *more: OutgoingMessage) -> Answer:
        return replace(self, messages=(*self.messages, *more))


@dataclass(frozen=True)
class Receipt:
    """A platform's word that it took a message.

    `confirmed`: False where a member of staff still has to confirm on the platform that it goes out at all.
    """

    message_id: str = ""
    confirmed: bool = True


class WriteFirst(StrEnum):
    """May the bot write to this chat without being asked?"""

    YES = "yes"
    ONLY_TEMPLATE = "only_template"
    STAFF_MUST_CONFIRM = "staff_must_confirm"
    NO = "no"
