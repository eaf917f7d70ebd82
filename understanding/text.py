"""One spelling for what people type: full width, Traditional, Cantonese, typos, pinyin, emoji and drawn-out letters."""

import re
import tomllib
import unicodedata
from pathlib import Path

from understanding.concepts import sizes_by_start

_ELONGATED = re.compile(r"([^\d\s.])\1{2,}")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufe0e\ufe0f\u00ad]")
_EMOJI = re.compile(r"[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\u3030]")
_LATIN_RUN = re.compile(r"[a-zü']+(?:[ ]+[a-zü']+)*")
_COUNTS = {"hao": "号", "yue": "月", "nian": "年", "kuai": "块", "yuan": "元", "qi": "期"}  # right behind a figure
_PINYIN_COUNTS = re.compile(rf"(?<=\d)(?:{'|'.join(_COUNTS)})(?![a-z])")
_SPACE_IN_CHINESE = re.compile(r"(?<=[\u4e00-\u9fff]) +(?=[\u4e00-\u9fff])")
_SHORTEST_CLAUSE = 3  # characters
_SPACE_BESIDE_CHINESE = re.compile(r"(?<=[\u4e00-\u9fff]) +| +(?=[\u4e00-\u9fff])")

_DAYS = tuple(
    "昨天 今天 明天 后天 前天 月底 年底 下周一 下周二 下周三 下周四 下周五 下周六 下周日 这周五 周一 周五 下个月".split()
)
_PARTS = tuple(f"分{number}{part}" for number in "两二三四五六" for part in "期次笔回")

# Before these, 点 is "o'clock" or "a bit", not the Cantonese "how".
_NOT_HOW = "0123456789几早晚一有快少多宜迟半好两二三四五六七八九十慢"

_GOOD_EMOJI = "👌👍🆗🤝✅💯"
_THANKS_EMOJI = "🙏🌹💐❤"
_ANGRY_EMOJI = "😡🤬💢👿😤🖕"


class Speller:
    """Rewrites sentences with the tables of content/understanding."""

    def __init__(self, folder: Path, pinyin_words: tuple[str, ...]) -> None:
        tables = tomllib.loads((folder / "rewrites.toml").read_text("utf-8"))
        self._simplified = str.maketrans(_pairs(folder / "traditional.txt"))
        self._chinese = {self._simple(k): v for k, v in (tables["cantonese"] | tables["chinese"]).items()}
        self._english = dict(tables["english"].items())
        self._sizes = sizes_by_start(self._chinese)
        self._english_pattern = re.compile(
            r"(?<![a-z'\-\d])(?:"
            + "|".join(re.escape(k) for k in sorted(self._english, key=len, reverse=True))
            + r")(?![a-z'\-])"
        )
        self.syllables = Syllables(folder / "syllables.txt")
        self._pinyin = _PinyinWords(self.syllables, (*pinyin_words, *_DAYS, *_PARTS))

    def _simple(self, text: str) -> str:
        return text.translate(self._simplified)

    def plain(self, text: str) -> str:
        """The sentence in Simplified Chinese and plain English, as the other readers expect it."""
        raw = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text).lower().replace("’", "'"))
        words = _say_emoji(raw)
        words = self._simple(words)
        words = _ELONGATED.sub(r"\1", words)
        words = self._english_pattern.sub(lambda m: self._english[m[0]], words)
        words = _PINYIN_COUNTS.sub(lambda m: _COUNTS[m[0]], words)
        words = _LATIN_RUN.sub(lambda m: self._pinyin.chinese(m[0]), words)
        words = " ".join(words.split())
        words = _SPACE_BESIDE_CHINESE.sub("", _paused(words))
        return self._rewritten(words)

    def _rewritten(self, text: str) -> str:
        """Every key of the Chinese tables replaced, the longest first at each place."""
        if self._sizes.keys().isdisjoint(text):
            return text
        parts: list[str] = []
        end = 0
        for at, sign in enumerate(text):
            if at < end:
                continue  # inside a word that was replaced
            end = at + 1
            said = sign
            if sign in self._sizes and not (sign == "点" and at and text[at - 1] in _NOT_HOW):
                for size in self._sizes[sign]:
                    if (found := self._chinese.get(text[at : at + size])) is not None:
                        said, end = found, at + size
                        break
            parts.append(said)
        return "".join(parts)


def _paused(text: str) -> str:
    """Spaces that stand for commas, as in "交过了 别发了"; spaces inside a word are dropped elsewhere."""
    parts = _SPACE_IN_CHINESE.split(text)
    return ",".join(parts) if all(len(part) >= _SHORTEST_CLAUSE for part in parts) else text


def _say_emoji(text: str) -> str:
    """Angry emoji become a word; a nod or thanks counts where nothing else is said."""
    if not _EMOJI.search(text):
        return text
    angry = "气死" if any(e in text for e in _ANGRY_EMOJI) else ""
    words = _EMOJI.sub(" ", text).strip() + angry
    if words.strip("!?.,~ "):
        return words
    if any(e in text for e in _GOOD_EMOJI):
        return "ok"
    if any(e in text for e in _THANKS_EMOJI):
        return "谢谢"
    return words


