"""话术库、成功案例: found by situation, sent with one tap, proposed from a closed task and approved by somebody else."""

from __future__ import annotations

from domain.errors import Refusal
from domain.library import Case
from domain.messages import Answer, Audience, Choice
from domain.roles import Right
from domain.wording import tongue
from handlers import person
from handlers.notes import at_desk, to_staff
from handlers.reply import write
from handlers.scopes import household_of, officer, task_of
from handlers.tone import unkind
from handlers.turn import Turn
from models.accounts import Account, Community
from models.solved_cases import SolvedCase, approved_cases, decide_case
from models.staff import Staff, audit

OWN = "own_"
TITLE_MAX, TEXT_MAX = 60, 1500
SAY_MARK = ("说:", "说：", "say:")


async def search(turn: Turn) -> Answer:
    """`/cases 漏水`, 案例 漏水: the closest situations. Without words the way to ask is told, with a few examples."""
    member = officer(turn, Right.TASKS)
    kind = await _kind_of(turn, member)
    words = turn.argument.strip()
    if not words:
        titles = [case.title[tongue(turn.language)] for case in turn.office.library.cases.values()]
        shown = turn.words("list.comma").join(titles[:12]) or "—"
        return Answer((turn.say("cases.usage", titles=shown),), expect="cases.words")
    return await _found(turn, words, kind)


async def words_typed(turn: Turn) -> Answer | None:
    """The situation, typed after `/cases` alone."""
    if not turn.text:
        return None
    return await _found(turn, turn.text, await _kind_of(turn, officer(turn, Right.TASKS)))


async def _found(turn: Turn, words: str, kind: str) -> Answer:
    own = [_as_case(each) for each in await approved_cases(turn.session)]
    found = turn.office.library.search(words[:200], kind, own)
    if not found:
        return Answer((turn.say("cases.none", words=words[:40]),), expect="cases.words")
    lines = [f"{number}. {case.title[tongue(turn.language)]}" for number, case in enumerate(found, start=1)]
    buttons = [
        Choice(case.title[tongue(turn.language)][:30], "cases.show", {"name": case.name}, reusable=True)
        for case in found
    ]
    rows = [buttons[n : n + 2] for n in range(0, len(buttons), 2)]
    return Answer((turn.say("cases.found", *rows, lines="\n".join(lines)),))


async def _kind_of(turn: Turn, member: Staff) -> str:
    """The trade of the member's own community; any where they look after all of them."""
    community = await turn.session.get(Community, member.community_id) if member.community_id else None
    return community.kind if community is not None else ""


def _as_case(row: SolvedCase) -> Case:
    """A colleague's case as one of the library; it reads the same in each language."""
    lines = tuple(line for line in row.do.splitlines() if line.strip())
    both = ("zh", "en")
    return Case(
        f"{OWN}{row.id}",
        (row.kind,),
        dict.fromkeys(both, row.title),
        (row.title,),
        dict.fromkeys(both, lines),
        dict.fromkeys(both, row.say),
    )


async def _case(turn: Turn, name: str) -> Case:
    if name.startswith(OWN):
        row = await turn.session.get(SolvedCase, int(name.removeprefix(OWN)))
        if row is not None and row.state == "approved":
            return _as_case(row)
    elif (case := turn.office.library.cases.get(name)) is not None:
        return case
    raise Refusal("button.expired")  # taken out of the library since


async def show(turn: Turn) -> Answer:
    """One case: what to do, and the words, which one tap sends where there is somebody to send them to."""
    officer(turn, Right.TASKS)
    case, language = await _case(turn, turn.args["name"]), tongue(turn.language)
    lines = "\n".join(f"{number}. {line}" for number, line in enumerate(case.do[language], start=1))
    where = {name: turn.args[name] for name in ("takeover", "code") if name in turn.args}
    row = [Choice(turn.words("button.case_send"), "cases.send", {"name": case.name, **where})] if where else []
    fields = {"title": case.title[language], "lines": lines, "say": case.say[language] or "—"}
    text = turn.say("cases.one", row, fields=fields)
    if "takeover" in where:  # what is typed instead still goes to the person
        return Answer((text,), person.STAFF_STEP, {"takeover": where["takeover"]})
    return Answer((text,))


