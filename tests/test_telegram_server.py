"""The fake Telegram answers, refuses and reports as the real one is documented to: seen by a real bot over HTTP."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from telegram import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    MenuButtonCommands,
    Message,
    TelegramObject,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, EndPointNotFound, Forbidden, InvalidToken
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from tests.telegram_server.people import SMALL_PICTURE
from tests.telegram_server.server import TelegramServer

Bot = ExtBot[None]
EVERY_KIND = ["message", "edited_message", "callback_query", "my_chat_member", "chat_member"]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as running:
        yield running


@pytest_asyncio.fixture
async def bot(server: TelegramServer) -> AsyncIterator[Bot]:
    async with ExtBot(server.token, base_url=server.base_url, base_file_url=server.base_file_url) as ready:
        yield ready


def keyboard(*buttons: tuple[str, str]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=data) for label, data in buttons]])


async def updates(bot: Bot, offset: int = 0) -> list[Update]:
    return list(await bot.get_updates(offset=offset, allowed_updates=EVERY_KIND))


# -- private chats ----------------------------------------------------------------------------------------------------


async def test_a_bot_cannot_write_first(server: TelegramServer, bot: Bot) -> None:
    wang = server.user("王女士")
    with pytest.raises(Forbidden, match="can't initiate conversation"):
        await bot.send_message(wang.id, "您好")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(424242, "您好")
    wang.start("token-1")
    assert (await bot.send_message(wang.id, "您好")).text == "您好"
    [update] = await updates(bot)
    assert update.message is not None
    assert update.message.text == "/start token-1"
    assert [(part.type, part.offset, part.length) for part in update.message.entities] == [("bot_command", 0, 6)]


async def test_blocking_is_a_403_and_told_by_my_chat_member(server: TelegramServer, bot: Bot) -> None:
    wang = server.user("王女士")
    wang.start()
    wang.block()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(wang.id, "您好")
    wang.start()
    await bot.send_message(wang.id, "欢迎回来")
    changes = [update.my_chat_member for update in await updates(bot) if update.my_chat_member]
    statuses = [(change.old_chat_member.status, change.new_chat_member.status) for change in changes]
    assert statuses == [("member", "kicked"), ("kicked", "member")]
    wang.deactivate()
    with pytest.raises(Forbidden, match="user is deactivated"):
        await bot.send_message(wang.id, "您好")


@pytest.mark.parametrize(
    ("text", "parse_mode", "refusal"),
    [
        ("", None, "Message text is empty"),
        ("<b> </b>", ParseMode.HTML, "Message text is empty"),
        ("😀" * 2049, None, "Message is too long"),
        ("<b>a", ParseMode.HTML, """Can't parse entities: can't find end tag corresponding to start tag "b\""""),
        ("中<br>", ParseMode.HTML, """Can't parse entities: unsupported start tag "br" at byte offset 3"""),
        ("3 < 5", ParseMode.HTML, """Can't parse entities: unsupported start tag "" at byte offset 2"""),
        ("a</b>", ParseMode.HTML, "Can't parse entities: unexpected end tag at byte offset 1"),
        ("<b>a</i>", ParseMode.HTML, """expected "</b>", found "</i>\""""),
        ("<b", ParseMode.HTML, "Can't parse entities: unclosed start tag at byte offset 0"),
        ("<span>a</span>", ParseMode.HTML, """tag "span" must have class "tg-spoiler" at byte offset 0"""),
        ("a", "MarkdownX", "Unsupported parse_mode"),
    ],
)
async def test_texts_the_platform_refuses(
    server: TelegramServer, bot: Bot, text: str, parse_mode: str | None, refusal: str
) -> None:
    wang = server.user("王女士")
    wang.start()
    with pytest.raises(BadRequest) as caught:
        await bot.send_message(wang.id, text, parse_mode=parse_mode)
    assert refusal.lower() in caught.value.message.lower()
    assert server.from_bot(wang) == []


