"""Bot API methods that look at chats and their members, and leave them."""

from typing import Any

from tests.telegram_server.parameters import Parameters
from tests.telegram_server.refusals import bad_request
from tests.telegram_server.world import Chat, Json, World

GIFT_TYPES = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), True
)


def get_chat(world: World, params: Parameters) -> Json:
    """getChat: a ChatFullInfo."""
    chat = _readable(world, params)
    full = chat.as_json() | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": GIFT_TYPES}
    if chat.pinned_message_id in chat.messages:
        full["pinned_message"] = chat.messages[chat.pinned_message_id]
    if chat.person is None:
        full["permissions"] = {"can_send_messages": True, "can_invite_users": True}
    return full


def get_chat_member(world: World, params: Parameters) -> Json:
    """getChatMember."""
    chat = _members_readable(world, params)
    user_id = params.integer("user_id")
    if user_id == world.bot["id"]:
        return world.member_json(world.bot, chat.bot_status)
    person = world.people.get(user_id)
    if person is None:
        raise bad_request("invalid user_id specified" if user_id <= 0 else "user not found")
    if chat.person is not None:
        return world.member_json(person.as_json(), "member")
    return world.member_json(person.as_json(), chat.members.get(user_id, "left"))


def get_chat_administrators(world: World, params: Parameters) -> list[Json]:
    """getChatAdministrators: people, and the bot itself."""
    chat = _members_readable(world, params)
    if chat.person is not None:
        raise bad_request("there are no administrators in the private chat")
    found = [
        world.member_json(world.people[user_id].as_json(), status)
        for user_id, status in chat.members.items()
        if status in ("creator", "administrator")
    ]
    return found + ([world.member_json(world.bot, "administrator")] if chat.bot_status == "administrator" else [])


def get_chat_member_count(world: World, params: Parameters) -> int:
    """getChatMemberCount: the bot counts."""
    chat = _members_readable(world, params)
    if chat.person is not None:
        return 2
    return 1 + sum(status not in ("left", "kicked") for status in chat.members.values())


def leave_chat(world: World, params: Parameters) -> bool:
    """leaveChat."""
    chat = world.writable_chat(params.text("chat_id"))
    if chat.person is not None:
        raise bad_request("chat member status can't be changed in private chats")
    world.post(chat, world.bot, {"left_chat_member": world.bot})
    world.bot_member_changed(chat, world.bot, "left")
    return True


def _readable(world: World, params: Parameters) -> Chat:
    chat = world.readable_chat(params.text("chat_id"))
    if chat.person is not None and chat.bot_status == "new":
        raise bad_request("chat not found")
    return chat


def _members_readable(world: World, params: Parameters) -> Chat:
    """Members of a group the bot is not in, or that has migrated, are out of sight."""
    chat = _readable(world, params)
    return chat if chat.person is not None else world.writable_chat(chat.id)


METHODS: dict[str, Any] = {
    "getchat": get_chat,
    "getchatmember": get_chat_member,
    "getchatadministrators": get_chat_administrators,
    "getchatmembercount": get_chat_member_count,
    "leavechat": leave_chat,
}
