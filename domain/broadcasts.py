"""Writing to many: how long a draft lives, when a second person must agree, when it may go out, and how it reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.calendar import ANYWHERE, Place
from domain.gate import Facts, Hold, gate
from domain.ladder import Reason
from domain.messages import Audience, Choice, Kind, OutgoingMessage
from domain.office import Office
from domain.policy import Policy
from domain.wording import day_words, salutation, tongue

DRAFT_LIFE = timedelta(hours=6)  # after the last change: a button pressed later sends nothing
APPROVAL_LIFE = timedelta(hours=24)
LIFE = timedelta(days=3)  # after its start, unless its author says otherwise; what has not gone out by then never will
AHEAD_MAX = timedelta(days=60)
PEOPLE_WITHOUT_APPROVAL_MAX = 50
GROUPS_WITHOUT_APPROVAL_MAX = 5
TEXT_MAX = 2000


_ASKS = re.compile(
    r"(?:请(?!勿|不|别)|尽快|及时|尽早|抓紧|记得)[^。!！?？\n]{0,16}(?:[缴交](?:费|清|纳|齐|款|一下)|[缴交付][^。!！?？\n]{0,6}[费款])(?!发票|凭证|记录|单|方式|窗口)"
    r"|\b(?:please|kindly)\b[^.!?\n]{0,20}\b(?:pay|settle)\b",
    re.IGNORECASE,
)


def asks_for_money(text: str) -> bool:
    """Whether a text asks its readers to pay: it spares whoever a reminder spares, even as a service notice."""
    return _ASKS.search(text) is not None


class Stage(StrEnum):
    """Where a broadcast stands."""

    DRAFT = "draft"
    WAITING = "waiting"  # for a colleague's approval
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"
    UNDOING = "undoing"  # what went out is being taken back
    UNDONE = "undone"


OPEN = (Stage.DRAFT, Stage.WAITING, Stage.SCHEDULED)
UNDER_WAY = (Stage.RUNNING, Stage.PAUSED, Stage.UNDOING)

BAR = 10  # squares of the progress bar
STEERING: dict[Stage, tuple[str, ...]] = {  # the buttons under a broadcast, by its stage
    Stage.RUNNING: ("pause", "cancel", "undo"),
    Stage.PAUSED: ("resume", "cancel", "undo"),
    Stage.SCHEDULED: ("edit", "when", "drop"),
    Stage.WAITING: ("edit", "drop"),
}


@dataclass(frozen=True)
class Progress:
    """How far a broadcast is, in messages. `held`: they wait for their hour; `left`: they are about to go.

    `to_confirm`: how many of those left wait for a colleague's tap on their platform.
    """

    total: int
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    cancelled: int = 0
    held: int = 0
    left: int = 0
    held_until: datetime | None = None
    taken_back: int = 0
    stay: tuple[tuple[str, int], ...] = ()  # of what could not be taken back: reason and number
    to_confirm: int = 0

    @property
    def finished(self) -> bool:
        return not self.held and not self.left

    def mark(self, stage: str) -> str:
        """What the message that shows it says, in short: an equal mark needs no new message."""
        figures = [self.sent, self.failed, self.unknown, self.cancelled, self.held, self.left, self.taken_back]
        return "/".join([stage, *map(str, figures), *([f"{self.to_confirm} to confirm"] if self.to_confirm else [])])


def needs_approval(number: int, *, to_groups: bool, own: bool) -> bool:
    """Whether somebody else must agree: `number` of people or groups, `own`: within what the author looks after."""
    most = GROUPS_WITHOUT_APPROVAL_MAX if to_groups else PEOPLE_WITHOUT_APPROVAL_MAX
    return number > most or not own


def sent_as(kind: Kind, *, to_group: bool) -> Kind:
    """By which line of the gate's table it goes: what is about money becomes an announcement in a group."""
    return Kind.ANNOUNCEMENT if to_group and kind is Kind.BROADCAST else kind