async def test_length_counts_utf16_units_after_parsing(server: TelegramServer, bot: Bot) -> None:
    wang = server.user("王女士")
    wang.start()
    await bot.send_message(wang.id, "😀" * 2048)
    await bot.send_message(wang.id, "<b>" + "费" * 4095 + "&amp;</b>", parse_mode=ParseMode.HTML)
    with pytest.raises(BadRequest, match="Message is too long"):
        await bot.send_message(wang.id, "<b>" + "费" * 4097 + "</b>", parse_mode=ParseMode.HTML)


async def test_html_becomes_text_and_entities(server: TelegramServer, bot: Bot) -> None:
    wang = server.user("王女士")
    wang.start()
    sent = await bot.send_message(
        wang.id,
        "\n😀<b>本月 <i>物业费</i></b>&lt;1&gt; <a href='https://pay.example.cn/?a=1&amp;b=2'>缴费</a>"
        "<blockquote expandable>说明</blockquote> /help ",
        parse_mode=ParseMode.HTML,
    )
    assert sent.text == "😀本月 物业费<1> 缴费说明 /help"
    assert {part.type: sent.parse_entity(part) for part in sent.entities} == {
        "bold": "本月 物业费",
        "italic": "物业费",
        "text_link": "缴费",
        "expandable_blockquote": "说明",
        "bot_command": "/help",
    }
    assert [part.url for part in sent.entities if part.url] == ["https://pay.example.cn/?a=1&b=2"]


@pytest.mark.parametrize(
    ("button", "refusal"),
    [
        ({"text": "a", "callback_data": ""}, "Button_data_invalid"),
        ({"text": "a", "callback_data": "费" * 22}, "Button_data_invalid"),
        ({"text": "a", "url": "ftp://example.cn"}, "Wrong HTTP URL"),
        ({"text": "a", "url": "http://localhost/pay"}, "Wrong HTTP URL"),
        ({"text": "a"}, "Text buttons are unallowed"),
        ({"text": "", "callback_data": "a"}, "must be non-empty"),
    ],
)
async def test_buttons_the_platform_refuses(
    server: TelegramServer, bot: Bot, button: dict[str, str], refusal: str
) -> None:
    wang = server.user("王女士")
    wang.start()
    with pytest.raises(BadRequest) as caught:
        await bot.send_message(wang.id, "账单", api_kwargs={"reply_markup": {"inline_keyboard": [[button]]}})
    assert refusal.lower() in caught.value.message.lower()


async def test_pressing_answering_and_editing(server: TelegramServer, bot: Bot) -> None:
    wang = server.user("王女士")
    wang.start()
    sent = await bot.send_message(wang.id, "账单", reply_markup=keyboard(("缴费", "pay/1"), ("异议", "x" * 64)))
    wang.press("缴费")
    wang.forge("没有人给过的数据", sent.message_id)
    first, second = [update.callback_query for update in await updates(bot) if update.callback_query]
    assert (first.data, second.data) == ("pay/1", "没有人给过的数据")
    assert await first.answer("好的")
    with pytest.raises(BadRequest, match="Query is too old"):
        await first.answer()
    server.callback_lifetime_seconds = 0
    with pytest.raises(BadRequest, match="Query is too old"):
        await second.answer()
    assert [answer["text"] for answer in server.callback_answers] == ["好的"]

    with pytest.raises(BadRequest, match="Message is not modified"):
        await sent.edit_text("账单", reply_markup=sent.reply_markup)
    edited = await sent.edit_text("谢谢")
    assert isinstance(edited, Message)
    assert (edited.text, edited.reply_markup) == ("谢谢", None)
    assert edited.edit_date is not None
    with pytest.raises(BadRequest, match="Message is not modified"):
        await sent.edit_reply_markup(None)
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await bot.edit_message_text("a", wang.id, 9999)
    with pytest.raises(LookupError, match="缴费"):
        wang.press("缴费")
    said = wang.say("我说的")
    with pytest.raises(BadRequest, match="Message can't be edited"):
        await bot.edit_message_text("a", wang.id, said["message_id"])


