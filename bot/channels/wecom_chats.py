"""What a chat on WeCom can be, told by its address alone."""

from __future__ import annotations

import re
from enum import StrEnum

CHANNEL = "wecom"
APPCHAT, ROBOT = (
    "appchat:",
    "robot:",
)  # before the id of a group that our app made, before a robot's name in config.toml
# The platform's own ids: of a customer (external_userid), of a customers' group (chat_id), of a member of staff (userid).
CUSTOMER = re.compile(r"w[mo][A-Za-z0-9_-]{30}")
CUSTOMER_GROUP = re.compile(r"wr[A-Za-z0-9_-]{30}")
MEMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
APPCHAT_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class Sort(StrEnum):
    MEMBER = "member"  # of the staff, by message of the app
    CUSTOMER = "customer"
    CUSTOMER_GROUP = "customer_group"
    APPCHAT = "appchat"  # a staff group that the app made
    ROBOT = "robot"  # a staff group with a robot in it


RESIDENTS = frozenset({Sort.CUSTOMER, Sort.CUSTOMER_GROUP})  # a colleague must confirm what they get
STAFF_GROUPS = frozenset({Sort.APPCHAT, Sort.ROBOT})


def sort_of(chat: str) -> Sort | None:
    """None: no address of WeCom's."""
    if chat.startswith(ROBOT):
        return Sort.ROBOT if chat.removeprefix(ROBOT).strip() else None
    if chat.startswith(APPCHAT):
        return Sort.APPCHAT if APPCHAT_ID.fullmatch(chat.removeprefix(APPCHAT)) else None
    if CUSTOMER_GROUP.fullmatch(chat):
        return Sort.CUSTOMER_GROUP
    if CUSTOMER.fullmatch(chat):
        return Sort.CUSTOMER
    return Sort.MEMBER if MEMBER.fullmatch(chat) else None
