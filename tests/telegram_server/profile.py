"""Bot API methods about the bot itself: its identity, commands, names, menu button and webhook."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from tests.telegram_server.parameters import Parameters
from tests.telegram_server.refusals import bad_request
from tests.telegram_server.updates import Webhook
from tests.telegram_server.world import Json, World

MAX_COMMANDS = 100
PLAIN_SCOPES = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators")
CHAT_SCOPES = ("chat", "chat_administrators", "chat_member")
MENU_BUTTONS = ("default", "commands", "web_app")


def get_me(world: World, params: Parameters) -> Json:
    """getMe."""
    return world.bot | {
        "can_join_groups": True, "can_read_all_group_messages": not world.privacy, "supports_inline_queries": False,
        "can_connect_to_business": False, "has_main_web_app": False,
    }  # fmt: skip


def set_my_commands(world: World, params: Parameters) -> bool:
    """setMyCommands: replaces the list of one scope and language."""
    commands = params.json("commands", "commands")
    if not isinstance(commands, list):
        raise bad_request("expected an Array of BotCommand")
    if len(commands) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    world.commands[_scope_and_language(world, params)] = [_command(command) for command in commands]
    return True


def get_my_commands(world: World, params: Parameters) -> list[Json]:
    """getMyCommands: exactly this scope and language, no falling back."""
    return world.commands.get(_scope_and_language(world, params), [])


def delete_my_commands(world: World, params: Parameters) -> bool:
    """deleteMyCommands."""
    world.commands.pop(_scope_and_language(world, params), None)
    return True


def _command(command: Any) -> Json:
    if not isinstance(command, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    name, description = str(command.get("command", "")).removeprefix("/"), str(command.get("description", "")).strip()
    if not name:
        raise bad_request("command must be non-empty")
    if len(name) > 32:
        raise bad_request("command length must not exceed 32")
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not description:
        raise bad_request("command description must be non-empty")
    if len(description) > 256:
        raise bad_request("command description length must not exceed 256")
    return {"command": name, "description": description}


def _scope_and_language(world: World, params: Parameters) -> tuple[str, str]:
    scope = params.json("scope", "BotCommandScope") or {"type": "default"}
    kind = scope.get("type") if isinstance(scope, dict) else None
    if kind in PLAIN_SCOPES:
        return str(kind), _language(params)
    if kind not in CHAT_SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    chat = world.known_chat(scope.get("chat_id", ""))
    member = f"/{scope['user_id']}" if kind == "chat_member" else ""
    return f"{kind}/{chat.id}{member}", _language(params)


def _language(params: Parameters) -> str:
    language = params.text("language_code")
    if language and not re.fullmatch(r"[a-z]{2}", language):
        raise bad_request("invalid language code specified")
    return language


def _setter(what: str, parameter: str, max_length: int) -> Callable[[World, Parameters], bool]:
    def set_text(world: World, params: Parameters) -> bool:
        text = params.text(parameter).strip()
        if len(text) > max_length:
            raise bad_request(f"{what.replace('_', ' ')} is too long")
        world.profile[what, _language(params)] = text
        return True

    return set_text


def _getter(what: str, parameter: str) -> Callable[[World, Parameters], Json]:
    """The text of the language, else the one without a language."""

    def get_text(world: World, params: Parameters) -> Json:
        own = world.profile.get((what, _language(params)))
        standard = world.bot["first_name"] if what == "name" else ""
        return {parameter: own or world.profile.get((what, "")) or standard}

    return get_text


def set_chat_menu_button(world: World, params: Parameters) -> bool:
    """setChatMenuButton, for one private chat or for all."""
    button = params.json("menu_button", "menu button") or {"type": "default"}
    if not isinstance(button, dict) or button.get("type") not in MENU_BUTTONS:
        raise bad_request("can't parse menu button: MenuButton has unsupported type")
    world.menu_buttons[_menu_chat(world, params)] = button
    return True


def get_chat_menu_button(world: World, params: Parameters) -> Json:
    """getChatMenuButton."""
    fallback = world.menu_buttons.get(None, {"type": "commands"})
    return world.menu_buttons.get(_menu_chat(world, params), fallback)


def _menu_chat(world: World, params: Parameters) -> int | None:
    return world.readable_chat(params.text("chat_id")).id if params.text("chat_id") else None


def set_webhook(world: World, params: Parameters) -> bool:
    """setWebhook. Plain http and any port are fine, as on a Bot API server of one's own in local mode."""
    url, secret = params.text("url"), params.text("secret_token")
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise bad_request("invalid webhook URL specified")
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
        raise bad_request("secret token contains unallowed characters")
    world.updates.allow(params.json("allowed_updates", "allowed updates"))
    if params.flag("drop_pending_updates"):
        world.updates.pending.clear()
    connections = min(max(params.integer("max_connections", 40), 1), 100)
    world.updates.set_webhook(Webhook(url, secret, connections) if url else None)
    return True


def delete_webhook(world: World, params: Parameters) -> bool:
    """deleteWebhook."""
    if params.flag("drop_pending_updates"):
        world.updates.pending.clear()
    world.updates.set_webhook(None)
    return True


def get_webhook_info(world: World, params: Parameters) -> Json:
    """getWebhookInfo."""
    hook = world.updates.webhook
    info: Json = {
        "url": hook.url if hook else "", "has_custom_certificate": False,
        "pending_update_count": len(world.updates.pending),
    }  # fmt: skip
    if hook:
        info["max_connections"] = hook.max_connections
    if hook and hook.last_error_date:
        info |= {"last_error_date": hook.last_error_date, "last_error_message": hook.last_error_message}
    return info


METHODS: dict[str, Any] = {
    "getme": get_me,
    "setmycommands": set_my_commands,
    "getmycommands": get_my_commands,
    "deletemycommands": delete_my_commands,
    "setmyname": _setter("name", "name", 64),
    "getmyname": _getter("name", "name"),
    "setmydescription": _setter("description", "description", 512),
    "getmydescription": _getter("description", "description"),
    "setmyshortdescription": _setter("short_description", "short_description", 120),
    "getmyshortdescription": _getter("short_description", "short_description"),
    "setchatmenubutton": set_chat_menu_button,
    "getchatmenubutton": get_chat_menu_button,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
}
