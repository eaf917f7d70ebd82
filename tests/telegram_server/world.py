"""The platform's memory: the bot, people, chats, messages, files. What the bot may see and whom it may write to."""

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.telegram_server.faults import Faults
from tests.telegram_server.formatting import entity_text
from tests.telegram_server.limits import Limits
from tests.telegram_server.refusals import bad_request, forbidden
from tests.telegram_server.updates import Updates

if TYPE_CHECKING:
    from tests.telegram_server.people import Person

Json = dict[str, Any]

SERVICE = frozenset({
    "new_chat_members", "left_chat_member", "group_chat_created", "supergroup_chat_created", "migrate_to_chat_id",
    "migrate_from_chat_id", "pinned_message", "new_chat_title",
})  # fmt: skip
ADMINISTRATOR_RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members", "can_promote_members",
    "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
    "can_pin_messages",
)  # fmt: skip
PERMISSIONS = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
    "can_add_web_page_previews", "can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics",
    "can_react_to_messages", "can_edit_tag",
)  # fmt: skip


@dataclass(slots=True)
class Call:
    """One request of the bot as the platform saw it. `accepted` = carried out, whatever answer got back.

    `at` is seconds on the monotonic clock, `at_wall` seconds since 1970.
    """

    number: int
    method: str
    chat: int | None
    text: str | None
    params: Json
    at: float
    at_wall: float
    accepted: bool = False
    status: int | None = None
    description: str = ""
    message_id: int | None = None
    fault: str | None = None


@dataclass
class File:
    """A stored file."""

    file_id: str
    path: str
    content: bytes
    name: str = ""
    media_type: str = ""
    extra: Json = field(default_factory=dict)

    def as_json(self) -> Json:
        """The fields every kind of file has."""
        unique = f"unique-{self.file_id}"
        return {"file_id": self.file_id, "file_unique_id": unique, "file_size": len(self.content)} | self.extra


@dataclass(eq=False)
class Chat:
    """A chat as the bot's account knows it. `bot_status` in a private chat: new, member, kicked (= blocked)."""

    id: int
    kind: str
    title: str = ""
    person: "Person | None" = None
    bot_status: str = "new"
    members: dict[int, str] = field(default_factory=dict)
    messages: dict[int, Json] = field(default_factory=dict)
    from_bot: list[Json] = field(default_factory=list)
    last_bot_id: int | None = None
    pinned_message_id: int | None = None
    migrated_to: int | None = None
    actions: list[str] = field(default_factory=list)

    def as_json(self) -> Json:
        """The Chat object inside messages."""
        if self.person is None:
            return {"id": self.id, "type": self.kind, "title": self.title}
        names = self.person.as_json()
        return {"id": self.id, "type": "private"} | {
            name: names[name] for name in ("first_name", "last_name", "username") if name in names
        }


