"""A survey's answer, and what all of them say together."""

from __future__ import annotations

from datetime import timedelta

from domain import keys
from domain.messages import Answer
from domain.roles import Right
from handlers.notes import at_desk, to_staff
from handlers.scopes import officer
from handlers.turn import Turn
from models.accounts import Account
from models.staff import open_task
from models.surveys import Survey, results

DAYS = 90
LEAST = 20  # fewer answers have no average
LOW = 2
WORDS_MAX = 500
CALL_WITHIN = timedelta(days=3)


async def stars(turn: Turn) -> Answer:
    """One tap; a second one changes nothing."""
    survey = await turn.session.get(Survey, int(turn.args["survey"]), with_for_update=True)
    if survey is None or turn.person is None or survey.person_id != turn.person.id or survey.stars is not None:
        return Answer((turn.say("survey.over"),))
    given = min(5, max(1, int(turn.args["stars"])))
    survey.stars, survey.answered_at = given, turn.now
    template = "survey.thanks_low" if given <= LOW else "survey.thanks_high"
    return Answer((turn.say(template),), expect="survey.words", memory={"survey": str(survey.id)})


async def words(turn: Turn) -> Answer | None:
    """A few words after the tap; a question or a wish is answered as such."""
    survey = await turn.session.get(Survey, int(turn.memory["survey"]))
    meant = turn.reading.top.intent if turn.reading is not None else ""
    talk = ("unknown", "out_of_scope", "complain_refuse", "greet_thanks", "acknowledged", "")
    if survey is None or not turn.text or survey.text or meant not in talk:
        return None
    survey.text = turn.text[:WORDS_MAX]
    told = turn.say("survey.words_kept")
    if (survey.stars or 5) > LOW:
        return Answer((told,))
    account = await turn.session.get_one(Account, survey.account_id)
    desk = at_desk(turn)
    fields = {"stars": str(survey.stars), "code": account.code, "text": survey.text}
    card = desk.say("survey.task", fields=fields)
    await open_task(
        turn.session,
        key=keys.task("survey", str(survey.id)),
        kind="survey",
        account=account,
        summary=card.text,
        at=turn.now,
        due_at=turn.now + CALL_WITHIN,
        source=f"survey/{survey.id}",
    )
    return Answer((told, *await to_staff(turn, card, community_id=account.community_id)))


async def show(turn: Turn) -> Answer:
    """`/survey`: the average with how many it stands on, or that there are too few to tell."""
    member = officer(turn, Right.READ)
    counts, said = await results(turn.session, member.community_id, turn.now - timedelta(days=DAYS))
    answered = sum(counts.values())
    lines = [turn.words("survey.said", stars=str(each.stars), text=each.text[:80]) for each in said]
    fields = {"days": str(DAYS), "answered": str(answered), "words": "\n".join(lines)}
    if answered < LEAST:
        return Answer((turn.say("survey.too_few", fields=fields | {"least": str(LEAST)}),))
    average = sum(stars * number for stars, number in counts.items()) / answered
    shares = [turn.words("survey.star", stars=str(n), number=str(counts.get(n, 0))) for n in range(5, 0, -1)]
    more = {"average": f"{average:.1f}", "lines": "\n".join(shares)}
    return Answer((turn.say("survey.result", fields=fields | more),))
