"""Inline keyboards as the platform accepts them."""

import re
from typing import Any
from urllib.parse import urlsplit

from tests.telegram_server.refusals import bad_request

MAX_BUTTONS = 100
MAX_CALLBACK_DATA_BYTES = 64
OTHER_KINDS = ("web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat", "copy_text", "pay")


def inline_keyboard(markup: Any) -> dict[str, Any] | None:
    """The keyboard that will hang under the message, or None for the kinds that change the person's own keyboard.

    Raises:
        Refused: 400 in the platform's words for a wrong shape, URL or callback_data (1–64 bytes).
    """
    if markup is None or markup == "":
        return None
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" not in markup:
        return None
    rows = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('can\'t parse inline keyboard: field "inline_keyboard" must be of type Array of Arrays')
    kept = [[_button(button) for button in row] for row in rows if row]
    if sum(map(len, kept)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    return {"inline_keyboard": kept} if kept else None


def _button(button: Any) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if not str(button.get("text", "")).strip():
        raise bad_request("can't parse inline keyboard button: Inline keyboard button text must be non-empty")
    if "url" in button:
        _check_url(button["url"])
    elif "callback_data" in button:
        if not 1 <= len(str(button["callback_data"]).encode()) <= MAX_CALLBACK_DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    elif not any(kind in button for kind in OTHER_KINDS):
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    return button


def _check_url(url: str) -> None:
    parts = urlsplit(url if re.match(r"[a-z]+:", url) else f"http://{url}")
    if parts.scheme == "tg":
        return
    if parts.scheme not in ("http", "https") or "." not in (parts.hostname or "") or " " in url:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
