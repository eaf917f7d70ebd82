"""Composing: where, to whom, what sort, the words. In one line, or by buttons, whatever is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.errors import Refusal
from domain.messages import Answer, Choice, Kind
from domain.roles import Right, Role, may
from handlers.broadcast import review
from handlers.broadcast.drafts import own_draft, take_text, touch, where
from handlers.labels import label
from handlers.scopes import looks_after, officer
from handlers.turn import Turn
from models.accounts import Community, communities
from models.broadcasts import of_author
from models.runtime import Broadcast
from models.segments import (
    GROUPS,
    HOUSEHOLDS,
    Segment,
    Target,
    buildings_of,
    classes_of,
    codes_among,
    period_of,
    target_of,
)
from models.staff import Staff

BUTTONS_SHOWN = 12
CODES_MAX = 500
OVERDUE_DAYS = (7, 30, 90)
OVERDUE_DAYS_MAX = 3650
TARGET_WORDS = {
    "群": (GROUPS, Segment.ALL),
    "groups": (GROUPS, Segment.ALL),
    "全部": (HOUSEHOLDS, Segment.ALL),
    "all": (HOUSEHOLDS, Segment.ALL),
    "未缴": (HOUSEHOLDS, Segment.UNPAID),
    "unpaid": (HOUSEHOLDS, Segment.UNPAID),
    "本期未缴": (HOUSEHOLDS, Segment.PERIOD),
    "period": (HOUSEHOLDS, Segment.PERIOD),
}
OVERDUE_WORD = re.compile(r"(?:逾期|overdue)(\d{1,4})天?")
KIND_WORDS = {"通知": Kind.SERVICE, "service": Kind.SERVICE, "缴费": Kind.BROADCAST, "money": Kind.BROADCAST}


async def start(turn: Turn) -> Answer:
    """`/broadcast [COMMUNITY] [groups|all|unpaid|period|overdue30] [BUILDING|CLASS] [service|money] [text]`."""
    member = officer(turn, Right.BROADCAST)
    broadcast = Broadcast(
        author_id=member.id,
        community_id=member.community_id,
        target=Target().to_text(),
        text="",
        kind="",
        channel=turn.message.channel,
        chat=turn.message.chat,
        created_at=turn.now,
    )
    text = await _read_line(turn, broadcast, member)
    turn.session.add(broadcast)
    await turn.session.flush()
    return await _with_text(turn, broadcast, text) if text else await following(turn, broadcast)


async def _read_line(turn: Turn, broadcast: Broadcast, member: Staff) -> str:
    """Take the words of the one-line form off the front while they are understood; the rest is the text."""
    known = {each.name: each.id for each in await _places(turn, member)}
    rest, target = turn.argument.strip(), Target()
    while rest:
        word, _, following_words = rest.partition(" ")
        if word in known and broadcast.community_id in (None, member.community_id) and not target.to:
            broadcast.community_id = known[word]
        elif word in TARGET_WORDS and not target.to:
            to, segment = TARGET_WORDS[word]
            target = replace(target, to=to, segment=segment)
        elif (days := OVERDUE_WORD.fullmatch(word)) and not target.to:
            target = replace(target, to=HOUSEHOLDS, segment=Segment.OVERDUE, value=days[1])
        elif word in KIND_WORDS and not broadcast.kind:
            broadcast.kind = KIND_WORDS[word]
        elif not target.building and word in await buildings_of(turn.session, broadcast.community_id):
            target = replace(target, building=word)
        elif not target.class_name and word in await classes_of(turn.session, broadcast.community_id):
            target = replace(target, class_name=word)
        else:
            break
        rest = following_words.strip()
    if target.segment == Segment.PERIOD:
        target = replace(target, value=await period_of(turn.session, broadcast.community_id, turn.today))
    broadcast.target = target.to_text()
    return rest


async def _places(turn: Turn, member: Staff) -> list[Community]:
    """The communities that a member may write to: their own; with the right to go beyond, all (a colleague agrees)."""
    beyond = may(Role(member.role), Right.BROADCAST_WIDE)
    return [each for each in await communities(turn.session) if beyond or looks_after(member, each.id)]


async def following(turn: Turn, broadcast: Broadcast) -> Answer:
    """Ask for the next missing piece, or show the preview."""
    memory = {"broadcast": str(broadcast.id)}
    if not target_of(broadcast).to:
        return await _ask_target(turn, broadcast)
    if not broadcast.kind:
        row = [_choice(turn, broadcast, f"kind_{each}", "kind", kind=each) for each in (Kind.BROADCAST, Kind.SERVICE)]
        return Answer((turn.say("broadcast.which_kind", row, where=await where(turn, broadcast)),))
    if not broadcast.text:
        return Answer((turn.say("broadcast.which_text"),), expect="broadcast.text", memory=memory)
    return await review.show(turn, broadcast)


def _choice(turn: Turn, broadcast: Broadcast, name: str, action: str, **args: str) -> Choice:
    return Choice(
        turn.words(f"broadcast.{name}"), f"broadcast.{action}", {"broadcast": str(broadcast.id), **args}, reusable=True
    )


async def _ask_target(turn: Turn, broadcast: Broadcast) -> Answer:
    """Segments first, then places that make it narrower or wider."""
    member = officer(turn, Right.BROADCAST)

    def segment(name: str, to: str = HOUSEHOLDS) -> Choice:
        return _choice(turn, broadcast, f"to_{name}", "target", to=to, segment=name)

    rows = [
        [_choice(turn, broadcast, "to_groups", "target", to=GROUPS, segment=Segment.ALL), segment(Segment.ALL)],
        [segment(Segment.UNPAID), segment(Segment.PERIOD)],
        [segment(Segment.OVERDUE), segment(Segment.CODES)],
    ]
    if len(turn.office.channels) > 1:
        rows[-1].append(segment(Segment.CHANNEL))
    target = target_of(broadcast)
    if not target.building and not target.class_name:
        rows += _by_three(await _place_buttons(turn, broadcast, member))
    if await of_author(turn.session, member.id, 1):
        rows.append([turn.button("broadcast_list", "broadcast.list", reusable=True)])
    return Answer((turn.say("broadcast.which_target", *rows, where=await where(turn, broadcast)),))


async def _place_buttons(turn: Turn, broadcast: Broadcast, member: Staff) -> list[Choice]:
    number, here = str(broadcast.id), broadcast.community_id
    found = [
        Choice(each.name, "broadcast.community", {"broadcast": number, "community": str(each.id)}, reusable=True)
        for each in await _places(turn, member)
        if each.id != here
    ]
    for what, names in (
        ("building", await buildings_of(turn.session, here)),
        ("class", await classes_of(turn.session, here)),
    ):
        if here is not None or len(found) == 0:
            found += [
                Choice(name[:20], "broadcast.place", {"broadcast": number, what: name}, reusable=True) for name in names
            ]
    return found[:BUTTONS_SHOWN]


def _by_three(buttons: Sequence[Choice]) -> list[list[Choice]]:
    return [list(buttons[n : n + 3]) for n in range(0, len(buttons), 3)]


async def community(turn: Turn) -> Answer:
    broadcast = await own_draft(turn)
    chosen = int(turn.args["community"])
    if chosen not in {each.id for each in await _places(turn, officer(turn, Right.BROADCAST))}:
        raise Refusal("button.not_yours")
    broadcast.community_id = chosen
    _aim(turn, broadcast, replace(target_of(broadcast), building="", class_name=""))
    return await following(turn, broadcast)


async def place(turn: Turn) -> Answer:
    """A building or a class: the question who in it stays open."""
    broadcast = await own_draft(turn)
    building, class_name = turn.args.get("building", ""), turn.args.get("class", "")
    _aim(turn, broadcast, Target(building=building, class_name=class_name))
    return await following(turn, broadcast)


async def target(turn: Turn) -> Answer:
    """Groups or a segment of the households; some segments need one thing more."""
    broadcast = await own_draft(turn)
    segment = Segment(turn.args["segment"])
    value = turn.args.get("value", "")
    memory = {"broadcast": str(broadcast.id)}
    if segment == Segment.PERIOD:
        value = await period_of(turn.session, broadcast.community_id, turn.today)
    elif segment == Segment.OVERDUE and not value:
        row = [_valued(turn, broadcast, segment, str(days), f"{days}") for days in OVERDUE_DAYS]
        return Answer((turn.say("broadcast.which_days", row),), expect="broadcast.days", memory=memory)
    elif segment == Segment.CHANNEL and not value:
        row = [
            _valued(turn, broadcast, segment, name, label(turn, "channel_name", name)) for name in turn.office.channels
        ]
        return Answer((turn.say("broadcast.which_channel", row),))
    elif segment == Segment.CODES:
        return Answer(
            (turn.say("broadcast.which_codes", most=str(CODES_MAX)),), expect="broadcast.codes", memory=memory
        )
    _aim(turn, broadcast, replace(target_of(broadcast), to=turn.args["to"], segment=segment, value=value))
    return await following(turn, broadcast)


def _valued(turn: Turn, broadcast: Broadcast, segment: Segment, value: str, words: str) -> Choice:
    args = {"broadcast": str(broadcast.id), "to": HOUSEHOLDS, "segment": segment.value, "value": value}
    return Choice(words, "broadcast.target", args, reusable=True)


def _aim(turn: Turn, broadcast: Broadcast, target: Target) -> None:
    broadcast.target = replace(target, cursor=0, expanded=False).to_text()
    touch(turn, broadcast)


async def days_typed(turn: Turn) -> Answer | None:
    """How many days a bill must be overdue."""
    found = re.fullmatch(r"\D{0,4}(\d{1,4})\s*(?:天|日|days?)?\D{0,4}", turn.text)
    if found is None or not 1 <= int(found[1]) <= OVERDUE_DAYS_MAX:
        return None
    broadcast = await own_draft(turn, turn.memory["broadcast"])
    aimed = replace(target_of(broadcast), to=HOUSEHOLDS, segment=Segment.OVERDUE, value=str(int(found[1])))
    _aim(turn, broadcast, aimed)
    return await following(turn, broadcast)


async def codes_typed(turn: Turn) -> Answer | None:
    """A list of codes, parted by anything that parts words. A code of somebody else's reads like an unknown one."""
    if not turn.text or turn.text.startswith("/"):
        return None
    broadcast = await own_draft(turn, turn.memory["broadcast"])
    codes = list(dict.fromkeys(_codes(turn.text)))
    memory = {"broadcast": str(broadcast.id)}
    if len(codes) > CODES_MAX:
        return Answer((turn.say("broadcast.too_many_codes", most=str(CODES_MAX)),), "broadcast.codes", memory)
    known = await codes_among(turn.session, broadcast.community_id, codes)
    if not known:
        return Answer((turn.say("broadcast.no_code_known"),), "broadcast.codes", memory)
    value = ",".join(known)
    _aim(turn, broadcast, replace(target_of(broadcast), to=HOUSEHOLDS, segment=Segment.CODES, value=value))
    answer = await following(turn, broadcast)
    unknown = [code for code in codes if code not in set(known)]
    if not unknown:
        return answer
    note = turn.say("broadcast.codes_unknown", codes=" ".join(unknown[:BUTTONS_SHOWN]), number=str(len(unknown)))
    return replace(answer, messages=(note, *answer.messages))