async def test_deleting(server: TelegramServer, bot: Bot) -> None:
    wang = server.user("王女士")
    start = wang.start()
    sent = await bot.send_message(wang.id, "一")
    assert await sent.delete()
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await sent.delete()
    assert await bot.delete_messages(wang.id, [start["message_id"], 9999])
    assert server.messages(wang) == []
    last = await bot.send_message(wang.id, "二")
    server.messages(wang)[0]["date"] -= 49 * 3600
    with pytest.raises(BadRequest, match="Message can't be deleted"):
        await last.delete()


async def test_files_go_up_and_come_down(server: TelegramServer, bot: Bot) -> None:
    wang = server.user("王女士")
    wang.start()
    document = await bot.send_document(
        wang.id, "收据".encode(), filename="收据.txt", caption="<b>收据</b>", parse_mode="HTML"
    )
    assert document.document is not None
    assert (document.document.file_name, document.caption) == ("收据.txt", "收据")
    again = await bot.send_document(wang.id, document.document.file_id)
    assert again.document == document.document
    photo = await bot.send_photo(wang.id, SMALL_PICTURE)
    assert (photo.photo[0].width, photo.photo[0].height) == (1, 1)
    with pytest.raises(BadRequest, match="Image_process_failed"):
        await bot.send_photo(wang.id, b"no picture")
    with pytest.raises(BadRequest, match="caption is too long"):
        await bot.send_document(wang.id, b"a", caption="a" * 1025)

    wang.send_voice(b"OggS-voice")
    voice = next(update.message.voice for update in await updates(bot) if update.message and update.message.voice)
    assert bytes(await (await voice.get_file()).download_as_bytearray()) == b"OggS-voice"
    with pytest.raises(BadRequest, match="Wrong file_id"):
        await bot.get_file("no-such-file")


# -- groups -----------------------------------------------------------------------------------------------------------


async def texts_seen(bot: Bot) -> list[str | None]:
    seen = await updates(bot)
    if seen:
        await updates(bot, seen[-1].update_id + 1)
    return [update.message.text for update in seen if update.message and update.message.text]


async def test_privacy_mode(server: TelegramServer, bot: Bot) -> None:
    owner, wang = server.user("群主"), server.user("王女士")
    group = server.group("暖铃小区", [owner, wang])
    wang.say("今天停水吗", chat=group)
    wang.say("@nuanling_bot 在吗", chat=group)
    wang.say("/help", chat=group)
    wang.say("/help@other_bot", chat=group)
    wang.say("/help@nuanling_bot", chat=group)
    assert await texts_seen(bot) == ["/help@nuanling_bot"]

    notice = await bot.send_message(group.id, "通知")
    wang.say("/help", chat=group)
    wang.say("谢谢", chat=group, reply_to=notice.message_id)
    group.another_bot_says("hello")
    wang.say("/help again", chat=group)
    assert await texts_seen(bot) == ["/help", "谢谢"]

    group.promote_bot()
    wang.say("都看得到", chat=group)
    assert await texts_seen(bot) == ["都看得到"]
    group.demote_bot()
    wang.say("又看不到", chat=group)
    server.privacy = False
    wang.say("关了隐私模式", chat=group)
    assert await texts_seen(bot) == ["关了隐私模式"]
    assert (await bot.get_me()).can_read_all_group_messages is True


async def test_joining_through_a_link_and_being_thrown_out(server: TelegramServer, bot: Bot) -> None:
    owner = server.user("群主")
    group = server.group("暖铃小区", [owner], bot=False)
    with pytest.raises(Forbidden, match="bot is not a member of the group chat"):
        await bot.send_message(group.id, "通知")
    group.add_bot(owner, token="community-7")
    group.kick_bot(owner)
    with pytest.raises(Forbidden, match="bot was kicked from the group chat"):
        await bot.send_message(group.id, "通知")
    seen = await updates(bot)
    assert [update.update_id for update in seen] == list(range(seen[0].update_id, seen[0].update_id + 5))
    joined, welcome, start, left, kicked = seen
    assert joined.my_chat_member is not None
    assert joined.my_chat_member.new_chat_member.status == "member"
    assert welcome.message is not None
    assert welcome.message.new_chat_members[0].id == bot.id
    assert start.message is not None
    assert start.message.text == "/start@nuanling_bot community-7"
    assert left.message is not None
    assert left.message.left_chat_member is not None
    assert kicked.my_chat_member is not None
    assert kicked.my_chat_member.new_chat_member.status == "kicked"


