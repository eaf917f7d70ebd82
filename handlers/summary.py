"""A teacher writes how a pupil does (阶段总结) and what the child wants; both stand in the call's brief and the offer."""

from __future__ import annotations

from datetime import timedelta

from domain.errors import Refusal
from domain.lint import lint
from domain.lint_pupil import unkind_of_pupil
from domain.messages import Answer, Audience, Choice
from domain.roles import Right
from domain.tiers import BY_WISH
from handlers.desk import begin
from handlers.renewal.offered import SCHOOL
from handlers.scopes import household_of, officer, task_of
from handlers.turn import Turn
from models.accounts import Account
from models.profiles import note_evidence
from models.renewals import StageSummary, class_of_task, latest_summaries, offers_of_class
from models.staff import LIVE, StaffTask, audit

SUMMARY_MAX = 120
WISHES = ("wants", "unsure", "against", "unasked")
PAGE = 8
FRESH_DAYS = 60


async def listing(turn: Turn) -> Answer:
    """The pupils of a class whose summary is still to be written, one button each."""
    return await _list(turn, await task_of(turn, turn.args["task"]), int(turn.args.get("page", "0")))


async def _list(turn: Turn, task: StaffTask, page: int = 0) -> Answer:
    class_name, left = await _left(turn, task)
    if not left:
        return Answer((turn.say("summary.all_done", class_name=class_name),))
    about, first = {"task": str(task.id)}, page * PAGE
    buttons = [
        Choice(f"{account.code} {account.payer_name}", "summary.start", {**about, "code": account.code}, reusable=True)
        for account in left[first : first + PAGE]
    ]
    rows = [buttons[n : n + 2] for n in range(0, len(buttons), 2)]
    if first + PAGE < len(left):
        rows.append([turn.button("desk_more", "summary.list", reusable=True, **about, page=str(page + 1))])
    return Answer((turn.say("summary.list", *rows, class_name=class_name, number=str(len(left))),))


async def _left(turn: Turn, task: StaffTask) -> tuple[str, list[Account]]:
    """The task's class, and its pupils without a summary for this window: one that is older than a term counts no more."""
    found = await class_of_task(turn.session, task)
    if found is None:
        raise Refusal("desk.no_task")
    community_id, class_name, opens_on = found
    pupils = [account for _, account in await offers_of_class(turn.session, community_id, class_name, opens_on)]
    written = await latest_summaries(turn.session, [account.id for account in pupils])
    oldest = opens_on - timedelta(days=FRESH_DAYS)
    fresh = {number for number, summary in written.items() if turn.office.today(summary.at) >= oldest}
    return class_name, [account for account in pupils if account.id not in fresh]


async def start(turn: Turn) -> Answer:
    """`/summary CODE`, or a pupil's button."""
    code, _, text = turn.argument.partition(" ")
    code = turn.args.get("code", code)
    if not code:
        raise Refusal("summary.usage")
    account = await _pupil(turn, code)
    if text.strip():
        return await _written(turn, account, text.strip(), "")
    fields = {"code": account.code, "class_name": account.class_name, **turn.called(account)}
    memory = {"task": turn.args.get("task", ""), "code": account.code}
    return Answer((turn.say("summary.write", fields=fields),), expect="summary.words", memory=memory)


async def words(turn: Turn) -> Answer | None:
    if not turn.text:
        return None
    return await _written(turn, await _pupil(turn, turn.memory["code"]), turn.text, turn.memory["task"])


async def _pupil(turn: Turn, code: str) -> Account:
    account = await household_of(turn, code, Right.TASKS)
    if account.kind != SCHOOL:
        raise Refusal("summary.not_pupil", {"code": account.code})
    return account


async def _written(turn: Turn, account: Account, text: str, task: str) -> Answer:
    """Words that may not go to parents are kept for staff only when the teacher says so."""
    if len(text) > SUMMARY_MAX:
        raise Refusal("summary.too_long", {"most": str(SUMMARY_MAX)})
    found = next(iter(lint(text, Audience.PRIVATE)), None) or unkind_of_pupil(text)
    if found is not None:
        fields = {"why": turn.words(f"lint.{found.rule}"), "text": found.text}
        code = account.code
        row = [
            turn.button("summary_again", "summary.start", task=task, code=code),
            turn.button("summary_private", "summary.private", task=task, code=code, text=text),
        ]
        return Answer((turn.say("summary.unfit", row, fields=fields),))
    return await _keep(turn, account, text, task, quotable=True)


async def private(turn: Turn) -> Answer:
    """For colleagues' eyes: it stands in the brief, never in a message."""
    account = await _pupil(turn, turn.args["code"])
    return await _keep(turn, account, turn.args["text"], turn.args["task"], quotable=False)


async def _keep(turn: Turn, account: Account, text: str, task: str, *, quotable: bool) -> Answer:
    member = officer(turn, Right.TASKS)
    summary = StageSummary(
        account_id=account.id,
        class_name=account.class_name,
        text=" ".join(text.split()),
        quotable=quotable,
        staff_id=member.id,
        at=turn.now,
    )
    turn.session.add(summary)
    await turn.session.flush()
    await audit(turn.session, turn.actor, "summary.written", f"account/{account.id}", turn.now, {"quotable": quotable})
    number = str(summary.id)
    buttons = [turn.button(f"wish_{wish}", "summary.wish", summary=number, task=task, wish=wish) for wish in WISHES]
    return Answer((turn.say("summary.wish", buttons[:2], buttons[2:]),))


async def wish(turn: Turn) -> Answer:
    """What the child wants: evidence for the tier. The last pupil of a class closes its task."""
    officer(turn, Right.TASKS)
    summary = await turn.session.get(StageSummary, int(turn.args["summary"]))
    said = turn.args["wish"] if turn.args["wish"] in WISHES else "unasked"
    if summary is None:
        raise Refusal("desk.no_task")
    account = await turn.session.get_one(Account, summary.account_id)
    await household_of(turn, account.code, Right.TASKS)
    summary.wish = said
    if said in BY_WISH:
        await note_evidence(turn.session, account, BY_WISH[said], turn.actor, turn.now)
    await audit(turn.session, turn.actor, "summary.wish", f"account/{account.id}", turn.now, {"wish": said})
    noted = turn.say("summary.noted", code=account.code, wish=turn.words(f"wish.{said}"))
    if not turn.args["task"]:
        return Answer((noted,))
    task = await task_of(turn, turn.args["task"])
    if task.state in LIVE and not (await _left(turn, task))[1]:
        begin(turn, task)
        task.state, task.outcome, task.closed_at, task.touched_at = "done", "solved", turn.now, turn.now
    return Answer((noted, *(await _list(turn, task)).messages))
