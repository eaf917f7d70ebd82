"""The preview: whom it reaches and whom not, when it goes, three samples; then what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from domain.errors import Refusal
from domain.messages import CALLING_ALL, Answer
from handlers.broadcast.drafts import description, is_own, own_draft, press, touch
from handlers.labels import label
from handlers.turn import Turn
from models.broadcasts import samples
from models.runtime import Broadcast
from models.segments import GROUPS, Reach, reach, target_of

SAMPLES = 3


async def show(turn: Turn, broadcast: Broadcast) -> Answer:
    """Everything there is to know before confirming."""
    fields, found = await facts(turn, broadcast, named=is_own(turn, broadcast))
    broadcast.total = found.messages
    first = [press(turn, "to_me", broadcast)]
    if found.messages:
        first.append(press(turn, "confirm", broadcast))
    rows = [
        first,
        [press(turn, "when", broadcast), press(turn, "until", broadcast)],
        [press(turn, "rewrite", broadcast), press(turn, "retarget", broadcast)],
        [press(turn, "drop", broadcast)],
    ]
    if _may_call_all(turn, broadcast):
        rows[-1].insert(0, press(turn, "quietly" if broadcast.mentions_all else "call_all", broadcast))
    preview = turn.say("broadcast.preview", *rows, fields=fields)
    if target_of(broadcast).to == GROUPS and not found.meant:
        return Answer((preview, turn.say("broadcast.no_groups")))
    return Answer((preview,))


def _may_call_all(turn: Turn, broadcast: Broadcast) -> bool:
    return target_of(broadcast).to == GROUPS and bool(CALLING_ALL & set(turn.office.channels))


async def facts(turn: Turn, broadcast: Broadcast, *, named: bool) -> tuple[Mapping[str, str], Reach]:
    """The fields of a preview, for its author and for who approves it, and the count behind them."""
    found = await reach(turn.session, turn.office, broadcast, turn.today)
    shown = await samples(turn.session, turn.office, broadcast, turn.now, SAMPLES, named=named)
    return {
        **await description(turn, broadcast),
        "meant": str(found.meant),
        "number": str(found.messages),
        "unreachable": str(found.unreachable),
        "skipped": _skipped(turn, found),
        "samples": "\n\n".join(f"┌ {each.text}" for each in shown) or "—",
        "call": turn.words("broadcast.calls_all") if broadcast.mentions_all else "",
    }, found


def _skipped(turn: Turn, found: Reach) -> str:
    words = [f"{label(turn, 'why', reason)} {number}" for reason, number in sorted(found.skipped.items())]
    return turn.words("list.comma").join(words) or turn.words("broadcast.nobody_skipped")


async def to_me(turn: Turn) -> Answer:
    """One sample to the author only, as a resident would read it."""
    broadcast = await own_draft(turn)
    found = await samples(turn.session, turn.office, broadcast, turn.now, 1, named=is_own(turn, broadcast))
    if not found:
        raise Refusal("broadcast.nobody")
    text = replace(turn.say("broadcast.this_is_it"), template=found[0].template, text=found[0].text)
    return Answer((turn.say("broadcast.this_is_it"), text))


async def call_all(turn: Turn) -> Answer:
    """@所有人, once in a billing period for each group."""
    return await _called(turn, wished=True)


async def quietly(turn: Turn) -> Answer:
    return await _called(turn, wished=False)


async def _called(turn: Turn, *, wished: bool) -> Answer:
    broadcast = await own_draft(turn)
    broadcast.mentions_all = wished
    touch(turn, broadcast)
    return await show(turn, broadcast)