async def test_migration(server: TelegramServer, bot: Bot) -> None:
    group = server.group("暖铃小区")
    supergroup = group.migrate()
    with pytest.raises(ChatMigrated) as caught:
        await bot.send_message(group.id, "通知")
    assert caught.value.new_chat_id == supergroup.id
    assert (await bot.send_message(supergroup.id, "通知")).chat.type == "supergroup"
    moves = [update.message for update in (await updates(bot))[-2:]]
    assert [move.migrate_to_chat_id for move in moves if move] == [supergroup.id, None]
    assert [move.migrate_from_chat_id for move in moves if move] == [None, group.id]
    supergroup.kick_bot()
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        await bot.send_message(supergroup.id, "通知")


async def test_members(server: TelegramServer, bot: Bot) -> None:
    owner, wang, stranger = server.user("群主"), server.user("王女士"), server.user("路人")
    wang.start()
    group = server.group("暖铃小区", [owner, wang])
    assert await bot.get_chat_member_count(group.id) == 3
    assert (await bot.get_chat_member(group.id, wang.id)).status == "member"
    assert (await bot.get_chat_member(group.id, stranger.id)).status == "left"
    assert (await bot.get_chat_member(group.id, bot.id)).status == "member"
    assert [member.user.id for member in await bot.get_chat_administrators(group.id)] == [owner.id]
    with pytest.raises(BadRequest, match="no administrators in the private chat"):
        await bot.get_chat_administrators(wang.id)
    with pytest.raises(BadRequest, match="User not found"):
        await bot.get_chat_member(group.id, 424242)
    with pytest.raises(BadRequest, match="Not enough rights"):
        await bot.pin_chat_message(group.id, (await bot.send_message(group.id, "通知")).message_id)

    await updates(bot)  # asks for chat_member from here on
    group.promote_bot()
    group.remove(wang, by=owner)
    changes = [update.chat_member for update in await updates(bot) if update.chat_member]
    assert [(change.new_chat_member.user.id, change.new_chat_member.status) for change in changes] == [
        (wang.id, "kicked")
    ]
    pinned = await bot.send_message(group.id, "通知")
    assert await pinned.pin()
    shown = (await bot.get_chat(group.id)).pinned_message
    assert shown is not None
    assert shown.message_id == pinned.message_id
    assert await bot.leave_chat(group.id)
    with pytest.raises(Forbidden, match="bot is not a member of the group chat"):
        await bot.send_message(group.id, "通知")


# -- the bot itself ---------------------------------------------------------------------------------------------------


async def test_commands_by_scope_and_language(server: TelegramServer, bot: Bot) -> None:
    wang = server.user("王女士")
    wang.start()
    await bot.set_my_commands([BotCommand("bill", "账单")], language_code="zh")
    await bot.set_my_commands([("bill", "my bill"), ("pay", "pay")])
    await bot.set_my_commands([("help", "帮助")], scope=BotCommandScopeAllGroupChats())
    await bot.set_my_commands([("tasks", "任务")], scope=BotCommandScopeChat(wang.id))
    assert await bot.get_my_commands(language_code="zh") == (BotCommand("bill", "账单"),)
    assert [command.command for command in await bot.get_my_commands()] == ["bill", "pay"]
    assert [command.command for command in await bot.get_my_commands(BotCommandScopeChat(wang.id))] == ["tasks"]
    assert await bot.get_my_commands(BotCommandScopeAllGroupChats(), "zh") == ()
    await bot.delete_my_commands(language_code="zh")
    assert await bot.get_my_commands(language_code="zh") == ()
    for refused in ([("Bill", "a")], [("a" * 33, "a")], [("a", "")], [("a", "b")] * 101):
        with pytest.raises(BadRequest):
            await bot.set_my_commands(refused)
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.set_my_commands([("a", "b")], scope=BotCommandScopeChat(424242))


