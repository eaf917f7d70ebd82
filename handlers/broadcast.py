"""Writing to many: compose, see whom it reaches and three samples, try it on yourself, confirm twice, watch, stop."""

from __future__ import annotations

from dataclasses import replace

from domain import keys
from domain.errors import Refusal
from domain.messages import Answer, Audience, Choice, Kind, OutgoingMessage
from domain.roles import Right
from handlers.account import unkind
from handlers.notes import at_desk, to_staff
from handlers.scopes import has, looks_after, officer
from handlers.turn import Turn
from models.accounts import Community, communities
from models.broadcasts import (
    DRAFT_LIFE,
    EVERYBODY,
    GROUPS,
    HOUSEHOLDS,
    UNPAID,
    Preview,
    Target,
    buildings_of,
    expand,
    failures,
    go_on,
    halt,
    preview,
    progress,
    target_of,
    withdraw,
)
from models.runtime import Broadcast
from models.staff import Staff, audit, close_task, open_task

WITHOUT_APPROVAL_MAX = 50  # households; more, or another's community, needs a second person
TEXT_MAX = 2000
FAILURES_SHOWN = 20
BUTTONS_SHOWN = 12
APPROVE_WITHIN = DRAFT_LIFE

TARGET_WORDS = {
    "群": (GROUPS, EVERYBODY),
    "groups": (GROUPS, EVERYBODY),
    "全部": (HOUSEHOLDS, EVERYBODY),
    "all": (HOUSEHOLDS, EVERYBODY),
    "未缴": (HOUSEHOLDS, UNPAID),
    "unpaid": (HOUSEHOLDS, UNPAID),
}
KIND_WORDS = {"通知": Kind.SERVICE, "service": Kind.SERVICE, "缴费": Kind.BROADCAST, "money": Kind.BROADCAST}


async def start(turn: Turn) -> Answer:
    """`/broadcast [COMMUNITY] [groups|all|unpaid] [BUILDING] [service|money] [text]`; what is missing is asked."""
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
    await _read_line(turn, broadcast, member)
    turn.session.add(broadcast)
    await turn.session.flush()
    return await _next(turn, broadcast)


async def _read_line(turn: Turn, broadcast: Broadcast, member: Staff) -> None:
    """Take the words of the one-line form off the front while they are understood; the rest is the text."""
    known = {each.name: each.id for each in await communities(turn.session) if looks_after(member, each.id)}
    rest, target = turn.argument.strip(), Target()
    while rest:
        word, _, following = rest.partition(" ")
        if word in known and broadcast.community_id is None:
            broadcast.community_id = known[word]
        elif word in TARGET_WORDS and not target.to:
            to, segment = TARGET_WORDS[word]
            target = replace(target, to=to, segment=segment)
        elif word in KIND_WORDS and not broadcast.kind:
            broadcast.kind = KIND_WORDS[word]
        elif not target.building and word in await buildings_of(turn.session, broadcast.community_id):
            target = replace(target, to=target.to or HOUSEHOLDS, building=word)
        else:
            break
        rest = following.strip()
    broadcast.target, broadcast.text = target.to_text(), rest[:TEXT_MAX]


async def _next(turn: Turn, broadcast: Broadcast) -> Answer:
    """Ask for the next missing piece, or show the preview."""
    number, target = str(broadcast.id), target_of(broadcast)

    def choice(label: str, action: str, **args: str) -> Choice:
        return Choice(label, action, {"broadcast": number, **args}, reusable=True)

    if not target.to:
        wide = ("groups", "all", "unpaid")
        to = [choice(turn.words(f"broadcast.to_{each}"), "broadcast.target", to=each) for each in wide]
        names = (await buildings_of(turn.session, broadcast.community_id))[:BUTTONS_SHOWN]
        flats = [choice(name, "broadcast.target", to="all", building=name) for name in names]
        places = []
        if broadcast.community_id is None:
            all_of = (await communities(turn.session))[:BUTTONS_SHOWN]
            places = [choice(each.name, "broadcast.community", community=str(each.id)) for each in all_of]
            places = places if len(places) > 1 else []
        rows = [to, *_by_three(places), *_by_three(flats)]
        return Answer((turn.say("broadcast.which_target", *rows, where=await _where(turn, broadcast)),))
    if not broadcast.kind:
        kinds = (Kind.BROADCAST, Kind.SERVICE)
        row = [choice(turn.words(f"broadcast.kind_{each}"), "broadcast.kind", kind=each) for each in kinds]
        return Answer((turn.say("broadcast.which_kind", row),))
    if not broadcast.text:
        return Answer((turn.say("broadcast.which_text"),), expect="broadcast.text", memory={"broadcast": number})
    return await _preview(turn, broadcast)


