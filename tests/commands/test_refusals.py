"""Why a row was refused, in the office's language: every reason of the code has words."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path

from bot.channels.wechat_errors import TABLE, Code, of_code
from bot.phrases import in_language
from tests.commands.cli import Cli

NOW = datetime(2026, 11, 29, 4, tzinfo=UTC)
ROOM = Path(__file__).resolve().parents[2] / "bot" / "importing"


def sample(node: ast.expr) -> str:
    """The sentence of a literal or an f-string, with something in its gaps."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "'x'" for each in node.values)
    return ""


def reasons() -> list[str]:
    found = []
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                if getattr(node.exc.func, "id", "") in ("ValueError", "CommandError"):  # of a cell, of the whole file
                    found.append(sample(node.exc.args[0]))
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "refuse":
                found += [sample(each) for each in node.args[1:]]
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Unfit":
                found += [sample(each) for each in getattr(node.args[0], "elts", ())]
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "NO_REFERENCE":
                found.append(sample(node.value))
    return [each for each in found if each and each not in ("'x': 'x'", "community: 'x'")]


def doctors_words() -> list[str]:
    """Every sentence of the doctor and of its two colleagues, as far as it is one: names of things are none."""
    found = []
    for name in ("doctor.py", "wechat_doctor.py", "wecom_doctor.py"):
        for node in ast.walk(ast.parse((ROOM.parent / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Check":
                found += [sample(each) for each in node.args[:1] + node.args[2:]]
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("cure", "detail"):
                found.append(sample(node.value))
    return [each for each in found if each.replace("'x'", "").strip(" :@,")]


def test_the_doctor_has_chinese_words() -> None:
    assert len(doctors_words()) > 100
    mute = [
        each
        for each in doctors_words()
        if each not in ("python", "telegram", "'x' UTC")
        and in_language(each, "zh") == each
        and not any(sign >= "\u4e00" for sign in each)
    ]
    assert mute == []


def test_what_wechats_codes_mean_has_chinese_words() -> None:
    said = [of_code(Code(number, "invalid ip 203.0.113.7"), NOW).detail for number in (*TABLE, 12345)]
    pairs = [detail.rpartition(": ") for detail in said]  # as the doctor shows them: the problem, and its cure
    mute = [each for problem, _, cure in pairs for each in (problem, cure) if in_language(each, "zh") == each]
    assert [each for each in mute if not each.lstrip("-").isdigit()] == []
    assert in_language("add 203.0.113.7 to the IP allow-list of the account", "zh") == (
        "请把 203.0.113.7 加到公众号后台的 IP 白名单"
    )


def test_every_reason_has_chinese_words() -> None:
    assert len(reasons()) > 20
    mute = [
        each
        for each in reasons()
        if "bill is there and" not in each and not any(sign >= "\u4e00" for sign in in_language(each, "zh"))
    ]
    assert mute == []
    assert in_language("amount_yuan: the bill is there and was voided: use `bill adjust`", "zh").startswith(
        "amount_yuan：这笔"
    )
    assert in_language("金额: too large: '9'", "zh") == "金额：数字太大：“9”"
    assert in_language("金额: too large: '9'", "en") == "金额: too large: '9'"
    assert in_language("something new", "zh") == "something new"


def test_a_chinese_office_reads_chinese_reasons(estate: Cli) -> None:
    config = estate.folder / "config.toml"
    config.write_text(config.read_text().replace('language = "en"', 'language = "zh"'))
    file = estate.file(
        "b.csv", "编号,费项,账期,金额,到期日\nS-1,物业费,2026-13,5,2026-11-30\nS-9,物业费,2026-11,5,2026-11-30\n"
    )
    result = estate("import", "bills", str(file))
    assert result.code == 1
    assert [row["reason"] for row in estate.refused(file)] == [
        "b.csv 第 2 行：账期：不是账期，写法如 2026、2026-Q4 或 2026-12：“2026-13”",
        "b.csv 第 3 行：编号：没有编号 “S-9”：请先导入这一户",
    ]
    assert result.out.splitlines() == ["新增 0 行，更新 0 行，没有变化 0 行，退回 2 行", "0 accepted, 2 rejected"]
    assert result.err.splitlines()[-1] == "退回的行和原因都在：" + f"{file}.errors.csv"
    whole = estate("import", "bills", str(estate.file("c.csv", "编号,费项\nS-1,物业费\n")))
    assert (whole.code, "c.csv：缺少 period 这一列（也可以叫 账期、期间、所属期、费用期间）" in whole.err) == (2, True)