async def test_profile_and_small_things(server: TelegramServer, bot: Bot) -> None:
    wang = server.user("王女士")
    wang.start()
    await bot.set_my_name("Warm Bell", language_code="en")
    await bot.set_my_description("记得缴费，慢慢来")
    await bot.set_my_short_description("缴费提醒")
    assert ((await bot.get_my_name()).name, (await bot.get_my_name("en")).name) == ("暖铃", "Warm Bell")
    assert (await bot.get_my_description("en")).description == "记得缴费，慢慢来"
    assert (await bot.get_my_short_description()).short_description == "缴费提醒"
    await bot.set_chat_menu_button(wang.id, MenuButtonCommands())
    assert (await bot.get_chat_menu_button(wang.id)).type == "commands"
    assert await bot.send_chat_action(wang.id, "typing")
    assert wang.private_chat.actions == ["typing"]
    with pytest.raises(BadRequest, match="Wrong parameter action"):
        await bot.send_chat_action(wang.id, "dancing")
    with pytest.raises(BadRequest, match="Message to be replied not found"):
        await bot.send_message(wang.id, "a", reply_to_message_id=9999)
    with pytest.raises(EndPointNotFound):
        await bot.do_api_request("noSuchMethod")


async def test_tokens(server: TelegramServer) -> None:
    for token, description in (("1:wrong", "Unauthorized"), ("nonsense", "Not Found")):
        async with HTTPXRequest() as request:
            with pytest.raises(InvalidToken, match=description):
                await ExtBot(token, base_url=server.base_url, request=request).get_me()


# -- the schema -------------------------------------------------------------------------------------------------------


def unknown_fields(part: object) -> Iterator[str]:
    """Names in the JSON that the SDK has no attribute for, anywhere inside."""
    if isinstance(part, TelegramObject):
        yield from (f"{type(part).__name__}.{name}" for name in part.api_kwargs)
        for name in part.to_dict(recursive=False):
            yield from unknown_fields(getattr(part, "from_user" if name == "from" else name, None))
    elif isinstance(part, list | tuple):
        for member in part:
            yield from unknown_fields(member)


async def make_one_of_everything(server: TelegramServer, bot: Bot) -> list[Any]:
    await bot.get_updates(allowed_updates=EVERY_KIND)
    owner, wang = server.user("群主", last_name="李", username="owner"), server.user("王女士", language_code="zh-hans")
    said = wang.start("token")
    wang.edit(said["message_id"], "改过的 https://example.cn #标签")
    wang.send_photo(caption="截图 @nuanling_bot")
    wang.send_document(b"%PDF", "a.pdf", "application/pdf")
    wang.send_voice()
    wang.send_sticker()
    wang.send_location(31.2, 121.5)
    sent = await bot.send_message(wang.id, "<b>账单</b>", parse_mode="HTML", reply_markup=keyboard(("缴费", "pay")))
    wang.press("pay")
    wang.say("回复", reply_to=sent.message_id)
    wang.block()
    group = server.group("暖铃小区", [owner, wang])
    group.promote_bot()
    group.add(server.user("新邻居"))
    group.remove(wang)
    await (await bot.send_message(group.id, "通知")).pin()
    full = [await bot.get_chat(group.id), *await bot.get_chat_administrators(group.id)]
    left = await bot.get_chat_member(group.id, wang.id)
    supergroup = group.migrate()
    supergroup.kick_bot()
    return [sent, *full, left, await bot.get_me(), await bot.get_webhook_info()]


async def test_the_sdk_knows_every_field_of_every_answer_and_update(
    server: TelegramServer, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # else the SDK warns about durations
    answers = await make_one_of_everything(server, bot)
    raw = list(server.updates.pending)
    parsed = await bot.get_updates()
    assert list(unknown_fields([answers, parsed])) == []
    assert {kind for update in raw for kind in update} == {"update_id", *EVERY_KIND}
    assert [Update.de_json(update, bot) for update in raw] == list(parsed)
    assert all(update.effective_chat for update in parsed)
