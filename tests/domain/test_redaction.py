"""Whatever could identify somebody is taken out of a sentence; what tells the wish stays."""

from __future__ import annotations

import pytest

from domain.redaction import redact


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        # addresses of any kind
        ("请看 https://a.example/x?y=1 谢谢", "请看 [contact] 谢谢"),
        ("看 HTTP://A.example", "看 [contact]"),
        ("www.example.com 看", "[contact] 看"),
        ("写信 wang.li+fee@mail.example.cn", "写信 [contact]"),
        ("微信号:wang_12345", "[contact]"),
        ("QQ是12345678", "[contact]"),
        ("@wanglaoshi 在吗", "[contact] 在吗"),
        # names
        ("我是王小明", "我是[name]"),
        ("我叫 张三,住这", "我叫[name],住这"),
        ("姓名:李四", "姓名[name]"),
        ("名字是刘德", "名字[name]"),
        ("王女士在家", "[name]女士在家"),
        ("找陈师傅修水管", "找[name]师傅修水管"),
        ("欧老师", "欧老师"),  # no frequent surname: a word may end like that
        ("Mr. Smith is out", "[name] is out"),
        ("My name is Ann Lee", "[name]"),
        ("I'm John Smith", "[name]"),
        ("I am home", "I am home"),
        # rooms
        ("3栋1201", "[room]"),
        ("三号楼2单元 503室", "[room]"),
        ("12-1-301欠费", "[room]欠费"),
        ("1203室", "[room]"),
        ("一二三室", "[room]"),
        ("中山路 88号", "[room]"),
        ("flat 12B", "[room]"),
        ("Room No. 5", "[room]"),
        ("Apartment #7a", "[room]"),
        # sums
        ("我欠286.40元", "我欠[amount]"),
        ("¥1,286.40", "[amount]"),
        ("三百块", "[amount]"),
        ("两千五", "[amount]"),
        ("500 Yuan", "[amount]"),
        ("20 bucks", "[amount]"),
        # other numbers
        ("电话13812345678", "电话[number]"),
        ("尾号 1234", "尾号 [number]"),
        ("ABC12 34 567x", "[number]"),
        ("共 7 户", "共 [number] 户"),
        # what tells the wish
        ("第3期", "第3期"),
        ("3号交, 12月5日", "3号交, 12月5日"),
        ("2 weeks, 4 parts, 5 点", "2 weeks, 4 parts, 5 点"),
    ],
)
def test_what_identifies_is_replaced_and_what_is_meant_stays(text: str, redacted: str) -> None:
    assert redact(text) == redacted


def test_full_width_signs_are_read_as_what_they_are() -> None:
    assert redact("３栋１２０１，电话１３８１２３４５６７８") == "[room],电话[number]"
    assert redact("  两个\n 空格 ") == "两个 空格"


def test_what_the_office_knows_is_taken_out_wherever_it_stands() -> None:
    assert redact("翠小星 3-1201 说", ["翠小星", "3-1201"]) == "[name] [room] 说"
    assert redact("The SMITHSON smithson", ["Smithson"]) == "The [name] [name]"
    assert redact("翠湖苑3号 的灯", ["翠湖苑3号"]) == "[room] 的灯"
    assert redact("诺小星和诺小星星", ["诺小星", "诺小星星"]) == "[name]和[name]"  # the longer name first
    assert redact("小星(诺)", ["小星(诺)"]) == "[name]"  # signs that mean something in a pattern
    assert redact("诺 诺小星", [" 诺 ", ""]) == "诺 诺小星"  # one character is no name
    assert redact("ＡＢ诺", ["AB诺"]) == "[name]"
