"""Words with gaps, how people and rooms are named, and what a reminder says. Never a full name, never a full room."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import load_wording
from domain.ladder import OpenBill
from domain.messages import Kind
from domain.policy import Action
from domain.rendering import REQUIRED_FIELDS, Addressee, lacking, reminder_message
from domain.wording import (
    IN_SCHOOL,
    Wording,
    WordingError,
    by_surname,
    day_words,
    flatten,
    period_words,
    salutation,
    short_room,
)
from tests.cast import office

TODAY = date(2026, 11, 23)


def test_a_gap_is_filled_and_a_missing_one_is_named() -> None:
    wording = Wording({"zh": {"a": "您好{who}"}, "en": {"a": "Hello {who}"}})
    assert wording.text("a", "zh", {"who": "陈女士"}) == "您好陈女士"
    assert wording.text("a", "en-GB", {"who": "Chen"}) == "Hello Chen"
    with pytest.raises(WordingError, match="a needs the field 'who'"):
        wording.text("a", "zh")
    with pytest.raises(WordingError, match="no template 'b'"):
        wording.text("b", "zh")


def test_faults_of_a_catalogue_are_found() -> None:
    wording = Wording({"zh": {"a": "{x}", "b": ""}, "en": {"a": "{y}", "c": ""}})
    faults = "\n".join(wording.faults())
    assert "a has other fields" in faults
    assert "messages.en.toml: b is missing" in faults
    assert "messages.zh.toml: c is missing" in faults
    assert office().wording.faults() == []


def test_what_a_person_types_is_never_a_template() -> None:
    wording = Wording({"zh": {"a": "{text}"}, "en": {"a": "{text}"}})
    assert wording.text("a", "zh", {"text": "{who}{0}{}"}) == "{who}{0}{}"


def test_tables_become_dotted_names() -> None:
    assert flatten({"a": {"b": {"c": " x "}}, "d": "y"}) == {"a.b.c": "x", "d": "y"}
    with pytest.raises(WordingError, match=r"a\.b: a template is a text"):
        flatten({"a": {"b": 5}})


@pytest.mark.parametrize(
    ("name", "zh", "en"),
    [
        ("王小明", "王女士/先生", "王女士/先生"),
        ("陈静女士", "陈女士", "陈女士"),
        ("欧阳修先生", "欧阳先生", "欧阳先生"),
        ("John Smith", "Smith", "John Smith"),
        ("Ms Emma Carter", "Carter", "Ms Carter"),
        ("Dr. Renée Müller", "Müller", "Dr. Müller"),
        ("Carter", "Carter", "Carter"),
        ("Mr", "Mr", "Mr"),
        ("", "您", "there"),
    ],
)
def test_salutations(name: str, zh: str, en: str) -> None:
    assert salutation(name, "zh") == zh
    assert salutation(name, "en") == en


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=3, max_size=6))
def test_no_salutation_holds_a_full_name(name: str) -> None:
    assert name not in salutation(name, "zh")


def test_the_name_of_a_class_is_no_room() -> None:
    assert short_room("少儿编程 周六班") == "少儿编程 周六班"


@given(st.text("0123456789栋单元室", min_size=4, max_size=12).filter(lambda room: any(map(str.isdigit, room))))
def test_no_room_is_told_in_full(room: str) -> None:
    assert room[-2:] not in short_room(room)[-2:]
    assert short_room(room).startswith(room[:-2])


@pytest.mark.parametrize(
    ("period", "zh", "en"),
    [("2026-11", "2026年11月", "Nov 2026"), ("2026-Q4", "2026年第4季度", "Q4 2026"), ("2026", "2026年", "2026")],
)
def test_periods_and_days(period: str, zh: str, en: str) -> None:
    assert (period_words(period, "zh"), period_words(period, "en")) == (zh, en)
    assert day_words(date(2026, 12, 4), "zh") == "12月4日（周五）"
    assert day_words(date(2026, 12, 4), "en") == "Fri 4 Dec"


BILLS = (
    OpenBill(1, "物业费", "2026-10", date(2026, 11, 5), 28640),
    OpenBill(2, "停车费", "2026-12", date(2026, 12, 5), 30000),
)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", ["property", "training"])
def test_every_reminder_says_all_it_must_and_nothing_it_must_not(kind: str, language: str) -> None:
    desk = office()
    for stage in desk.policy(kind).stages:
        if stage.action is not Action.MESSAGE:
            continue
        message = reminder_message(desk, language, stage.template, [Addressee("陈静女士", "3栋1201", BILLS)], TODAY)
        assert message.kind is Kind.REMINDER
        assert all(word in message.text for word in ("286.40", "300.00", "586.40", desk.name))
        assert "陈静" not in message.text
        assert "1201" not in message.text
        assert lacking(stage.template, message.text, set(REQUIRED_FIELDS), language) is None
        assert "{" not in message.text


def test_several_flats_are_listed_one_by_one() -> None:
    flats = [Addressee("陈静女士", room, BILLS[:1]) for room in ("3栋1201", "5栋0302")]
    message = reminder_message(office(), "zh", "reminder.gentle", flats, TODAY)
    assert "3栋12**" in message.text
    assert "5栋03**" in message.text
    assert "572.80" in message.text


@pytest.mark.parametrize(
    ("text", "fields", "missing"),
    [
        ("缴费 回复 停止 已缴请忽略", REQUIRED_FIELDS - {"total"}, "{total}"),
        ("缴费 回复 停止", REQUIRED_FIELDS, "已缴请忽略"),
        ("缴费 回复 已缴请忽略", REQUIRED_FIELDS, "停止"),
    ],
)
def test_what_a_template_lacks_is_named(text: str, fields: set[str], missing: str) -> None:
    assert missing in (lacking("reminder.x", text, set(fields), "zh") or "")


@pytest.mark.parametrize("title", "女士 先生 小姐 老师 老師 阿姨 叔叔 妈妈 媽媽 爸爸 奶奶 爷爷".split())
def test_a_title_in_the_name_is_kept(title: str) -> None:
    assert salutation(f"王小明{title}", "zh") == f"王{title}"
    assert salutation(f"欧阳小明{title}", "zh") == f"欧阳{title}"


def test_of_a_foreign_name_others_read_the_last_word_only() -> None:
    assert by_surname("John Paul Smith", "en") == "Smith"
    assert by_surname("Ms Emma Carter", "en") == "Carter"
    assert by_surname("王小明", "en") == "王女士/先生"
    assert salutation("  Ann  ", "zh") == "Ann"
    assert salutation("  John   Paul Smith ", "en") == "John Paul Smith"
    assert salutation("", "en-GB") == "there"


@pytest.mark.parametrize(
    ("room", "shown"), [("1201", "12**"), ("101", "101"), ("3栋1201", "3栋12**"), ("周六一班", "周六一班"), ("", "")]
)
def test_how_much_of_a_room_is_shown(room: str, shown: str) -> None:
    assert short_room(room) == shown


SMALL = Wording(
    {
        "zh": {"menu.a": "甲", "menu.b": "乙", "menus.c": "丙", "amenu.d": "丁", "span.minutes": "{number} 分钟"},
        "en": {
            "menu.b": "B",
            "menu.a": "A",
            **{f"span.{unit}": f"{{number}} {unit}" for unit in ("minutes", "hours", "days")},
        },
    }
)


def test_words_below_a_name_come_in_the_order_of_the_file() -> None:
    assert SMALL.below("menu", "zh") == [("a", "甲"), ("b", "乙")]
    assert SMALL.below("menu", "en") == [("b", "B"), ("a", "A")]
    assert SMALL.below("menu", "fr") == SMALL.below("nothing", "zh") == []


def test_a_template_is_there_only_in_all_languages() -> None:
    assert [SMALL.has(name) for name in ("menu.a", "menus.c", "span.hours", "x")] == [True, False, False, False]
    assert not Wording({"zh": {"a": ""}}).has("a")
    with pytest.raises(WordingError, match=r"messages\.en\.toml: no template 'a'"):
        Wording({"zh": {"a": ""}}).text("a", "en")
    assert Wording({"zh": {"a": ""}}).faults() == ["content/messages.en.toml: a is missing"]


def test_the_faults_are_told_in_full() -> None:
    [fault] = Wording({"zh": {"a": "{x}"}, "en": {"a": "{y}"}}).faults()
    assert fault == "content/messages.*.toml: a has other fields in each language: {'zh': {'x'}, 'en': {'y'}}"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 minutes"),
        (59.9, "59 minutes"),
        (60, "1 hours"),
        (47 * 60 + 59, "47 hours"),
        (48 * 60, "2 days"),
        (73 * 60, "3 days"),
    ],
)
def test_a_length_of_time_in_its_largest_unit(minutes: float, words: str) -> None:
    assert SMALL.span(timedelta(minutes=minutes), "en") == words


def test_a_well_known_fee_reads_in_the_persons_language_and_any_other_as_it_is_stored() -> None:
    wording = load_wording()
    assert wording.fee("物业费", "en") == "Property fee"
    assert wording.fee("物业费违约金", "en-GB") == "Property fee, late fee"
    assert wording.fee("物业费", "zh") == "物业费"
    assert wording.fee("会所卡", "en") == "会所卡"
    assert wording.fee("Fee", "en") == "Fee"


def test_a_day_within_brackets_brings_none_of_its_own() -> None:
    wording = Wording({"zh": {"line": "· {item}（{since}至 {due}前）（原定 {due}）{due}"}})
    fields = {"item": "物业费", "since": day_words(date(2026, 11, 1), "zh"), "due": day_words(date(2026, 12, 1), "zh")}
    assert wording.text("line", "zh", fields) == (
        "· 物业费（11月1日周日至 12月1日周二前）（原定 12月1日周二）12月1日（周二）"
    )


def test_a_school_says_some_things_in_words_of_its_own() -> None:
    wording = load_wording()
    school = wording.of_kind("training")
    assert wording.of_kind("property").text("button.board_buildings", "zh") == "按楼栋"
    assert school.text("button.board_buildings", "zh") == "按班级"
    assert school.text("button.board_buildings", "en") == "By class"
    assert school.text("button.board_ages", "zh") == wording.text("button.board_ages", "zh")
    changed = [name for name in school.templates["zh"] if name.startswith(IN_SCHOOL)]
    for language in ("zh", "en"):
        said = " ".join(school.templates[language][name.removeprefix(IN_SCHOOL)] for name in changed)
        assert not [
            word for word in ("楼栋", "住户", "业主", "收缴率", "房号", "household", "building") if word in said
        ]


def test_a_schools_line_stands_for_one_with_the_same_fields() -> None:
    words = {"desk.line": "{code}", "in_school.desk.line": "{name}", "in_school.desk.none": "x"}
    faults = Wording({"zh": words, "en": words}).faults()
    assert "content/messages.school.zh.toml: in_school.desk.line stands for no line with the same fields" in faults
    assert "content/messages.school.zh.toml: in_school.desk.none stands for no line with the same fields" in faults
