"""`/export`: the households, bills, payments and contacts of one's own communities as a spreadsheet, into the private chat."""

from __future__ import annotations

from domain.errors import Refusal
from domain.messages import Answer, Audience
from domain.roles import Right
from domain.wording import tongue
from handlers.scopes import officer
from handlers.turn import Turn
from models.accounts import Community
from models.exports import Export, count_households
from models.staff import audit


async def ask(turn: Turn) -> Answer:
    """What would be in it; it leaves the office only after a second tap."""
    member = officer(turn, Right.EXPORT)
    if turn.message.audience is not Audience.PRIVATE:
        raise Refusal("export.private_only")
    community = await turn.session.get(Community, member.community_id) if member.community_id else None
    fields = {
        "where": community.name if community else turn.words("control.everything"),
        "number": str(await count_households(turn.session, member.community_id)),
    }
    return Answer((turn.say("export.sure", [turn.button("export_yes", "export.yes")], fields=fields),))


async def confirmed(turn: Turn) -> Answer:
    """Written down as a wish; the file follows within a minute."""
    member = officer(turn, Right.EXPORT)
    if turn.message.audience is not Audience.PRIVATE:
        raise Refusal("export.private_only")
    wish = Export(
        staff_id=member.id, community_id=member.community_id, language=tongue(turn.language), asked_at=turn.now
    )
    turn.session.add(wish)
    await turn.session.flush()
    detail = {"community": member.community_id}
    await audit(turn.session, turn.actor, "export.asked", f"export/{wish.id}", turn.now, detail)
    return Answer((turn.say("export.coming", edit=True),))
