"""Text as the platform counts and marks it: UTF-16 lengths, HTML into entities, entities found by themselves."""

import re
from typing import Any, NamedTuple

from tests.telegram_server.refusals import Refused, bad_request

Entity = dict[str, Any]

ENTITY_OF_TAG = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "span": "spoiler",
    "tg-spoiler": "spoiler", "code": "code", "pre": "pre", "blockquote": "blockquote", "a": "text_link",
    "tg-emoji": "custom_emoji",
}  # fmt: skip
NAMED_CHARACTERS = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}

CHARACTER = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot)(?![A-Za-z]));?")
ATTRIBUTE = re.compile(r"""\s*([^\s=>/"']+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([A-Za-z0-9.-]+)))?\s*""")
MARK = re.compile(r"[<&]")
FOUND_BY_ITSELF = (
    ("bot_command", re.compile(r"(?<![\w/@<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w@])")),
    ("mention", re.compile(r"(?<![\w@/])@[A-Za-z0-9_]{3,32}(?!\w)")),
    ("url", re.compile(r"(?<!\w)https?://[^\s<>\"]+[^\s<>\".,!?;:，。！？；：)）]")),
    ("hashtag", re.compile(r"(?<![\w#])#\w*[^\W\d]\w*")),
)


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units: what every limit and offset of the Bot API counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


class OpenTag(NamedTuple):
    """A start tag that waits for its end."""

    name: str
    argument: str
    offset: int


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """HTML formatting into plain text and entities; refuses exactly what the platform refuses, by byte offset.

    Raises:
        Refused: 400 "can't parse entities: …".
    """
    plain: list[str] = []
    open_tags: list[OpenTag] = []
    entities: list[Entity] = []
    length = position = 0
    while position < len(source):
        mark = MARK.search(source, position)
        chunk_end = mark.start() if mark else len(source)
        if chunk_end > position:
            chunk, position = source[position:chunk_end], chunk_end
        elif source[position] == "&":
            chunk, position = _character(source, position)
        elif source.startswith("</", position):
            tag = open_tags[-1] if open_tags else None
            position = _end_tag(source, position, tag)
            started = open_tags.pop()
            if length > started.offset:
                entities.extend(_entity(started, length - started.offset, "".join(plain)))
            continue
        else:
            name, argument, position = _start_tag(source, position)
            open_tags.append(OpenTag(name, argument, length))
            continue
        plain.append(chunk)
        length += utf16_length(chunk)
    if open_tags:
        raise _unparsable(f'Can\'t find end tag corresponding to start tag "{open_tags[-1].name}"')
    return _trimmed("".join(plain), entities)


def found_by_itself(text: str) -> list[Entity]:
    """Commands, mentions, links and hashtags: the platform marks them without being asked."""
    if not any(sign in text for sign in "/@#"):
        return []
    entities = [
        {"type": kind, "offset": utf16_length(text[: hit.start()]), "length": utf16_length(hit[0])}
        for kind, pattern in FOUND_BY_ITSELF
        for hit in pattern.finditer(text)
    ]
    return sorted(entities, key=lambda entity: entity["offset"])


def entity_text(text: str, entity: Entity) -> str:
    """The part of the text an entity covers."""
    units = text.encode("utf-16-le")
    return units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le")


def _unparsable(why: str) -> Refused:
    return bad_request(f"can't parse entities: {why}")


def _byte(source: str, position: int) -> int:
    return len(source[:position].encode())


def _character(source: str, position: int) -> tuple[str, int]:
    hit = CHARACTER.match(source, position)
    if hit is None:
        return "&", position + 1
    if hit[3]:
        return NAMED_CHARACTERS[hit[3]], hit.end()
    code = int(hit[1], 16) if hit[1] else int(hit[2])
    return (chr(code), hit.end()) if 0 < code < 0x10FFFF else ("&", position + 1)


def _start_tag(source: str, position: int) -> tuple[str, str, int]:
    """(name, argument, where it ends); the argument is the link, the class or "expandable"."""
    hit = re.compile(r"[^\s>]*").match(source, position + 1)
    name = hit[0].lower() if hit else ""
    at = position + 1 + len(name)
    if at >= len(source):
        raise _unparsable(f"Unclosed start tag at byte offset {_byte(source, position)}")
    if name not in ENTITY_OF_TAG:
        raise _unparsable(f'Unsupported start tag "{name}" at byte offset {_byte(source, position)}')
    argument = ""
    while source[at : at + 1] != ">":
        attribute = ATTRIBUTE.match(source, at)
        if attribute is None and source[at:].strip() and not source[at:].lstrip().startswith(">"):
            where = _byte(source, position)
            raise _unparsable(f'Empty attribute name in the tag "{name}" at byte offset {where}')
        at = attribute.end() if attribute else len(source) - len(source[at:].lstrip())
        if at >= len(source):
            raise _unparsable(f'Unclosed start tag "{name}" at byte offset {_byte(source, position)}')
        if attribute and attribute[1] in ("href", "class", "emoji-id", "expandable"):
            argument = attribute[2] or attribute[3] or attribute[4] or attribute[1]
    if name == "span" and argument != "tg-spoiler":
        raise _unparsable(f'Tag "span" must have class "tg-spoiler" at byte offset {_byte(source, position)}')
    return name, CHARACTER.sub(lambda found: _character(found[0], 0)[0], argument), at + 1


def _end_tag(source: str, position: int, started: OpenTag | None) -> int:
    where = _byte(source, position)
    if started is None:
        raise _unparsable(f"Unexpected end tag at byte offset {where}")
    hit = re.compile(r"</([^\s>]*)\s*(>?)").match(source, position)
    if hit is None or not hit[2]:
        raise _unparsable(f"Unclosed end tag at byte offset {where}")
    name = hit[1].lower()
    if name and name != started.name:
        raise _unparsable(f'Unmatched end tag at byte offset {where}, expected "</{started.name}>", found "</{name}>"')
    return hit.end()


def _entity(tag: OpenTag, length: int, plain: str) -> list[Entity]:
    entity: Entity = {"type": ENTITY_OF_TAG[tag.name], "offset": tag.offset, "length": length}
    if tag.name == "a":
        url = tag.argument or entity_text(plain, entity)
        if not re.match(r"(?:https?|tg)://\S+|[^\s/]+\.[^\s/]+", url):
            return []
        entity["url"] = url
    elif tag.name == "tg-emoji":
        entity["custom_emoji_id"] = tag.argument
    elif tag.name == "blockquote" and tag.argument:
        entity["type"] = "expandable_blockquote"
    elif tag.name == "code" and tag.argument.startswith("language-"):
        entity |= {"type": "pre", "language": tag.argument.removeprefix("language-")}
    return [entity]


def _trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """The platform cuts spaces at both ends after parsing; the entities move along."""
    kept = text.strip()
    cut = utf16_length(text[: len(text) - len(text.lstrip())])
    end = utf16_length(kept)
    moved = []
    for entity in entities:
        start = max(entity["offset"] - cut, 0)
        stop = min(entity["offset"] - cut + entity["length"], end)
        if stop > start:
            moved.append(entity | {"offset": start, "length": stop - start})
    return kept, sorted(moved, key=lambda entity: (entity["offset"], -entity["length"]))