def _by_three(buttons: list[Choice]) -> list[list[Choice]]:
    return [buttons[n : n + 3] for n in range(0, len(buttons), 3)]


async def _where(turn: Turn, broadcast: Broadcast) -> str:
    """The target in words."""
    target = target_of(broadcast)
    community = await turn.session.get(Community, broadcast.community_id) if broadcast.community_id else None
    words = [community.name if community else turn.words("control.everything"), target.building]
    if target.to:
        words.append(turn.words(f"broadcast.to_{target.to if target.to == GROUPS else target.segment}"))
    return " ".join(filter(None, words))


async def community(turn: Turn) -> Answer:
    broadcast = await _draft(turn)
    chosen = int(turn.args["community"])
    if not looks_after(officer(turn, Right.BROADCAST), chosen):
        raise Refusal("button.not_yours")
    broadcast.community_id = chosen
    return await _next(turn, broadcast)


async def target(turn: Turn) -> Answer:
    broadcast = await _draft(turn)
    to, segment = TARGET_WORDS[turn.args["to"]]
    broadcast.target = Target(to, segment, turn.args.get("building", "")).to_text()
    return await _next(turn, broadcast)


async def kind(turn: Turn) -> Answer:
    broadcast = await _draft(turn)
    broadcast.kind = Kind(turn.args["kind"])
    return await _next(turn, broadcast)


async def text_typed(turn: Turn) -> Answer | None:
    if not turn.text:
        return None
    broadcast = await _draft(turn, turn.memory["broadcast"])
    broadcast.text = turn.text[:TEXT_MAX]
    return await _next(turn, broadcast)


async def rewrite(turn: Turn) -> Answer:
    broadcast = await _draft(turn)
    broadcast.text = ""
    return await _next(turn, broadcast)


async def _draft(turn: Turn, number: str | None = None, *, state: str = "draft") -> Broadcast:
    """The author's own draft, not older than a day."""
    member = officer(turn, Right.BROADCAST)
    broadcast = await turn.session.get(Broadcast, int(number or turn.args["broadcast"]), with_for_update=True)
    if broadcast is None or broadcast.author_id != member.id:
        raise Refusal("button.not_yours")
    if broadcast.state != state:
        raise Refusal("card.decided")
    if broadcast.created_at + DRAFT_LIFE <= turn.now:
        raise Refusal("broadcast.expired")
    return broadcast


async def _preview(turn: Turn, broadcast: Broadcast) -> Answer:
    """How many, who not and why, three samples; then what can be done with it."""
    audience = Audience.GROUP if target_of(broadcast).to == GROUPS else Audience.PRIVATE
    try:
        unkind(turn, broadcast.text, audience)
    except Refusal as refused:
        broadcast.text = ""
        again = turn.say("broadcast.which_text")
        return Answer((turn.refusal(refused), again), expect="broadcast.text", memory={"broadcast": str(broadcast.id)})
    found = await preview(turn.session, turn.office, broadcast)
    broadcast.total = found.number
    shown = "\n\n".join(f"┌ {sample.text}" for sample in found.samples) or "—"
    number = str(broadcast.id)
    first = [turn.button("broadcast_to_me", "broadcast.to_me", reusable=True, broadcast=number)]
    if found.number:
        first.append(turn.button("broadcast_confirm", "broadcast.confirm", reusable=True, broadcast=number))
    second = [
        turn.button("broadcast_rewrite", "broadcast.rewrite", reusable=True, broadcast=number),
        turn.button("broadcast_drop", "broadcast.drop", broadcast=number),
    ]
    fields = {
        "where": await _where(turn, broadcast),
        "kind": turn.words(f"broadcast.kind_{broadcast.kind}"),
        "number": str(found.number),
        "unit": turn.words("broadcast.unit_groups" if audience is Audience.GROUP else "broadcast.unit_households"),
        "skipped": _skipped(turn, found),
        "samples": shown,
    }
    return Answer((turn.say("broadcast.preview", first, second, fields=fields),))