async def send(turn: Turn) -> Answer:
    """The words of a case into the talk, or to the household's payer, in the language of that chat."""
    case = await _case(turn, turn.args["name"])
    if "takeover" in turn.args:
        takeover = await person.own(turn, turn.args["takeover"])
        there = await person.resident(turn, takeover)
        words = case.say[tongue(there.language)]
        unkind(turn, words, Audience.PRIVATE)
        return (await person.say(turn, takeover, there, words)).also(turn.say("canned_list.sent", text=words))
    account = await household_of(turn, turn.args["code"], Right.TASKS)
    return await write(turn, account, case.say[tongue(account.language or turn.language)])


# a case of one's own


async def propose(turn: Turn) -> Answer:
    """From a task that was closed: a name for the situation first."""
    task = await task_of(turn, turn.args["task"])
    return Answer((turn.say("cases.which_title"),), expect="cases.title", memory={"task": str(task.id)})


async def title_typed(turn: Turn) -> Answer | None:
    if not turn.text:
        return None
    await task_of(turn, turn.memory["task"])
    memory = {**turn.memory, "title": turn.text[:TITLE_MAX]}
    return Answer((turn.say("cases.which_steps"),), expect="cases.steps", memory=memory)


async def steps_typed(turn: Turn) -> Answer | None:
    """What was done, a line a step; a line that begins with 说: holds the words for residents. No household's data."""
    if not turn.text:
        return None
    member, task = officer(turn, Right.TASKS), await task_of(turn, turn.memory["task"])
    lines = [line.strip() for line in turn.text[:TEXT_MAX].splitlines() if line.strip()]
    say = next(filter(None, map(_said, lines)), "")
    try:
        unkind(turn, f"{turn.memory['title']}\n{turn.text}", Audience.GROUP)
    except Refusal as refused:
        return Answer((turn.refusal(refused),), expect="cases.steps", memory=turn.memory)
    account = await turn.session.get(Account, task.account_id) if task.account_id else None
    case = SolvedCase(
        kind=account.kind if account is not None else turn.office.kind,
        title=turn.memory["title"],
        do="\n".join(line for line in lines if not _said(line)) or turn.memory["title"],
        say=say,
        task_id=task.id,
        author_id=member.id,
        created_at=turn.now,
    )
    turn.session.add(case)
    await turn.session.flush()
    await audit(turn.session, turn.actor, "case.proposed", f"case/{case.id}", turn.now)
    desk, number = at_desk(turn), str(case.id)
    row = [
        desk.button(f"solved_{name}", f"cases.{name}", reusable=True, case=number) for name in ("approve", "decline")
    ]
    fields = {"name": member.name, "title": case.title, "lines": case.do, "say": case.say or "—"}
    cards = await to_staff(turn, desk.say("cases.card", row, fields=fields), Right.APPROVE, task.community_id)
    return Answer((turn.say("cases.proposed"), *cards))


def _said(line: str) -> str:
    """The words for residents that a line holds; empty for a step."""
    mark = next((mark for mark in SAY_MARK if line.lower().startswith(mark)), None)
    return "" if mark is None else line[len(mark) :].strip()


async def approve(turn: Turn) -> Answer:
    """From now on everybody finds it. Nobody approves their own."""
    return await _decide(turn, "approved")


async def decline(turn: Turn) -> Answer:
    return await _decide(turn, "declined")


async def _decide(turn: Turn, state: str) -> Answer:
    member = officer(turn, Right.APPROVE)
    case = await turn.session.get(SolvedCase, int(turn.args["case"]))
    if case is None:
        raise Refusal("card.decided")
    if case.author_id == member.id:
        raise Refusal("cases.own")
    if not await decide_case(turn.session, case.id, state, member.id, turn.now):
        raise Refusal("card.decided")
    await audit(turn.session, turn.actor, f"case.{state}", f"case/{case.id}", turn.now)
    return Answer((turn.say(f"cases.{state}", edit=True, title=case.title),))
