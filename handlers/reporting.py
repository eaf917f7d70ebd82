"""`/report`: a month in figures as a PDF, a poster for the notice board; for managers, of their own communities."""

from __future__ import annotations

from domain.billing import Period, read_period
from domain.errors import Refusal
from domain.messages import Answer, Choice
from domain.plans import add_months
from domain.roles import Right
from domain.wording import period_words, tongue
from handlers.scopes import looks_after, officer
from handlers.turn import Turn
from models.accounts import communities
from models.papers import PaperKind, ask_for

PLACES_SHOWN = 8


async def command(turn: Turn) -> Answer:
    """`/report 2026-11`; without a period this month, with buttons for the last one and for posters."""
    officer(turn, Right.APPROVE)
    typed = turn.argument.strip()
    if not typed:
        return await _choose(turn)
    try:
        period = read_period(typed)
    except ValueError:
        raise Refusal("report_chat.usage") from None
    return await _asked(turn, period)


async def _choose(turn: Turn) -> Answer:
    this = Period(turn.today.replace(day=1), "month")
    row = [
        turn.button(name, "report.make", reusable=True, period=str(period))
        for name, period in (("report_make", this), ("report_before", Period(add_months(this.start, -1), "month")))
    ]
    member = officer(turn, Right.APPROVE)
    places = [each for each in await communities(turn.session) if looks_after(member, each.id)]
    posters = [
        [
            Choice(
                turn.words("report_chat.poster", community=place.name)[:30],
                "report.poster",
                {"place": str(place.id)},
                reusable=True,
            )
        ]
        for place in places[:PLACES_SHOWN]
    ]
    return Answer((turn.say("report_chat.which", row, *posters),))


async def make(turn: Turn) -> Answer:
    return await _asked(turn, read_period(turn.args["period"]))


async def _asked(turn: Turn, period: Period) -> Answer:
    member = officer(turn, Right.APPROVE)
    if period.start > turn.today:
        raise Refusal("report_chat.not_yet", {"period": period_words(str(period), turn.language)})
    await ask_for(turn.session, PaperKind.REPORT, f"period/{period}", member.id, tongue(turn.language), turn.now)
    return Answer((turn.say("paper.coming"),))


async def poster(turn: Turn) -> Answer:
    member = officer(turn, Right.APPROVE)
    if not looks_after(member, int(turn.args["place"])):
        raise Refusal("desk.no_task")
    subject = f"community/{turn.args['place']}"
    await ask_for(turn.session, PaperKind.POSTER, subject, member.id, tongue(turn.language), turn.now)
    return Answer((turn.say("paper.coming"),))
