"""Every dedup key in one place: built from ids and ISO dates, so that no change of words can send a thing twice."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime


def reminder(account_id: int, anchor_bill_id: int, stage: str) -> str:
    """One per account, anchor bill and stage; no channel and no date, so another channel or day can't double it."""
    return f"remind/{account_id}/{anchor_bill_id}/{stage}"


def reminder_message(person_id: int, day: date) -> str:
    """One reminder message per person and day, whatever the number of their flats."""
    return f"reminder-message/{person_id}/{day.isoformat()}"


def offer_reminder(account_id: int, offer_id: int, stage: str) -> str:
    return f"offer/{account_id}/{offer_id}/{stage}"


def announcement(group_id: int, due_on: date, stage: str) -> str:
    return f"announce/{group_id}/{due_on.isoformat()}/{stage}"


def promise_day(promise_id: int) -> str:
    return f"promise/{promise_id}/day"


def plan_part(plan_id: int, part: int, moment: str) -> str:
    """`moment`: `ahead` or `day`."""
    return f"plan/{plan_id}/{part}/{moment}"


def reply(channel: str, external_id: str, number: int) -> str:
    return f"reply/{channel}/{external_id}/{number}"


def receipt(payment_id: int) -> str:
    return f"receipt/{payment_id}"


def autopay(account_id: int, day: date) -> str:
    return f"autopay/{account_id}/{day.isoformat()}"


def honour(group_id: int, day: date) -> str:
    return f"honour/{group_id}/{day.isoformat()}"


def broadcast(broadcast_id: int, chat: str) -> str:
    return f"broadcast/{broadcast_id}/{chat}"


def broadcast_progress(broadcast_id: int, number: int) -> str:
    """The message that shows how far a broadcast is (0), and each edit of it."""
    return f"broadcast/{broadcast_id}/progress/{number}"


def broadcast_note(broadcast_id: int, revision: int, template: str) -> str:
    """A word to the author about one state of a broadcast."""
    return f"broadcast/{broadcast_id}/{revision}/{template}"


def staff_card(task_id: int, chat: str) -> str:
    return f"card/{task_id}/{chat}"


def escalation(task_id: int, due_at: datetime, chat: str) -> str:
    """One per task, clock and chat: a new clock may run out once more."""
    return f"escalated/{task_id}/{due_at.astimezone(UTC):%Y%m%dT%H%M%S}/{chat}"


def digest(staff_id: int, day: date) -> str:
    return f"digest/{staff_id}/{day.isoformat()}"


def alert(channel: str, since: datetime, colour: str, staff_id: int) -> str:
    """One per incident, colour and colleague; an incident is known by the moment it began."""
    return f"alert/{channel}/{since.astimezone(UTC):%Y%m%dT%H%M%S}/{colour}/{staff_id}"


def pause_over(name: str, until: datetime, staff_id: int) -> str:
    return f"pause-over/{name}/{until.astimezone(UTC):%Y%m%dT%H%M%S}/{staff_id}"


def confirm(confirmation_id: int, number: int, confirmer: str) -> str:
    """A word to the colleague whose tap a task needs: when it was made (0), and with each reminder."""
    return f"confirm/{confirmation_id}/{number}/{confirmer}"


def visit_reminder(visit_id: int, starts_at: datetime) -> str:
    """The day before a visit, once for each hour that it was agreed for."""
    return f"visit/{visit_id}/{starts_at.astimezone(UTC):%Y%m%dT%H%M}/ahead"


def visit_result(visit_id: int) -> str:
    return f"visit/{visit_id}/result"


def export(export_id: int) -> str:
    return f"export/{export_id}"


def paper(paper_id: int) -> str:
    return f"paper/{paper_id}"


def filed(sent_file_id: int, asked_at: datetime) -> str:
    """What became of a file; one that was taken back may be sent again."""
    return f"filed/{sent_file_id}/{asked_at.astimezone(UTC):%Y%m%dT%H%M%S}"


def letter_void(letter_id: int) -> str:
    return f"letter/{letter_id}/void"


def task(kind: str, subject: str) -> str:
    return f"task/{kind}/{subject}"


RENEWAL_NEXT = "renewal-next"


def class_task(kind: str, community_id: int, class_name: str, opens_on: date) -> str:
    """A task about a whole class; its name may be longer than a key, so it goes in as a digest."""
    digest = hashlib.blake2b(class_name.encode(), digest_size=6).hexdigest()
    return task(kind, f"{community_id}/{digest}/{opens_on.isoformat()}")


def renewal_next(account_id: int, day: date) -> str:
    """The talk that a family wished for on a day."""
    return task(RENEWAL_NEXT, f"{account_id}/{day.isoformat()}")


def details(account_id: int, cause: str, subject: str) -> str:
    """One question about the details a year, and one for each chat that could not be reached."""
    return f"details/{account_id}/{cause}/{subject}"


def details_question(check_id: int, day: date) -> str:
    """The message of a check; one that never went out may go out on another day."""
    return f"details-question/{check_id}/{day.isoformat()}"


def jitter_minutes(account_code: str) -> int:
    """A household's own stable minute, 1–25 past the opening of the window, so that nothing goes out all at :00."""
    digest = hashlib.blake2b(account_code.encode(), digest_size=4).digest()
    return 1 + int.from_bytes(digest) % 25
