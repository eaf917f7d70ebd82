"""A broadcast that has not gone out yet: whose it is, how long it lives, what is said of it, and what it may not say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.broadcasts import APPROVAL_LIFE, DRAFT_LIFE, TEXT_MAX, Stage, clock_words, first_allowed, sent_as
from domain.errors import Refusal
from domain.ladder import Reason
from domain.messages import Audience, Choice, Kind
from domain.roles import Right
from domain.wording import period_words
from handlers.scopes import has, looks_after, officer
from handlers.tone import unkind
from handlers.turn import Turn
from models.accounts import Community
from models.runtime import Broadcast
from models.segments import GROUPS, Segment, place_of, target_of

CALLS = ("@所有人", "@全体成员", "@all", "@everyone")  # as people write it; the channel does it in its own way


async def find(turn: Turn, number: str) -> Broadcast | None:
    """The broadcast, locked until the turn ends."""
    return await turn.session.get(Broadcast, int(number), with_for_update=True)


async def own_draft(turn: Turn, number: str | None = None, *stages: Stage) -> Broadcast:
    """The author's own, in one of these stages (a draft), alive, and unchanged since the button was made."""
    officer(turn, Right.BROADCAST)
    broadcast = await find(turn, number or turn.args["broadcast"])
    if broadcast is None or not still_own(turn, broadcast):
        raise Refusal("button.not_yours")
    refuse_stale(turn, broadcast, *(stages or (Stage.DRAFT,)))
    return broadcast


def still_own(turn: Turn, broadcast: Broadcast) -> bool:
    """Whether the member wrote it, and may still write to those it is for: people change from one estate to another."""
    member = officer(turn, Right.BROADCAST)
    reaches = looks_after(member, broadcast.community_id) or has(turn, Right.BROADCAST_WIDE)
    return broadcast.author_id == member.id and reaches


def refuse_stale(turn: Turn, broadcast: Broadcast, *stages: Stage) -> None:
    """A press counts for what it was pressed on: not for another stage, another text, or after its time."""
    if broadcast.state not in stages:
        raise Refusal("broadcast.moved_on", {"state": stage_words(turn, broadcast)})
    if over(turn, broadcast):
        raise Refusal(f"broadcast.expired_{broadcast.state}")
    if turn.args.get("rev", str(broadcast.revision)) != str(broadcast.revision):
        raise Refusal("broadcast.changed")


def over(turn: Turn, broadcast: Broadcast) -> bool:
    """A draft or a request that nobody touched for too long."""
    lives = {Stage.DRAFT: DRAFT_LIFE, Stage.WAITING: APPROVAL_LIFE}
    life = lives.get(Stage(broadcast.state))
    return life is not None and (broadcast.changed_at or broadcast.created_at) + life <= turn.now


def touch(turn: Turn, broadcast: Broadcast) -> None:
    """Something about it changed: what was confirmed or approved before is no longer that."""
    broadcast.revision += 1
    broadcast.changed_at = turn.now
    broadcast.approver_id = None


def is_own(turn: Turn, broadcast: Broadcast) -> bool:
    """Within what the one who acts looks after."""
    return turn.staff is not None and looks_after(turn.staff, broadcast.community_id)


def press(turn: Turn, name: str, broadcast: Broadcast, *, single: bool = False, **args: str) -> Choice:
    """A button about this broadcast as it is now."""
    fields = {"broadcast": str(broadcast.id), "rev": str(broadcast.revision), **args}
    return turn.button(f"broadcast_{name}", f"broadcast.{name}", reusable=not single, **fields)


# in words


def stage_words(turn: Turn, broadcast: Broadcast) -> str:
    return turn.words(f"broadcast.stage_{broadcast.state}")


async def description(turn: Turn, broadcast: Broadcast) -> Mapping[str, str]:
    """Where, to whom, what sort, when, until when."""
    return {
        "where": await where(turn, broadcast),
        "kind": turn.words(f"broadcast.kind_{broadcast.kind}"),
        "when": await when_words(turn, broadcast),
        "until": turn.words("broadcast.until", at=clock_words(turn.office, broadcast.expires_at, turn.language))
        if broadcast.expires_at
        else "",
        "text": broadcast.text,
        "unit": turn.words(f"broadcast.unit_{'groups' if target_of(broadcast).to == GROUPS else 'people'}"),
    }


async def where(turn: Turn, broadcast: Broadcast) -> str:
    """The target in words."""
    target = target_of(broadcast)
    community = await turn.session.get(Community, broadcast.community_id) if broadcast.community_id else None
    words = [community.name if community else turn.words("broadcast.everywhere"), target.building, target.class_name]
    if target.to == GROUPS:
        words.append(turn.words("broadcast.to_groups"))
    elif target.to:
        words.append(
            turn.words(f"broadcast.of_{target.segment}", value=_value_words(turn, target.segment, target.value))
        )
    return " ".join(filter(None, words))


def _value_words(turn: Turn, segment: str, value: str) -> str:
    match segment:
        case Segment.PERIOD:
            return period_words(value, turn.language)
        case Segment.CODES:
            return str(len(value.split(",")))
        case Segment.CHANNEL:
            return turn.words(f"channel_name.{value}") if turn.office.wording.has(f"channel_name.{value}") else value
    return value


async def when_words(turn: Turn, broadcast: Broadcast) -> str:
    """The moment it begins: the one chosen, or at once, or when the night or the festival is over."""
    at, reason = await begins(turn, broadcast)
    if broadcast.send_at is not None and broadcast.send_at > turn.now:
        return clock_words(turn.office, broadcast.send_at, turn.language)
    if reason is None:
        return turn.words("broadcast.at_once")
    fields = {"why": turn.words(f"broadcast.shut_{reason}"), "at": clock_words(turn.office, at, turn.language)}
    return turn.words("broadcast.as_soon_as", **fields)


async def begins(turn: Turn, broadcast: Broadcast) -> tuple[datetime, Reason | None]:
    """The first moment at which it may go out, and what stands before it."""
    return await allowed_from(turn, broadcast, max(broadcast.send_at or turn.now, turn.now))


async def allowed_from(turn: Turn, broadcast: Broadcast, at: datetime) -> tuple[datetime, Reason | None]:
    """The first moment from `at` on that is neither night nor festival for this sort of message."""
    place = await place_of(turn.session, turn.office, broadcast.community_id)
    kind = sent_as(Kind(broadcast.kind), to_group=target_of(broadcast).to == GROUPS)
    return first_allowed(kind, turn.office.policy(place.kind), turn.office.zone, at, place)


# the text


def take_text(turn: Turn, broadcast: Broadcast, text: str) -> None:
    """Keep the text. Raises Refusal: too long, unkind, unlawful, or about somebody in particular."""
    text = text.strip()
    called = next((each for each in CALLS if text.lower().startswith(each)), "")
    text = text.removeprefix(text[: len(called)]).strip()
    if not text:
        raise Refusal("broadcast.which_text")
    if len(text) > TEXT_MAX:
        raise Refusal("broadcast.too_long", {"most": str(TEXT_MAX)})
    refuse_unkind(turn, text)
    if target_of(broadcast).to == GROUPS:
        broadcast.mentions_all = broadcast.mentions_all or bool(called)
    broadcast.text = text
    touch(turn, broadcast)


def refuse_unkind(turn: Turn, text: str) -> None:
    """Many read it: what may not stand in a group may not stand here either, whoever it is for."""
    unkind(turn, text, Audience.GROUP, "broadcast.unkind")