class World:
    """Everything one bot can reach. Start a second server for a second bot."""

    def __init__(self, *, token: str, username: str, privacy: bool, limits: bool, seed: int) -> None:
        self.token = token
        self.bot: Json = {"id": int(token.split(":")[0]), "is_bot": True, "first_name": "暖铃", "username": username}
        self.privacy = privacy
        self.updates = Updates(first_id=700_000_001)
        self.faults = Faults(seed)
        self.limits = Limits(enabled=limits)
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, File] = {}
        self.calls: list[Call] = []
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.profile: dict[tuple[str, str], str] = {}
        self.menu_buttons: dict[int | None, Json] = {}
        self.callbacks: dict[str, float] = {}
        self.callback_answers: list[Json] = []
        self.callback_lifetime_seconds = 60.0
        self.spoke = asyncio.Event()
        self.numbers = itertools.count(1)
        self._message_ids = itertools.count(1)
        self._supergroup_message_ids: dict[int, itertools.count[int]] = {}

    # -- chats the bot asks for -----------------------------------------------------------------------------------

    def known_chat(self, chat_id: str | int) -> Chat:
        """The chat, or the platform's refusals for an empty or unknown id."""
        if chat_id in ("", None):
            raise bad_request("chat_id is empty")
        try:
            return self.chats[int(chat_id)]
        except (KeyError, ValueError):
            raise bad_request("chat not found") from None

    def readable_chat(self, chat_id: str | int) -> Chat:
        """As known_chat; refuses a supergroup the bot is not in."""
        chat = self.known_chat(chat_id)
        if chat.kind == "supergroup":
            self._check_membership(chat)
        return chat

    def writable_chat(self, chat_id: str | int) -> Chat:
        """A chat the bot may write to now.

        Raises:
            Refused: 403 never started, blocked, deactivated, kicked, left; 400 unknown or migrated.
        """
        chat = self.known_chat(chat_id)
        if chat.person is not None:
            if not chat.person.active:
                raise forbidden("user is deactivated")
            if chat.bot_status == "new":
                raise forbidden("bot can't initiate conversation with a user")
            if chat.bot_status == "kicked":
                raise forbidden("bot was blocked by the user")
        elif chat.migrated_to is not None:
            refusal = bad_request("group chat was upgraded to a supergroup chat")
            refusal.parameters["migrate_to_chat_id"] = chat.migrated_to
            raise refusal
        else:
            self._check_membership(chat)
        return chat

    def _check_membership(self, chat: Chat) -> None:
        if chat.bot_status == "kicked":
            raise forbidden(f"bot was kicked from the {chat.kind} chat")
        if chat.bot_status == "left":
            raise forbidden(f"bot is not a member of the {chat.kind} chat")
        if chat.bot_status == "restricted":
            raise bad_request("not enough rights to send text messages to the chat")

    # -- messages -------------------------------------------------------------------------------------------------

    def next_message_id(self, chat: Chat) -> int:
        """Supergroups count for themselves; private chats and basic groups share the account's counter."""
        if chat.kind != "supergroup":
            return next(self._message_ids)
        return next(self._supergroup_message_ids.setdefault(chat.id, itertools.count(1)))

    def post(self, chat: Chat, sender: Json, content: Json) -> Json:
        """Stores a message and, where the bot may see it, queues the update. Returns the Message."""
        message: Json = {
            "message_id": self.next_message_id(chat), "from": sender, "chat": chat.as_json(), "date": int(time.time())
        }  # fmt: skip
        message.update(content)
        chat.messages[message["message_id"]] = message
        if sender["is_bot"] and SERVICE.isdisjoint(content):
            chat.last_bot_id = sender["id"]
        if sender["id"] != self.bot["id"]:
            if self.bot_sees(chat, message):
                self.updates.put("message", message)
        elif SERVICE.isdisjoint(content):
            chat.from_bot.append(message)
            self.spoke.set()
        elif "pinned_message" in content or "left_chat_member" in content:
            self.updates.put("message", message)  # of its own doings, the bot is told these
        return message

    def bot_sees(self, chat: Chat, message: Json) -> bool:
        """Privacy mode as documented: core.telegram.org/bots/features#privacy-mode."""
        if chat.person is not None or not SERVICE.isdisjoint(message):
            return True
        if chat.bot_status not in ("member", "administrator"):
            return False
        if not self.privacy or chat.bot_status == "administrator":
            return True
        replied = message.get("reply_to_message")
        if replied and replied["from"]["id"] == self.bot["id"]:
            return True
        text: str = message.get("text") or message.get("caption") or ""
        entities: list[Json] = message.get("entities") or message.get("caption_entities") or []
        commands = [entity_text(text, entity) for entity in entities if entity["type"] == "bot_command"]
        if any(command.lower().endswith(f"@{self.bot['username']}".lower()) for command in commands):
            return True
        return chat.last_bot_id == self.bot["id"] and any("@" not in command for command in commands)

    def store_file(self, folder: str, content: bytes, name: str = "", media_type: str = "", **extra: Any) -> File:
        """Keeps a file under a new id."""
        number = len(self.files) + 1
        suffix = name.rsplit(".", 1)[-1] if "." in name else "bin"
        file = File(f"file-{number}", f"{folder}/file_{number}.{suffix}", content, name, media_type, extra)
        self.files[file.file_id] = file
        return file

    # -- members --------------------------------------------------------------------------------------------------

    def member_json(self, user: Json, status: str) -> Json:
        """A ChatMember object."""
        member: Json = {"user": user, "status": status}
        if status == "creator":
            member["is_anonymous"] = False
        elif status == "administrator":
            member |= {"can_be_edited": False, "is_anonymous": False} | dict.fromkeys(ADMINISTRATOR_RIGHTS, True)
        elif status == "kicked":
            member["until_date"] = 0
        elif status == "restricted":  # may read, not write
            member |= {"is_member": True, "until_date": 0} | dict.fromkeys(PERMISSIONS, False)
        return member

    def bot_member_changed(self, chat: Chat, by: Json, status: str) -> None:
        """Changes what the bot is in a chat and tells it by my_chat_member."""
        old, chat.bot_status = chat.bot_status, status
        self._tell_member_change("my_chat_member", chat, by, self.bot, old, status)

    def member_changed(self, chat: Chat, by: Json, user: Json, status: str) -> None:
        """Changes what a person is in a group; the bot is told by chat_member if it is an administrator there."""
        old = chat.members.get(user["id"], "left")
        chat.members[user["id"]] = status
        if chat.bot_status == "administrator":
            self._tell_member_change("chat_member", chat, by, user, old, status)

    def _tell_member_change(self, kind: str, chat: Chat, by: Json, user: Json, old: str, new: str) -> None:
        self.updates.put(kind, {
            "chat": chat.as_json(), "from": by, "date": int(time.time()),
            "old_chat_member": self.member_json(user, old), "new_chat_member": self.member_json(user, new),
        })  # fmt: skip