def _codes(text: str) -> Iterable[str]:
    return (code[:64] for code in re.split(r"[\s,，、;；]+", text) if code)


async def kind(turn: Turn) -> Answer:
    broadcast = await own_draft(turn)
    broadcast.kind = Kind(turn.args["kind"])
    touch(turn, broadcast)
    return await following(turn, broadcast)


async def text_typed(turn: Turn) -> Answer | None:
    """The text."""
    if not turn.text:
        return None
    return await _with_text(turn, await own_draft(turn, turn.memory["broadcast"]), turn.text)


async def _with_text(turn: Turn, broadcast: Broadcast, text: str) -> Answer:
    """What it may not say is answered with the reason, and the question stays open."""
    try:
        take_text(turn, broadcast, text)
    except Refusal as refused:
        memory = {"broadcast": str(broadcast.id)}
        return Answer((turn.refusal(refused),), expect="broadcast.text", memory=memory)
    return await following(turn, broadcast)


async def rewrite(turn: Turn) -> Answer:
    """Another text instead of this one."""
    broadcast = await own_draft(turn)
    broadcast.text = ""
    touch(turn, broadcast)
    return await following(turn, broadcast)


async def retarget(turn: Turn) -> Answer:
    """Other people instead of these."""
    broadcast = await own_draft(turn)
    _aim(turn, broadcast, Target())
    return await following(turn, broadcast)
