"""What people do: press Start, write, press buttons, send files, block the bot, join and leave groups."""

import struct
import time
from typing import Any

from tests.telegram_server.formatting import found_by_itself
from tests.telegram_server.world import Chat, Json, World

# A 1 × 1 PNG: enough for a picture nobody looks at.
SMALL_PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c020000000b4944415478da6364f80f"
    "00010501012718e3660000000049454e44ae426082"
)


class Person:
    """Someone with a Telegram account. Every act takes effect at once and returns what it made."""

    def __init__(self, world: World, number: int, first_name: str, **names: str) -> None:
        self.world = world
        self.id = number
        self.first_name = first_name
        self.names = {name: value for name, value in names.items() if value}
        self.active = True
        world.people[number] = self
        self.private_chat = world.chats[number] = Chat(number, "private", person=self)

    def as_json(self) -> Json:
        """The User object."""
        return {"id": self.id, "is_bot": False, "first_name": self.first_name} | self.names

    def start(self, token: str = "") -> Json:
        """Presses Start, in a link with `?start=token` if given; also what unblocks the bot."""
        if self.private_chat.bot_status == "kicked":
            self.unblock()
        self.private_chat.bot_status = "member"
        return self.say(f"/start {token}".rstrip())

    def say(self, text: str, chat: "Chat | None" = None, reply_to: int | None = None) -> Json:
        """Writes to the bot, or in a group."""
        content: Json = {"text": text}
        if entities := found_by_itself(text):
            content["entities"] = entities
        return self._send(content, chat, reply_to)

    def edit(self, message_id: int, text: str, chat: "Chat | None" = None) -> Json:
        """Changes an own message: the bot gets edited_message."""
        place = chat or self.private_chat
        message = place.messages[message_id]
        if message["from"]["id"] != self.id:
            raise ValueError(f"{self.first_name} did not write message {message_id}")
        message.pop("entities", None)
        message |= {"text": text, "edit_date": int(time.time())}
        if entities := found_by_itself(text):
            message["entities"] = entities
        if self.world.bot_sees(place, message):
            self.world.updates.put("edited_message", message.copy())
        return message

    def send_photo(self, picture: bytes = SMALL_PICTURE, caption: str = "", chat: "Chat | None" = None) -> Json:
        """Sends a picture."""
        width, height = struct.unpack(">II", picture[16:24])
        file = self.world.store_file("photos", picture, "photo.png", "image/png", width=width, height=height)
        return self._send({"photo": [file.as_json()]} | _caption(caption), chat)

    def send_document(self, content: bytes, name: str, media_type: str, chat: "Chat | None" = None) -> Json:
        """Sends a file."""
        file = self.world.store_file("documents", content, name, media_type, file_name=name, mime_type=media_type)
        return self._send({"document": file.as_json()}, chat)

    def send_voice(self, content: bytes = b"OggS", seconds: int = 3, chat: "Chat | None" = None) -> Json:
        """Sends a voice message."""
        kind: Json = {"duration": seconds, "mime_type": "audio/ogg"}
        return self._send({"voice": self.world.store_file("voice", content, "voice.oga", **kind).as_json()}, chat)

    def send_sticker(self, emoji: str = "👍", chat: "Chat | None" = None) -> Json:
        """Sends a sticker."""
        kind: Json = {"width": 512, "height": 512, "is_animated": False, "is_video": False, "type": "regular"}
        kind["emoji"] = emoji
        return self._send({"sticker": self.world.store_file("stickers", b"RIFF", "s.webp", **kind).as_json()}, chat)

    def send_location(self, latitude: float, longitude: float, chat: "Chat | None" = None) -> Json:
        """Sends a place."""
        return self._send({"location": {"latitude": latitude, "longitude": longitude}}, chat)

    def press(self, label_or_data: str, chat: "Chat | None" = None, message_id: int | None = None) -> str:
        """Presses a button by its label or its data, on the newest message that has it. Returns the callback's id.

        Raises:
            LookupError: no message of the chat shows such a button, or it only opens a link.
        """
        place = chat or self.private_chat
        for message in reversed(place.messages.values()):
            if message_id in (None, message["message_id"]):
                for button in buttons(message):
                    if label_or_data in (button["text"], button.get("callback_data")) and "callback_data" in button:
                        return self.forge(button["callback_data"], message["message_id"], place)
        raise LookupError(f"no button {label_or_data!r} can be pressed in chat {place.id}")

    def forge(self, data: str, message_id: int, chat: "Chat | None" = None) -> str:
        """Presses with any data, as a changed client can. Returns the callback's id."""
        place = chat or self.private_chat
        self._check_may_write(place)
        callback_id = str(4_000_000_000 + next(self.world.numbers))
        self.world.callbacks[callback_id] = time.monotonic()
        self.world.updates.put("callback_query", {
            "id": callback_id, "from": self.as_json(), "message": place.messages[message_id],
            "chat_instance": str(place.id * 7919), "data": data,
        })  # fmt: skip
        return callback_id

    def block(self) -> None:
        """Blocks the bot."""
        self.world.bot_member_changed(self.private_chat, self.as_json(), "kicked")

    def unblock(self) -> None:
        """Lets the bot write again."""
        self.world.bot_member_changed(self.private_chat, self.as_json(), "member")

    def deactivate(self) -> None:
        """Deletes the account; the bot hears of it only when it writes."""
        self.active = False

    def _send(self, content: Json, chat: "Chat | None", reply_to: int | None = None) -> Json:
        place = chat or self.private_chat
        self._check_may_write(place)
        if reply_to is not None:
            replied = place.messages[reply_to]
            content["reply_to_message"] = {key: part for key, part in replied.items() if key != "reply_to_message"}
        return self.world.post(place, self.as_json(), content)

    def _check_may_write(self, place: Chat) -> None:
        if place.migrated_to is not None:
            raise ValueError(f"chat {place.id} has become {place.migrated_to}")
        if place.person is None and place.members.get(self.id) not in ("member", "administrator", "creator"):
            raise ValueError(f"{self.first_name} is not in the group {place.title}")
        if place.person is not None and (place.person is not self or place.bot_status != "member"):
            raise ValueError(f"{self.first_name} has not pressed Start, or has blocked the bot")


