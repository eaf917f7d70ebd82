"""Points (积分): how many there are, how they are earned, and using them for a bill or a service, once."""

from __future__ import annotations

from datetime import timedelta

from domain import keys
from domain.errors import Refusal
from domain.messages import Answer, Choice
from domain.money import yuan
from domain.rewards import Points
from domain.roles import Member
from domain.wording import day_words, period_words
from handlers.household import press, settle_on
from handlers.notes import at_desk, to_staff
from handlers.turn import Turn
from models.bills import BillLine, bill_lines
from models.rewards import balance, history, redeem_for_bill, redeem_for_service
from models.staff import audit, open_task

LATEST = 5
DO_WITHIN = timedelta(days=3)


async def show(turn: Turn) -> Answer:
    """How many there are, the latest entries, and what they can be used for."""
    settle_on(turn)
    rules = turn.office.rewards.points
    if not rules.on:
        return Answer((turn.say("points.off", hotline=turn.office.hotline),))
    have = await balance(turn.session, turn.household.id)
    latest = [
        turn.words(
            "points.line",
            day=day_words(entry.on_date, turn.language),
            points=f"{entry.points:+d}",
            why=turn.words(f"points.kind_{entry.kind}"),
        )
        for entry in await history(turn.session, turn.household.id, LATEST)
    ]
    fields = {**turn.called(), "points": str(have), "how": how_words(turn, rules), "latest": "\n".join(latest)}
    return Answer((turn.say("points.show", *await _uses(turn, rules, have), fields=fields),))


def how_words(turn: Turn, rules: Points) -> str:
    """How points are earned and what they are worth, from the rules."""
    words = [
        turn.words("points.how", on_time=str(rules.on_time), every=str(rules.streak_every), streak=str(rules.streak))
    ]
    if rules.fen_each:
        worth = yuan(rules.least * rules.fen_each)
        words.append(turn.words("points.worth", least=str(rules.least), worth=worth))
    return " ".join(words) if turn.language.startswith("en") else "".join(words)


async def _uses(turn: Turn, rules: Points, have: int) -> list[list[Choice]]:
    rows = []
    if await _usable(turn, rules, have) is not None:
        rows.append([press(turn, "points_bill", "points.bill")])
    for number, service in enumerate(rules.services):
        if service.points <= have:
            label = turn.words("points.service_label", name=service.name, points=str(service.points))
            args = {"account": str(turn.household.id), "service": str(number)}
            rows.append([Choice(label[:40], "points.service", args, reusable=True)])
    return rows


async def _usable(turn: Turn, rules: Points, have: int) -> tuple[BillLine, int] | None:
    """The oldest open bill that points can pay a part of, and how many of them; None: there is none."""
    if not rules.fen_each or have < rules.least:
        return None
    for line in await bill_lines(turn.session, [turn.household.id], only_open=True):
        points = min(have, line.open_fen // rules.fen_each)
        if points >= rules.least:
            return line, points
    return None


async def for_bill(turn: Turn) -> Answer:
    """What it would be: one more tap uses them."""
    settle_on(turn)
    _owner(turn)
    rules = turn.office.rewards.points
    have = await balance(turn.session, turn.household.id)
    found = await _usable(turn, rules, have) if rules.on else None
    if found is None:
        raise Refusal("points.no_bill")
    line, points = found
    args = {"bill": str(line.bill.id), "points": str(points), "nonce": str(turn.inbox_id)}
    row = (
        press(turn, "points_use", "points.bill_yes", reusable=False, **args),
        press(turn, "points_keep", "points.show"),
    )
    fields = {
        "points": str(points),
        "item": turn.fee(line.bill.item),
        "period": period_words(line.bill.period, turn.language),
        "worth": yuan(points * rules.fen_each),
        "left": str(have - points),
        "rest": yuan(line.open_fen - points * rules.fen_each),
    }
    return Answer((turn.say("points.bill_sure", row, fields=fields),))


async def bill_yes(turn: Turn) -> Answer:
    """Used, once: a second tap finds that it is done."""
    settle_on(turn)
    _owner(turn)
    args, rules, account = turn.args, turn.office.rewards.points, turn.household
    if not rules.on:
        raise Refusal("points.no_bill")
    key = f"bill/{account.id}/{args['nonce']}"
    fen = await redeem_for_bill(
        turn.session,
        rules,
        account.id,
        int(args["bill"]),
        int(args["points"]),
        key,
        turn.today,
        turn.now,
        actor=turn.actor,
    )
    detail = {"points": int(args["points"]), "fen": fen, "bill": int(args["bill"])}
    await audit(turn.session, turn.actor, "points.bill", f"account/{account.id}", turn.now, detail)
    left = str(await balance(turn.session, account.id))
    row = (press(turn, "bill", "bill.show"),)
    return Answer((turn.say("points.bill_done", row, worth=yuan(fen), left=left),))


async def for_service(turn: Turn) -> Answer:
    settle_on(turn)
    _owner(turn)
    rules = turn.office.rewards.points
    service = rules.services[int(turn.args["service"])] if int(turn.args["service"]) < len(rules.services) else None
    have = await balance(turn.session, turn.household.id)
    if not rules.on or service is None or service.points > have:
        raise Refusal("points.too_few", {"points": str(have), "least": str(service.points if service else 0)})
    args = {"what": service.name, "points": str(service.points), "nonce": str(turn.inbox_id)}
    row = (
        press(turn, "points_use", "points.service_yes", reusable=False, **args),
        press(turn, "points_keep", "points.show"),
    )
    fields = {"points": str(service.points), "name": service.name, "left": str(have - service.points)}
    return Answer((turn.say("points.service_sure", row, fields=fields),))


async def service_yes(turn: Turn) -> Answer:
    """Used, once; the office gets the task to do it."""
    settle_on(turn)
    _owner(turn)
    args, account = turn.args, turn.household
    offered = {(each.name, each.points) for each in turn.office.rewards.points.services}
    if not turn.office.rewards.points.on or (args["what"], int(args["points"])) not in offered:
        raise Refusal("points.changed")
    key = f"service/{account.id}/{args['nonce']}"
    points = int(args["points"])
    await redeem_for_service(
        turn.session, account.id, args["what"], points, key, turn.today, turn.now, actor=turn.actor
    )
    await audit(turn.session, turn.actor, "points.service", f"account/{account.id}", turn.now, {"points": points})
    desk = at_desk(turn)
    card = desk.say("card.points_service", fields=desk.called() | {"code": account.code, "name": args["what"]})
    await open_task(
        turn.session,
        key=keys.task("points", key),
        kind="points",
        account=account,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + DO_WITHIN,
        source=f"points/{account.id}",
    )
    told = turn.say("points.service_done", name=args["what"], left=str(await balance(turn.session, account.id)))
    return Answer((told, *await to_staff(turn, card)))


def _owner(turn: Turn) -> None:
    """A tenant doesn't spend the owner's points."""
    role = next((bound.role for mine, bound in turn.households if mine.id == turn.household.id), None)
    if role == Member.TENANT:
        raise Refusal("points.owner_only")
