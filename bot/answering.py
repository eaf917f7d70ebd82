"""What is said: run the routes, put the answer into the outbox, and write down how the message was handled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot.routing import UNKNOWN, Step
from domain import keys
from domain.errors import Refusal
from domain.messages import Answer, Attachment, Audience, Choice, IncomingMessage
from handlers.gentle import softened
from handlers.turn import Route, Turn
from handlers.unclear import doubted, offered_next, waits_its_turn
from models import dialogue, inbox, outbox, staff
from models.inbox import Received
from models.posting import post

INTENTS_ANSWERED = 3  # wishes of one message that are answered at once; the others are offered as buttons
# How many lines of ours a group bears, whoever asks: beyond that the answers still come in private, without a word there.
NOTED_MAX, NOTED_WITHIN = 3, timedelta(minutes=1)  # "I wrote to you" for one person
GROUP_LINES = ((10, timedelta(minutes=1)), (40, timedelta(hours=1)))
Wake = Callable[[str], None]


async def run(turn: Turn, steps: AsyncIterator[Step]) -> tuple[Answer, Route | None]:
    """Run the routes until one answers; a second understood wish of the same message is answered too.

    The steps are found one by one: what comes after the answer (a digit's button) is not touched.
    """
    together = Answer()
    used: Route | None = None
    heard = ""
    answered = 0
    covered: frozenset[str] | None = None
    later: list[str] = []
    async for step in steps:
        if used is not None and step.heard == UNKNOWN:
            break
        if used is not None and not step.heard:
            continue  # a wish was answered: what the words might have meant otherwise is over
        if step.route is used or (covered is not None and (not covered or step.heard in covered)):
            continue
        if answered >= INTENTS_ANSWERED or (used is not None and waits_its_turn(together, step.heard)):
            later.append(step.heard)
            continue
        if turn.message.audience is Audience.GROUP and Audience.GROUP not in step.route.audiences:
            return together, step.route  # answered in private by the caller
        if turn.message.audience is Audience.STAFF and Audience.STAFF not in step.route.audiences:
            continue  # colleagues read along: nothing of a household's own conversation
        turn.args, turn.argument, turn.memory = step.args, step.argument, step.memory
        answer = await step.route.handler(turn)
        if answer is None:
            continue
        together = Answer(
            (*together.messages, *answer.messages),
            answer.expect or together.expect,
            answer.memory or together.memory,
            answer.toast or together.toast,
            answer.done or together.done,
        )
        used, heard = used or step.route, heard or step.heard
        answered, covered = answered + 1, step.instead if covered is None else covered
        if heard in ("", UNKNOWN):
            break  # what the message might mean besides is not even looked up: that would press a button
    if not heard:
        return together, used
    return doubted(turn, heard, softened(turn, offered_next(turn, together, later))), used


async def say(turn: Turn, answer: Answer, wake: Wake, first: int = 0, after: int | None = None) -> int | None:
    """Write the answer into the outbox, with its buttons, and keep where the conversation stands.

    Returns the last row to the person; `after`: the row that has to arrive before this answer.
    """
    if turn.message.event and not answer.messages:
        return None  # an event that needs no word: whatever was asked in this chat before still waits
    if turn.message.audience is Audience.GROUP and not await group_bears(turn):
        answer = replace(answer, messages=tuple(each for each in answer.messages if each.to is not None))
    menu: tuple[tuple[str, str], ...] | None = None
    told: int | None = None
    for number, message in enumerate(answer.messages, start=first):
        posted = await post(
            turn.session,
            message.to or turn.here,
            message,
            key=keys.reply(turn.message.channel, turn.message.external_id, number),
            now=turn.now,
            button_user=turn.message.sender if message.to is None else "",
            context=outbox.Context(
                person_id=turn.person.id if turn.person and message.to is None else None,
                account_id=message.about,
                inbox_id=turn.inbox_id,
                reason="answer",
            ),
            edits=turn.message.message_id if message.edit else "",
            not_before=turn.message.answer_by if message.to is None else None,
            after=after,
        )
        if message.to is None:
            menu, told = posted.menu, posted.last_id
        else:
            wake(message.to.channel)
    await dialogue.remember(
        turn.session,
        turn.message.channel,
        turn.message.chat,
        turn.message.sender,
        turn.now,
        step=answer.expect,
        memory=answer.memory,
        menu=menu or None,
        account_id=turn.account.id if turn.account else None,
    )
    return told


async def group_bears(turn: Turn) -> bool:
    """Whether the group has room for one more line of ours: a flood of questions is no flood of answers."""
    most = max(lines for lines, _ in GROUP_LINES)
    said = await outbox.lately_said(turn.session, turn.here.channel, turn.here.chat, most)
    return all(sum(at > turn.now - span for at in said) < lines for lines, span in GROUP_LINES)


async def in_private(turn: Turn, steps: Sequence[Step], wake: Wake) -> Turn:
    """Answer a personal question in the private chat first, then say so in the group."""
    if turn.contact is None or turn.contact.state != "ok" or not turn.households:
        link = turn.office.start_link(turn.message.channel, "hello")
        rows = [[Choice(turn.words("button.open_private"), url=link)]] if link else []
        await say(turn, Answer((turn.say("group.open_private", *rows),)), wake)
        return turn
    quiet = replace(turn.message, chat=turn.contact.chat, audience=Audience.PRIVATE, press_id="", message_id="")
    private = replace(turn, message=quiet)
    try:
        async with turn.session.begin_nested():
            answer, _ = await run(private, each(steps))
    except Refusal as refused:  # its words may speak of the household, too
        await staff.audit(turn.session, turn.actor, "refused", refused.template, turn.now)
        answer = Answer((private.refusal(refused),))
    told = await say(private, answer, wake)
    if (template := await _told_in_group(turn)) is not None:
        await say(turn, Answer((turn.say(template),)), wake, first=len(answer.messages), after=told)
    return private


async def _told_in_group(turn: Turn) -> str | None:
    """What the group reads of a private answer: a few times a minute for each person, then one wish for a pause, then nothing."""
    noted, pause = "group.answered_privately", "group.pause"
    person_id, since = turn.person.id if turn.person else None, turn.now - NOTED_WITHIN
    said = await outbox.lately_said_to(
        turn.session, turn.here.channel, turn.here.chat, person_id, (noted, pause), since
    )
    if pause in said:
        return None
    return pause if len(said) >= NOTED_MAX else noted


async def note(
    session: AsyncSession,
    row: Received,
    turn: Turn,
    handler: str,
    intent: str,
    now: datetime,
    *,
    forget: bool = False,
) -> None:
    """What the log keeps of this message: nothing of a group's talk that was not addressed to us."""
    message = turn.message
    known: dict[str, object] = {"handler": handler, "intent": intent, "handled_at": now}
    known |= {"chat": message.chat, "audience": message.audience.value}
    if not forget:
        known |= {"user": message.sender, "text": message.text or _described(message)}
        known["person_id"] = turn.person.id if turn.person else None
        known["account_id"] = turn.account.id if turn.account else None
    await inbox.finish(session, row.id, **known)


async def each(steps: Sequence[Step]) -> AsyncIterator[Step]:
    for step in steps:
        yield step


def _described(message: IncomingMessage) -> str:
    if message.choice is not None:
        return inbox.PRESSED
    attachment: Attachment | None = message.attachment
    return f"[{attachment.kind}]" if attachment else f"[{message.event}]"