class Group(Chat):
    """A basic group or a supergroup, and what happens to it."""

    def __init__(self, world: World, number: int, title: str, owner: Person, kind: str = "group") -> None:
        super().__init__(number, kind, title, bot_status="left", members={owner.id: "creator"})
        self.world = world
        self.owner = owner
        world.chats[number] = self

    def add(self, person: Person, by: Person | None = None) -> None:
        """Someone joins, or is added by a member."""
        actor = (by or person).as_json()
        self.world.member_changed(self, actor, person.as_json(), "member")
        self.world.post(self, actor, {"new_chat_members": [person.as_json()]})

    def remove(self, person: Person, by: Person | None = None) -> None:
        """Someone leaves, or is removed by an administrator."""
        actor, status = (by or person).as_json(), "kicked" if by else "left"
        self.world.member_changed(self, actor, person.as_json(), status)
        self.world.post(self, actor, {"left_chat_member": person.as_json()})

    def promote(self, person: Person) -> None:
        """Someone becomes an administrator."""
        self.world.member_changed(self, self.owner.as_json(), person.as_json(), "administrator")

    def add_bot(self, by: Person | None = None, token: str | None = None) -> None:
        """Someone adds the bot; through a `?startgroup=token` link the group also gets /start@bot token."""
        actor = by or self.owner
        self.world.bot_member_changed(self, actor.as_json(), "member")
        self.world.post(self, actor.as_json(), {"new_chat_members": [self.world.bot]})
        if token is not None:
            actor.say(f"/start@{self.world.bot['username']} {token}".rstrip(), chat=self)

    def kick_bot(self, by: Person | None = None) -> None:
        """Someone throws the bot out."""
        actor = (by or self.owner).as_json()
        if self.kind == "group":
            self.world.post(self, actor, {"left_chat_member": self.world.bot})
        self.world.bot_member_changed(self, actor, "kicked")

    def promote_bot(self) -> None:
        """The bot becomes an administrator: it sees everything."""
        self.world.bot_member_changed(self, self.owner.as_json(), "administrator")

    def demote_bot(self) -> None:
        """The bot is a plain member again."""
        self.world.bot_member_changed(self, self.owner.as_json(), "member")

    def another_bot_says(self, text: str) -> Json:
        """A second bot writes; bots never see each other's messages, but the last to write gets bare commands."""
        other: Json = {"id": 99, "is_bot": True, "first_name": "other", "username": "other_bot"}
        self.last_bot_id = other["id"]
        message_id = self.world.next_message_id(self)
        self.messages[message_id] = {
            "message_id": message_id, "from": other, "chat": self.as_json(), "date": int(time.time()), "text": text
        }  # fmt: skip
        return self.messages[message_id]

    def migrate(self) -> "Group":
        """The group becomes a supergroup with a new id; both service messages announce it. Message ids start anew."""
        upgraded = Group(self.world, -1_000_000_000_000 - abs(self.id), self.title, self.owner, "supergroup")
        upgraded.members, upgraded.bot_status = dict(self.members), self.bot_status
        actor = self.owner.as_json()
        self.world.post(self, actor, {"migrate_to_chat_id": upgraded.id})
        self.migrated_to = upgraded.id
        self.world.post(upgraded, actor, {"migrate_from_chat_id": self.id})
        return upgraded


def buttons(message: Json) -> list[Json]:
    """All inline buttons of a message, row by row."""
    rows: list[list[Json]] = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]


def _caption(caption: str) -> dict[str, Any]:
    return {"caption": caption, "caption_entities": found_by_itself(caption)} if caption else {}
