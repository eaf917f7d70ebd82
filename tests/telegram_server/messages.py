"""Bot API methods that write, change and remove messages, answer buttons and hand out files."""

import struct
import time
from typing import Any

from tests.telegram_server.formatting import Entity, found_by_itself, parse_html, utf16_length
from tests.telegram_server.keyboards import inline_keyboard
from tests.telegram_server.parameters import Parameters
from tests.telegram_server.refusals import Refused, bad_request
from tests.telegram_server.world import Chat, File, Json, World

MAX_TEXT_LENGTH = 4096
MAX_CAPTION_LENGTH = 1024
MAX_DOCUMENT_BYTES = 50 * 1024 * 1024
MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024
DELETABLE_SECONDS = 48 * 3600
CHAT_ACTIONS = frozenset({
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
})  # fmt: skip


def send_message(world: World, params: Parameters) -> Json:
    """sendMessage."""
    chat = world.writable_chat(params.text("chat_id"))
    text, entities = _formatted(params, "text", "entities")
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > MAX_TEXT_LENGTH:
        raise bad_request("message is too long")
    content: Json = {"text": text}
    if entities:
        content["entities"] = entities
    return _post(world, params, chat, content)


def send_document(world: World, params: Parameters) -> Json:
    """sendDocument."""
    chat = world.writable_chat(params.text("chat_id"))
    file = _uploaded(world, params, "document", "documents", MAX_DOCUMENT_BYTES)
    if not file.extra:
        file.extra = {"file_name": file.name, "mime_type": file.media_type}
    return _post(world, params, chat, {"document": file.as_json()} | _with_caption(params))


def send_photo(world: World, params: Parameters) -> Json:
    """sendPhoto."""
    chat = world.writable_chat(params.text("chat_id"))
    file = _uploaded(world, params, "photo", "photos", MAX_PHOTO_BYTES)
    width, height = _picture_size(file.content)
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    file.extra = {"width": width, "height": height}
    return _post(world, params, chat, {"photo": [file.as_json()]} | _with_caption(params))


def edit_message_text(world: World, params: Parameters) -> Json:
    """editMessageText. As on the platform, an edit without a keyboard takes the old one away."""
    message = _own_message(world, params)
    text, entities = _formatted(params, "text", "entities")
    if not text:
        raise bad_request("message text is empty")
    if utf16_length(text) > MAX_TEXT_LENGTH:
        raise bad_request("message is too long")
    if "text" not in message:
        raise bad_request("there is no text in the message to edit")
    return _change(message, {"text": text, "entities": entities, "reply_markup": _keyboard(params)})


def edit_message_reply_markup(world: World, params: Parameters) -> Json:
    """editMessageReplyMarkup."""
    return _change(_own_message(world, params), {"reply_markup": _keyboard(params)})


def delete_message(world: World, params: Parameters) -> bool:
    """deleteMessage."""
    chat = world.writable_chat(params.text("chat_id"))
    message_id = params.integer("message_id")
    if message_id not in chat.messages:
        raise bad_request("message to delete not found")
    _delete(world, chat, message_id)
    return True


def delete_messages(world: World, params: Parameters) -> bool:
    """deleteMessages: 1–100 at once; those that are not there are passed over."""
    chat = world.writable_chat(params.text("chat_id"))
    message_ids = params.json("message_ids", "message identifiers")
    if not isinstance(message_ids, list) or not message_ids:
        raise bad_request("message identifiers are not specified")
    if len(message_ids) > 100:
        raise bad_request("too many message identifiers specified")
    for message_id in message_ids:
        if message_id in chat.messages:
            _delete(world, chat, message_id)
    return True


def pin_chat_message(world: World, params: Parameters) -> bool:
    """pinChatMessage: in groups only as administrator."""
    chat = world.writable_chat(params.text("chat_id"))
    message = chat.messages.get(params.integer("message_id"))
    if message is None:
        raise bad_request("message to pin not found")
    if chat.person is None and chat.bot_status != "administrator":
        raise bad_request("not enough rights to manage pinned messages in the chat")
    if chat.pinned_message_id != message["message_id"]:
        chat.pinned_message_id = message["message_id"]
        world.post(chat, world.bot, {"pinned_message": message})
    return True


def send_chat_action(world: World, params: Parameters) -> bool:
    """sendChatAction."""
    chat = world.writable_chat(params.text("chat_id"))
    if params.text("action") not in CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat.actions.append(params.text("action"))
    return True


def answer_callback_query(world: World, params: Parameters) -> bool:
    """answerCallbackQuery: once, and in time."""
    pressed_at = world.callbacks.pop(params.text("callback_query_id"), None)
    if pressed_at is None or time.monotonic() - pressed_at > world.callback_lifetime_seconds:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(params.text("text")) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    world.callback_answers.append(dict(params.values))
    return True


