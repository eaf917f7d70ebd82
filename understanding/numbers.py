"""Numbers as people write them: 12, 1,200, 十二, 两千五, 一千二, twelve hundred."""

import re

DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "俩": 2,
    "三": 3,
    "仨": 3,
    "四": 4,
    "五": 5,
}
DIGITS |= {"六": 6, "七": 7, "八": 8, "九": 9, "幺": 1}
UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10000}
CHINESE = "[零〇一二两三四五六七八九十百千万廿卅]"
FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟", "一二三四五六七八九十百千")  # as on receipts

_ENGLISH = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
}
_ENGLISH |= {w: 20 + 10 * i for i, w in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())}
_ENGLISH |= {"a": 1, "an": 1}
ENGLISH = "(?:" + "|".join(sorted(_ENGLISH, key=len, reverse=True)) + ")"
_SCALE = {"hundred": 100, "thousand": 1000, "k": 1000, "grand": 1000}


def chinese_number(text: str) -> int | None:
    """The value of a Chinese numeral; 一千二 is 1200 and 三百八 380, as spoken. None when it is none."""
    text = text.translate(FORMAL).replace("廿", "二十").replace("卅", "三十")
    if not text or any(c not in DIGITS and c not in UNITS for c in text):
        return None
    if all(c in DIGITS for c in text):
        return int("".join(str(DIGITS[c]) for c in text))
    total = section = digit = 0
    last_unit = 1
    for character in text:
        if character in DIGITS:
            if DIGITS[character] == 0:
                last_unit = 10  # after 零 the next digit stands for itself
            digit = DIGITS[character]
        elif character == "万":
            total = (total + section + digit) * 10000
            section = digit = 0
            last_unit = 10000
        else:
            unit = UNITS[character]
            section += (digit or 1) * unit
            digit = 0
            last_unit = unit
    spoken_tail = digit and last_unit >= 100 and text[-1] in DIGITS
    return total + section + (digit * last_unit // 10 if spoken_tail else digit)


def whole_number(text: str) -> int | None:
    """Digits, a Chinese numeral or an English number word as an integer."""
    text = text.strip().lower()
    if re.fullmatch(r"\d{1,9}", text):
        return int(text)
    if text in _ENGLISH:
        return _ENGLISH[text]
    return chinese_number(text)


def english_number(text: str) -> int | None:
    """ "two thousand five hundred and fifty" as 2550."""
    total = current = 0
    seen = False
    for word in text.replace("-", " ").split():
        if word in _ENGLISH:
            current += _ENGLISH[word]
            seen = True
        elif word in _SCALE:
            current = (current or 1) * _SCALE[word]
            if _SCALE[word] == 1000:
                total, current = total + current, 0
            seen = True
        elif word != "and":
            return None
    return total + current if seen else None