def _skipped(turn: Turn, found: Preview) -> str:
    words = [f"{turn.words(f'why.{reason}')} {number}" for reason, number in sorted(found.skipped.items())]
    return ", ".join(words) or turn.words("broadcast.nobody_skipped")


async def to_me(turn: Turn) -> Answer:
    """One sample to the author only, as a resident would read it."""
    broadcast = await _draft(turn)
    found = await preview(turn.session, turn.office, broadcast, samples=1)
    sample = found.samples[0] if found.samples else None
    if sample is None:
        raise Refusal("broadcast.nobody")
    text = OutgoingMessage(sample.template, sample.text, sample.fields, audience=turn.message.audience)
    return Answer((turn.say("broadcast.this_is_it"), text))


async def confirm(turn: Turn) -> Answer:
    """The first tap: the count once more, and a second button."""
    broadcast = await _draft(turn)
    found = await preview(turn.session, turn.office, broadcast, samples=0)
    broadcast.total = found.number
    if not found.number:
        raise Refusal("broadcast.nobody")
    number = str(broadcast.id)
    row = [
        turn.button("broadcast_really", "broadcast.really", broadcast=number, total=str(found.number)),
        turn.button("broadcast_drop", "broadcast.drop", broadcast=number),
    ]
    return Answer((turn.say("broadcast.sure", row, fields=await _summary(turn, broadcast)),))


async def _summary(turn: Turn, broadcast: Broadcast) -> dict[str, str]:
    unit = "groups" if target_of(broadcast).to == GROUPS else "households"
    return {
        "number": str(broadcast.total),
        "unit": turn.words(f"broadcast.unit_{unit}"),
        "where": await _where(turn, broadcast),
        "kind": turn.words(f"broadcast.kind_{broadcast.kind}"),
        "text": broadcast.text,
    }


async def really(turn: Turn) -> Answer:
    """The second tap. A count that has changed is shown again first; too many need a colleague's approval."""
    broadcast = await _draft(turn)
    found = await preview(turn.session, turn.office, broadcast, samples=0)
    if str(found.number) != turn.args["total"]:
        return await confirm(turn)
    member = officer(turn, Right.BROADCAST)
    if _needs_approval(member, broadcast):
        return await _ask_approval(turn, broadcast)
    return await _go(turn, broadcast)


def _needs_approval(member: Staff, broadcast: Broadcast) -> bool:
    many = target_of(broadcast).to == HOUSEHOLDS and broadcast.total > WITHOUT_APPROVAL_MAX
    return many or not looks_after(member, broadcast.community_id)


async def _ask_approval(turn: Turn, broadcast: Broadcast) -> Answer:
    broadcast.state = "waiting"
    number, desk = str(broadcast.id), at_desk(turn)
    assert turn.staff is not None
    fields = await _summary(desk, broadcast) | {"author": turn.staff.name}
    row = [desk.button(each, f"broadcast.{each}", reusable=True, broadcast=number) for each in ("approve", "decline")]
    card = desk.say("broadcast.please_approve", row, fields=fields)
    await open_task(
        turn.session,
        key=keys.task("broadcast", number),
        kind="broadcast",
        account=None,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + APPROVE_WITHIN,
        source=f"broadcast/{number}",
        community_id=broadcast.community_id,
    )
    detail = {"total": broadcast.total}
    await audit(turn.session, turn.actor, "broadcast.asked", f"broadcast/{number}", turn.now, detail)
    cards = await to_staff(desk, card, Right.APPROVE, community_id=broadcast.community_id)
    waiting = turn.say("broadcast.waiting", limit=str(WITHOUT_APPROVAL_MAX))
    return Answer((waiting, *(each for each in cards if each.to != turn.here)))


async def approve(turn: Turn) -> Answer:
    """A manager other than the author."""
    broadcast = await _waiting(turn)
    if broadcast.author_id == officer(turn, Right.APPROVE).id:
        raise Refusal("broadcast.not_your_own")
    return await _go(turn, broadcast)


async def decline(turn: Turn) -> Answer:
    broadcast = await _waiting(turn)
    await _end(turn, broadcast, "declined")
    author = await turn.session.get_one(Staff, broadcast.author_id)
    told = turn.say("broadcast.was_declined", name=turn.staff.name if turn.staff else "")
    answer = Answer((turn.say("broadcast.declined", edit=True, name=author.name),))
    return answer.also(replace(told, to=replace(turn.here, channel=broadcast.channel, chat=broadcast.chat)))


