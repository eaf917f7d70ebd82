"""`/preview [date]`: who would get what on a day, one line a person, by the same rules as the run itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.errors import Refusal
from domain.ladder import HandToStaff, Remind, Wait
from domain.messages import Answer, Choice
from domain.roles import Right
from domain.wording import day_words, short_room
from handlers.labels import label, why_words
from handlers.scopes import officer
from handlers.turn import Turn
from models.accounts import account_ids_of
from models.verdicts import Verdict, decide_all

PREVIEW_MAX = 1500  # households that are decided while the chat waits; more are the command line's business
PAGE = 10
ROOMS_SHOWN = 4  # of one person
GROUPS = ("remind", "staff", "wait")


@dataclass(frozen=True)
class Line:
    """One message, one task or one household in peace; of a person with several flats, all of them together."""

    group: str
    what: str
    rooms: tuple[str, ...]


async def preview(turn: Turn) -> Answer:
    """First the numbers; a button lists each group, page by page."""
    member = officer(turn, Right.PREVIEW)
    on, group = _day(turn), turn.args.get("group", "")
    ids = await account_ids_of(turn.session, member.community_id)
    if len(ids) > PREVIEW_MAX:
        raise Refusal("preview.large", {"number": str(len(ids)), "most": str(PREVIEW_MAX)})
    lines = grouped(turn, await decide_all(turn.session, turn.office, on, turn.now, ids))
    if group in GROUPS:
        return _page(turn, on, group, [line for line in lines if line.group == group])
    rows = [[choice for name in GROUPS if (choice := _group_button(turn, on, name, lines)) is not None]]
    fields = {"day": day_words(on, turn.language), "lines": "\n".join(_counts(turn, lines)) or "—"}
    return Answer((turn.say("preview.overview", *rows, edit="date" in turn.args, fields=fields),))


def _day(turn: Turn) -> date:
    """Today, a date as 2026-12-01, or one in words."""
    written = turn.args.get("date", turn.argument)
    if not written:
        return turn.today
    try:
        return date.fromisoformat(written)
    except ValueError:
        understood = turn.reading.slots.day if turn.reading is not None else None
        if understood is None:
            raise Refusal("preview.usage") from None
        return understood


def grouped(turn: Turn, verdicts: Sequence[Verdict]) -> list[Line]:
    """One line a message: the flats of one person share theirs. Tasks and waits are a household's own."""
    lines: dict[tuple[str, ...], Line] = {}
    for verdict in verdicts:
        standing, decision = verdict.household.standing, verdict.decision
        room = f"{short_room(verdict.household.room)} ({standing.code})"
        if verdict.usual_hour is not None:
            room += turn.words("preview.usual", hour=str(verdict.usual_hour))
        if (day := verdict.moved_from) is not None:
            room += turn.words(f"preview.moved_{verdict.done.stage.move}", day=day_words(day, turn.language))
        match decision:
            case Remind(stage=stage):
                key, group, what = ("remind", str(verdict.payer.id)), "remind", label(turn, "stage_name", stage.name)
            case HandToStaff(stage=stage):
                key, group, what = ("staff", standing.code), "staff", turn.words(f"action.{stage.action}")
            case Wait(reason=reason):
                key, group, what = ("wait", standing.code), "wait", why_words(turn, reason.value)
        known = lines.get(key)
        lines[key] = Line(group, known.what if known else what, (*(known.rooms if known else ()), room))
    return list(lines.values())


def _counts(turn: Turn, lines: Sequence[Line]) -> list[str]:
    """`发提醒 12 人（14 户）：温馨提醒 9，商量分期 3`."""
    found = []
    for group in GROUPS:
        mine = [line for line in lines if line.group == group]
        if not mine:
            continue
        kinds: dict[str, int] = {}
        for line in mine:
            kinds[line.what] = kinds.get(line.what, 0) + 1
        ranked = sorted(kinds.items(), key=lambda each: -each[1])
        fields = {
            "group": turn.words(f"preview.{group}"),
            "number": str(len(mine)),
            "households": str(sum(len(line.rooms) for line in mine)),
            "kinds": turn.words("list.comma").join(f"{what} {number}" for what, number in ranked),
        }
        found.append(turn.words("preview.count", **fields))
    return found


def _group_button(turn: Turn, on: date, group: str, lines: Sequence[Line]) -> Choice | None:
    if not any(line.group == group for line in lines):
        return None
    args = {"date": on.isoformat(), "group": group}
    return Choice(turn.words(f"preview.{group}"), "board.preview", args, reusable=True)


def _page(turn: Turn, on: date, group: str, lines: Sequence[Line]) -> Answer:
    skip = max(0, int(turn.args.get("skip", "0")))
    args = {"date": on.isoformat(), "group": group}
    row = [Choice(turn.words("button.board_back"), "board.preview", {"date": on.isoformat()}, reusable=True)]
    if skip:
        row.append(turn.button("desk_back", "board.preview", reusable=True, skip=str(max(0, skip - PAGE)), **args))
    if len(lines) > skip + PAGE:
        row.append(turn.button("desk_more", "board.preview", reusable=True, skip=str(skip + PAGE), **args))
    shown = "\n".join(_words(turn, line) for line in lines[skip : skip + PAGE]) or "—"
    fields = {
        "day": day_words(on, turn.language),
        "group": turn.words(f"preview.{group}"),
        "number": str(len(lines)),
        "lines": shown,
    }
    return Answer((turn.say("preview.page", row, edit=True, fields=fields),))


def _words(turn: Turn, line: Line) -> str:
    rooms = turn.words("list.comma").join(line.rooms[:ROOMS_SHOWN])
    more = len(line.rooms) - ROOMS_SHOWN
    return turn.words("preview.line", rooms=rooms + (f" +{more}" if more > 0 else ""), what=line.what)