def first_allowed(
    kind: Kind, policy: Policy, zone: ZoneInfo, at: datetime, place: Place = ANYWHERE
) -> tuple[datetime, Reason | None]:
    """The first moment from `at` on that is neither night nor festival there, and why it isn't `at` itself."""
    reason: Reason | None = None
    while isinstance(verdict := gate(kind, Facts(places=(place,)), policy, zone, at), Hold):
        at, reason = verdict.until, reason or verdict.reason
    return at, reason


def render(
    office: Office,
    text: str,
    kind: Kind,
    *,
    to_group: bool,
    payer_name: str = "",
    language: str = "",
    mentions_all: bool = False,
) -> OutgoingMessage:
    """The message as one chat will read it."""
    language, words = tongue(language), office.wording
    fields = {"text": text, "office": office.name, "who": salutation(payer_name, language)}
    money = kind is Kind.BROADCAST and not to_group
    name = "broadcast.group" if to_group else "broadcast.money" if money else "broadcast.service"
    choices = (_money_buttons(office, language),) if money else ()
    audience = Audience.GROUP if to_group else Audience.PRIVATE
    sent = sent_as(kind, to_group=to_group)
    return OutgoingMessage(
        name,
        words.text(name, language, fields),
        fields,
        choices,
        audience,
        sent,
        mentions_all=mentions_all and to_group,
    )


def _money_buttons(office: Office, language: str) -> tuple[Choice, ...]:
    actions = {"bill": "bill.show", "pay": "pay.how"}
    return tuple(
        Choice(office.wording.text(f"button.{name}", language), action, reusable=True)
        for name, action in actions.items()
    )


def progress_card(office: Office, number: int, stage: Stage, so_far: Progress, at: datetime) -> OutgoingMessage:
    """The one message that shows how far a broadcast is, with what can be done about it now. `at`: when that was so."""
    words, language = office.wording, office.language
    settled = so_far.total - so_far.left - so_far.held
    filled = BAR if so_far.total == 0 else BAR * settled // so_far.total
    figures = ("total", "sent", "failed", "unknown", "cancelled", "held", "left", "taken_back")
    fields = {name: str(getattr(so_far, name)) for name in figures} | {
        "bar": "▓" * filled + "░" * (BAR - filled),
        "at": clock_words(office, at),
        "stay": stay_words(office, so_far),
        "waiting": _waiting(office, so_far),
    }
    name = f"broadcast.progress_{stage}"
    return OutgoingMessage(
        name,
        words.text(name, language, fields),
        fields,
        _steering(office, number, stage, so_far),
        Audience.STAFF,
        Kind.STAFF_CARD,
    )


def _waiting(office: Office, so_far: Progress) -> str:
    """Until when some are held, and how many need a colleague's tap."""
    words, language, said = office.wording, office.language, ""
    if so_far.held and so_far.held_until is not None:
        said += words.text("broadcast.held_until", language, {"at": clock_words(office, so_far.held_until)})
    if so_far.to_confirm:
        said += words.text("confirm.missing", language, {"number": str(so_far.to_confirm)})
    return said


def _steering(office: Office, number: int, stage: Stage, so_far: Progress) -> tuple[tuple[Choice, ...], ...]:
    actions = STEERING.get(stage, ())
    if stage in (Stage.DONE, Stage.CANCELLED):
        again = ("again",) if so_far.failed and stage is Stage.DONE else ()
        failures = ("failures",) if so_far.total > so_far.sent else ()
        actions = (*failures, *again, *(("undo",) if so_far.sent or so_far.unknown else ()))
    row = tuple(
        Choice(
            office.wording.text(f"button.broadcast_{each}", office.language),
            f"broadcast.{each}",
            {"broadcast": str(number)},
            reusable=True,
        )
        for each in actions
    )
    return (row,) if row else ()


def stay_words(office: Office, so_far: Progress) -> str:
    """What could not be taken back, reason by reason."""
    words, language = office.wording, office.language
    return "".join(
        words.text("broadcast.stays", language, {"number": str(number), "why": words.text(f"stays.{why}", language)})
        for why, number in so_far.stay
    )


def clock_words(office: Office, at: datetime, language: str = "") -> str:
    """`11月24日(周二) 09:00`, in the office's own time."""
    local = at.astimezone(office.zone)
    return f"{day_words(local.date(), language or office.language)} {local:%H:%M}"