def get_file(world: World, params: Parameters) -> Json:
    """getFile."""
    file = world.files.get(params.text("file_id"))
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(file.content) > MAX_DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    facts = file.as_json()
    return {name: facts[name] for name in ("file_id", "file_unique_id", "file_size")} | {"file_path": file.path}


def _formatted(params: Parameters, text_name: str, entities_name: str) -> tuple[str, list[Entity]]:
    source = params.text(text_name)
    mode = params.text("parse_mode").lower()
    if mode not in ("", "html"):
        # The bot writes HTML. Markdown exists on the real platform, but nothing here would check it.
        raise bad_request("unsupported parse_mode")
    if mode == "html":
        text, entities = parse_html(source)
    else:
        text, entities = source.strip(), params.json(entities_name, "entities") or []
    return text, entities + found_by_itself(text)


def _with_caption(params: Parameters) -> Json:
    text, entities = _formatted(params, "caption", "caption_entities")
    if utf16_length(text) > MAX_CAPTION_LENGTH:
        raise bad_request("message caption is too long")
    content: Json = {"caption": text} if text else {}
    return content | ({"caption_entities": entities} if entities else {})


def _keyboard(params: Parameters) -> Json | None:
    return inline_keyboard(params.json("reply_markup", "reply keyboard markup"))


def _post(world: World, params: Parameters, chat: Chat, content: Json) -> Json:
    if keyboard := _keyboard(params):
        content["reply_markup"] = keyboard
    reply = params.json("reply_parameters", "reply parameters") or {}
    reply_to = reply.get("message_id") or params.integer("reply_to_message_id")
    if reply_to:
        replied = chat.messages.get(int(reply_to))
        if replied is not None:
            content["reply_to_message"] = {key: part for key, part in replied.items() if key != "reply_to_message"}
        elif not (reply.get("allow_sending_without_reply") or params.flag("allow_sending_without_reply")):
            raise bad_request("message to be replied not found")
    if params.flag("protect_content"):
        content["has_protected_content"] = True
    return world.post(chat, world.bot, content)


def _uploaded(world: World, params: Parameters, name: str, folder: str, max_bytes: int) -> File:
    reference = params.text(name)
    upload = params.files.get(reference.removeprefix("attach://") if reference.startswith("attach://") else name)
    if upload is None:
        if reference in world.files:
            return world.files[reference]
        if not reference:
            raise bad_request(f"there is no {name} in the request")
        raise bad_request("wrong file identifier/HTTP URL specified")
    if not upload.content:
        raise bad_request("file must be non-empty")
    if len(upload.content) > max_bytes:
        raise Refused(413, "Request Entity Too Large")
    return world.store_file(folder, upload.content, upload.name, upload.media_type)


def _picture_size(content: bytes) -> tuple[int, int]:
    """(width, height) of a PNG or JPEG; anything else is no picture."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    position = 2
    while content.startswith(b"\xff\xd8") and position + 9 <= len(content):
        marker, size = struct.unpack(">xBH", content[position : position + 4])
        if marker in (0xC0, 0xC1, 0xC2):
            height, width = struct.unpack(">HH", content[position + 5 : position + 9])
            return width, height
        position += 2 + size
    raise bad_request("IMAGE_PROCESS_FAILED")


def _own_message(world: World, params: Parameters) -> Json:
    chat = world.writable_chat(params.text("chat_id"))
    message = chat.messages.get(params.integer("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if message["from"]["id"] != world.bot["id"]:
        raise bad_request("message can't be edited")
    return message


def _change(message: Json, changes: Json) -> Json:
    if all((message.get(name) or None) == (value or None) for name, value in changes.items()):
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same "
            "as a current content and reply markup of the message"
        )
    for name, value in changes.items():
        if value:
            message[name] = value
        else:
            message.pop(name, None)
    message["edit_date"] = int(time.time())
    return message


def _delete(world: World, chat: Chat, message_id: int) -> None:
    message = chat.messages[message_id]
    own = message["from"]["id"] == world.bot["id"]
    allowed = own or chat.person is not None or chat.bot_status == "administrator"
    if not allowed or time.time() - message["date"] > DELETABLE_SECONDS:
        raise bad_request("message can't be deleted")
    del chat.messages[message_id]


METHODS: dict[str, Any] = {
    "sendmessage": send_message,
    "senddocument": send_document,
    "sendphoto": send_photo,
    "editmessagetext": edit_message_text,
    "editmessagereplymarkup": edit_message_reply_markup,
    "deletemessage": delete_message,
    "deletemessages": delete_messages,
    "pinchatmessage": pin_chat_message,
    "sendchataction": send_chat_action,
    "answercallbackquery": answer_callback_query,
    "getfile": get_file,
}