async def _waiting(turn: Turn) -> Broadcast:
    member = officer(turn, Right.APPROVE)
    broadcast = await turn.session.get(Broadcast, int(turn.args["broadcast"]), with_for_update=True)
    if broadcast is None or not looks_after(member, broadcast.community_id):
        raise Refusal("desk.no_task")
    if broadcast.state != "waiting":
        raise Refusal("card.decided")
    if broadcast.created_at + DRAFT_LIFE <= turn.now:
        raise Refusal("broadcast.expired")
    return broadcast


async def _go(turn: Turn, broadcast: Broadcast) -> Answer:
    """Write the first rows at once; the job carries on and shows how far it is."""
    broadcast.state = "running"
    await expand(turn.session, turn.office, broadcast, turn.now)
    detail = {"total": broadcast.total, "kind": broadcast.kind}
    subject = f"broadcast/{broadcast.id}"
    staff_id = turn.staff.id if turn.staff else None
    await close_task(turn.session, subject, turn.now, staff_id=staff_id, outcome="approved")
    await audit(turn.session, turn.actor, "broadcast.started", subject, turn.now, detail)
    return Answer((turn.say("broadcast.started", edit=True, number=str(broadcast.total)),))


async def drop(turn: Turn) -> Answer:
    """The draft is thrown away."""
    broadcast = await _draft(turn)
    await _end(turn, broadcast, "dropped")
    return Answer((turn.say("broadcast.dropped", edit=True),))


async def _end(turn: Turn, broadcast: Broadcast, outcome: str) -> None:
    broadcast.state, broadcast.finished_at = "cancelled", turn.now
    subject = f"broadcast/{broadcast.id}"
    staff_id = turn.staff.id if turn.staff else None
    await close_task(turn.session, subject, turn.now, staff_id=staff_id, outcome=outcome)
    await audit(turn.session, turn.actor, f"broadcast.{outcome}", subject, turn.now)


# while it runs


async def _under_way(turn: Turn, *states: str) -> Broadcast:
    """The author's own, or one that a manager of its community may steer."""
    member = officer(turn, Right.BROADCAST)
    broadcast = await turn.session.get(Broadcast, int(turn.args["broadcast"]), with_for_update=True)
    steers = has(turn, Right.APPROVE) and broadcast is not None and looks_after(member, broadcast.community_id)
    if broadcast is None or not (steers or broadcast.author_id == member.id):
        raise Refusal("button.not_yours")
    if broadcast.state not in states:
        raise Refusal("card.decided")
    return broadcast


async def pause(turn: Turn) -> Answer:
    broadcast = await _under_way(turn, "running")
    broadcast.state = "paused"
    await halt(turn.session, broadcast.id)
    await audit(turn.session, turn.actor, "broadcast.paused", f"broadcast/{broadcast.id}", turn.now)
    row = [
        turn.button(f"broadcast_{each}", f"broadcast.{each}", reusable=True, broadcast=str(broadcast.id))
        for each in ("resume", "cancel")
    ]
    return Answer((turn.say("broadcast.is_paused", row),))


async def resume(turn: Turn) -> Answer:
    broadcast = await _under_way(turn, "paused")
    broadcast.state = "running"
    await go_on(turn.session, broadcast.id)
    await audit(turn.session, turn.actor, "broadcast.resumed", f"broadcast/{broadcast.id}", turn.now)
    return Answer((turn.say("broadcast.goes_on"),))


async def cancel(turn: Turn) -> Answer:
    """What has not gone out never will; what has, has."""
    broadcast = await _under_way(turn, "running", "paused")
    await withdraw(turn.session, broadcast.id)
    await _end(turn, broadcast, "cancelled")
    so_far = await progress(turn.session, broadcast)
    return Answer((turn.say("broadcast.is_cancelled", sent=str(so_far.sent)),))


async def failed(turn: Turn) -> Answer:
    """Whom it did not reach for certain, and why."""
    broadcast = await _under_way(turn, "running", "paused", "done", "cancelled")
    rows = await failures(turn.session, broadcast.id, FAILURES_SHOWN)
    lines = "\n".join(f"{code} · {turn.words(f'state.{state}')} {reason}".strip() for code, state, reason in rows)
    return Answer((turn.say("broadcast.failures", lines=lines or "—"),))