def _pairs(path: Path) -> dict[str, str]:
    letters = "".join(line for line in path.read_text("utf-8").splitlines() if not line.startswith("#"))
    return dict(zip(letters[::2], letters[1::2], strict=True))


# Typed one way, listed another.
_TYPED = {"lv": "lu", "nv": "nu", "lve": "lue", "nve": "nue", "shei": "shui"}


class Syllables:
    """Chinese characters as toneless syllables, and Latin letters cut into syllables."""

    def __init__(self, path: Path) -> None:
        starts: list[tuple[str, str]] = []
        self.of: dict[str, str] = {}
        extra: list[str] = []
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("#"):
                continue
            if line.startswith("!"):
                extra += line[1:].split()
                continue
            starts += [(token[:-1], token[-1]) for token in line.split()]
        first = {character: syllable for syllable, character in starts}
        syllable = "a"
        codes = [bytes((high, low)) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF if high < 0xD7 else 0xFA)]
        for character in b"".join(codes).decode("gb2312"):
            syllable = first.get(character, syllable)
            self.of[character] = syllable
        for token in extra:
            self.of[token[0]] = token[1:]
        self._all = frozenset(self.of.values()) | _TYPED.keys()

    def cut(self, letters: str) -> list[str] | None:
        """Cut "wuyefei" into ["wu", "ye", "fei"]; None when the letters are no pinyin."""
        best: list[list[str] | None] = [None] * (len(letters) + 1)
        best[0] = []
        for end in range(1, len(letters) + 1):
            for size in range(6, 0, -1):
                start = end - size
                if start < 0 or best[start] is None or letters[start:end] not in self._all:
                    continue
                candidate = [*(best[start] or []), letters[start:end]]
                current = best[end]
                if current is None or len(candidate) < len(current):
                    best[end] = candidate
        found = best[-1]
        return None if found is None else [_TYPED.get(s, s) for s in found]


class _PinyinWords:
    """Words of the lexicon in pinyin, to read "wuyefei duoshao qian"."""

    def __init__(self, syllables: Syllables, words: tuple[str, ...]) -> None:
        self._syllables = syllables
        self._words: dict[tuple[str, ...], str] = {}
        for word in words:
            if len(word) >= 2 and all(c in syllables.of for c in word):
                self._words.setdefault(tuple(syllables.of[c] for c in word), word)
        self._longest = max((len(k) for k in self._words), default=0)

    def chinese(self, letters: str) -> str:
        """`letters` with the known pinyin words in Chinese, unchanged where it is not pinyin."""
        words = letters.split(" ")
        pinyin = [w not in _ENGLISH_TOO and self._syllables.cut(w.replace("'", "")) is not None for w in words]
        if sum(pinyin) * 2 < len(words):
            return letters  # mostly English
        parts: list[str] = []
        run: list[str] = []
        for word, is_pinyin in zip([*words, ""], [*pinyin, False], strict=True):
            if is_pinyin:
                run.append(word)
                continue
            if run:
                parts.append(self._read(run))
                run = []
            if word:
                parts.append(word)
        return " ".join(parts)

    def _read(self, run: list[str]) -> str:
        syllables = [s for word in run for s in self._syllables.cut(word.replace("'", "")) or ()]
        parts: list[str] = []
        known = 0
        at = 0
        while at < len(syllables):
            for size in range(min(self._longest, len(syllables) - at), 1, -1):
                word = self._words.get(tuple(syllables[at : at + size]))
                if word is not None:
                    parts.append(word)
                    known += size
                    at += size
                    break
            else:
                single = _SINGLE.get(syllables[at])
                parts.append(single or f" {syllables[at]} ")
                known += single is not None
                at += 1
        return "".join(parts) if known >= 2 and known * 2 >= len(syllables) else " ".join(run)


# English words that could be cut into syllables.
_ENGLISH_TOO = frozenset(
    "name me he she can man men women hen long fan ran song pin bin sin tin dang made more no one an a be are use due"
    " gone done pen ten den tang menu die lie mine wine line pie tie sue age ban sun fun run gun bun".split()
)

# Syllables that are nearly always this one word in a short message.
_SINGLE = {
    "wo": "我",
    "ni": "你",
    "de": "的",
    "le": "了",
    "jiao": "交",
    "bu": "不",
    "mei": "没",
    "you": "有",
    "yao": "要",
    "ma": "吗",
    "zai": "再",
    "shi": "是",
    "qian": "钱",
    "fu": "付",
    "hai": "还",
    "yi": "一",
    "ge": "个",
    "fa": "发",
    "bie": "别",
    "gei": "给",
    "zen": "怎",
    "me": "么",
    "ta": "他",
    "xiang": "想",
    "neng": "能",
    "hui": "会",
    "nin": "您",
    "dou": "都",
    "dao": "到",
    "qu": "去",
    "ba": "吧",
    "xia": "下",
    "shang": "上",
    "guo": "过",
    "zhe": "这",
    "na": "那",
    "jia": "家",
    "zhuan": "转",
    "kai": "开",
    "cha": "查",
    "suan": "算",
    "liang": "两",
    "san": "三",
    "hao": "好",
    "jiu": "就",
    "ye": "也",
    "he": "和",
    "shou": "收",
    "duo": "多",
    "tai": "太",
    "gui": "贵",
}
