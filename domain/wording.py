"""Words with gaps: templates in several languages, filled with fields; and how people and rooms are named in a chat."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from string import Formatter

LANGUAGES = ("zh", "en")
IN_SCHOOL = "in_school."
COMPOUND_SURNAMES = frozenset(
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 "
    "公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 令狐 歐陽 司馬 諸葛 東方".split()
)
TITLES = ("女士", "先生", "小姐", "老师", "老師", "阿姨", "叔叔", "妈妈", "媽媽", "爸爸", "奶奶", "爷爷")

ENGLISH_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir", "madam"})


class WordingError(ValueError):
    """A template is missing or has the wrong gaps; the message names it."""


@dataclass(frozen=True)
class Wording:
    """All templates: `templates[language][name]`; and how well-known fees are called: `fees[language][item]`."""

    templates: Mapping[str, Mapping[str, str]]
    fees: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def text(self, name: str, language: str, fields: Mapping[str, str] | None = None) -> str:
        """The finished words. Raises WordingError for an unknown template or a missing field."""
        template = self.templates.get(tongue(language), {}).get(name)
        if template is None:
            raise WordingError(f"content/messages.{tongue(language)}.toml: no template {name!r}")
        try:
            return _unnested(template.format_map(dict(fields or {})))
        except (KeyError, IndexError) as missing:
            raise WordingError(f"content/messages.{tongue(language)}.toml: {name} needs the field {missing}") from None

    def of_kind(self, kind: str) -> Wording:
        """The words of an office of this kind. What a school says in its own way stands under `in_school`."""
        if kind != "training":
            return self
        own = {
            language: {name.removeprefix(IN_SCHOOL): text for name, text in words.items() if name.startswith(IN_SCHOOL)}
            for language, words in self.templates.items()
        }
        return replace(
            self, templates={language: {**words, **own[language]} for language, words in self.templates.items()}
        )

    def fee(self, item: str, language: str) -> str:
        """A fee's name as it is called in a language, or as it is stored. `物业费违约金` is two names in one."""
        known = self.fees.get(tongue(language), {})
        if item in known:
            return known[item]
        for ending, name in known.items():
            first = item.removesuffix(ending)
            if first != item and first in known:
                return f"{known[first]}, {name.lower()}"
        return item

    def below(self, prefix: str, language: str) -> list[tuple[str, str]]:
        """(last part of the name, words) of all templates under a prefix, in the order of the file."""
        start = f"{prefix}."
        words = self.templates.get(language, {})
        return [(name.removeprefix(start), text) for name, text in words.items() if name.startswith(start)]

    def has(self, name: str) -> bool:
        return all(name in self.templates.get(language, {}) for language in LANGUAGES)

    def span(self, span: timedelta, language: str) -> str:
        """A length of time in the largest unit that says enough: `45 分钟`, `3 小时`, `2 天`."""
        minutes = int(span.total_seconds()) // 60
        unit, size = ("minutes", 1) if minutes < 60 else ("hours", 60) if minutes < 48 * 60 else ("days", 24 * 60)
        return self.text(f"span.{unit}", language, {"number": str(minutes // size)})

    def faults(self) -> list[str]:
        """What is wrong with the catalogue: a template missing in a language, or with other gaps there."""
        found = []
        names = {name for language in LANGUAGES for name in self.templates.get(language, {})}
        for name in sorted(names):
            gaps = {}
            for language in LANGUAGES:
                template = self.templates.get(language, {}).get(name)
                if template is None:
                    found.append(f"content/messages.{language}.toml: {name} is missing")
                else:
                    gaps[language] = fields_of(template)
            for language, words in self.templates.items():
                plain = words.get(name.removeprefix(IN_SCHOOL))
                if name.startswith(IN_SCHOOL) and (plain is None or fields_of(plain) != gaps.get(language)):
                    found.append(
                        f"content/messages.school.{language}.toml: {name} stands for no line with the same fields"
                    )
            if len(set(map(frozenset, gaps.values()))) > 1:
                found.append(f"content/messages.*.toml: {name} has other fields in each language: {gaps}")
        return found


def fields_of(template: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(template) if field}


def flatten(raw: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Nested TOML tables as dotted names: `[bill] summary = "…"` becomes `bill.summary`."""
    flat: dict[str, str] = {}
    for key, value in raw.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{name}.")
        elif isinstance(value, str):
            flat[name] = value.strip()
        else:
            raise WordingError(f"{name}: a template is a text, not {value!r}")
    return flat


def tongue(language: str) -> str:
    """The language a person is written to in: English when they chose or use it, else Chinese."""
    return "en" if language.lower().startswith("en") else "zh"


def salutation(name: str, language: str) -> str:
    """How a person is addressed in their own chat: `王小明` → `王女士/先生`, `Ms Emma Carter` → `Ms Carter`.

    A name in Latin letters without a title reads as it is stored in English ("Hello Emma Carter"): nobody is called by a
    bare surname there. A full Chinese name never appears in a chat.
    """
    words = name.split()
    if not words or not _is_latin(name) or tongue(language) != "en":
        return by_surname(name, language)
    if words[0].rstrip(".").lower() in ENGLISH_TITLES and len(words) > 1:
        return f"{words[0]} {words[-1]}"
    return " ".join(words)


def _is_latin(name: str) -> bool:
    return not any(sign >= "\u2e80" for sign in name)


def by_surname(name: str, language: str) -> str:
    """Never more than a surname and a title, as where others read it: `王女士/先生`, `Carter`."""
    name = name.strip()
    if _is_latin(name):
        return name.split()[-1] if name else ("there" if tongue(language) == "en" else "您")
    surname = name[:2] if name[:2] in COMPOUND_SURNAMES else name[:1]
    title = next((title for title in TITLES if name.endswith(title)), "女士/先生")
    return f"{surname}{title}"


def short_room(room: str) -> str:
    """A room that its owner recognises and a stranger does not: `3栋1201` → `3栋12**`. A class's name stays."""
    return f"{room[:-2]}**" if len(room) > 3 and any(sign.isdigit() for sign in room) else room


def day_words(day: date, language: str) -> str:
    """`12月4日（周五）` or `Fri 4 Dec`."""
    if tongue(language) == "en":
        return f"{'Mon Tue Wed Thu Fri Sat Sun'.split()[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"
    return f"{day.month}月{day.day}日（周{'一二三四五六日'[day.weekday()]}）"


_NESTED = re.compile(r"(（[^（）\n]*)（(周[一二三四五六日])）")


def _unnested(text: str) -> str:
    """`（原定 11月16日（周一））` becomes `（原定 11月16日周一）`: brackets within brackets are hard to read."""
    while "（周" in text and (plain := _NESTED.sub(r"\1\2", text)) != text:
        text = plain
    return text


_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def period_words(period: str, language: str) -> str:
    """`2026-11` → `2026年11月` or `Nov 2026`; `2026-Q4` → `2026年第4季度`; `2026` → `2026年`."""
    year, _, part = period.partition("-")
    english = tongue(language) == "en"
    if not part:
        return year if english else f"{year}年"
    if part.startswith("Q"):
        return f"{part} {year}" if english else f"{year}年第{part[1:]}季度"
    return f"{_MONTHS[int(part) - 1]} {year}" if english else f"{year}年{int(part)}月"
