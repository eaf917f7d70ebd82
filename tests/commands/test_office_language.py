"""doctor, invite, approve and bill generate on a terminal speak the office's language; what programs read stays as it is."""

from __future__ import annotations

import json

from tests.commands.cli import Cli
from tests.commands.test_terminal import in_chinese

FEES = "小区,费项,计费方式,单价,周期,缴费日,生效日期\n阳光花园,物业费,area,3.2,month,15,2026-01-01\n"


def test_the_doctor(estate: Cli) -> None:
    before = json.loads(estate("doctor", "--json").out)
    chinese = in_chinese(estate)("doctor").out.splitlines()
    assert "warn 渠道：一个也没有接通：什么也发不出去，别人也写不进来 → 在 config.toml 里写" in "\n".join(chinese)
    assert "ok   机构：阳光物业，提醒里不写电话" in chinese
    assert (
        "warn 缴费人：3 户里有 3 户没有能提醒的人 → 打印绑定条：python -m bot invite --all --out slips.csv" in chinese
    )
    after = json.loads(estate("doctor", "--json").out)
    assert [each["name"] for each in after] == [each["name"] for each in before]
    assert after[3]["detail"] == "none is enabled: nothing can be sent, nobody can write in"


def test_invitations_and_the_first_run(estate: Cli) -> None:
    cli = in_chinese(estate)
    told = cli("invite", "S-1").out.splitlines()
    assert told[0].startswith("或者发给机器人：/start ")
    assert told[1].startswith("只能用一次，给 S-1 的业主（家长），")
    slips = cli("invite", "--all", "--out", "slips.csv")
    assert slips.out == "3 张绑定条在 slips.csv\n"
    assert slips.err.startswith("绑定条上还没有可以扫的码：没有接通任何渠道")
    assert json.loads(cli("invite", "S-1", "--json").out)["role"] == "owner"
    added = cli("staff", "add", "--channel", "sandbox", "--user", "z", "--name", "赵", "--role", "admin")
    assert added.out == "赵：sandbox 上的管理员\n"
    assert "没有草稿：用 runs draft 起草" in cli("runs", "approve").err
    assert cli("approve").out == "已批准：首次提醒排好后就会发出\n"
    assert cli("approve").out == "没有要批准的：首次提醒以前就批准过了\n"


def test_bills_are_generated(estate: Cli) -> None:
    cli = in_chinese(estate)
    assert cli("import", "fees", str(cli.file("fees.csv", FEES))).code == 0
    cli.execute("update accounts set area_m2 = null where code = 'S-2'")
    told = cli("bill", "generate", "--period", "2026-12")
    assert told.code == 1
    assert told.err == "没有出账：物业费按面积计费，这一户没有面积：请导入 面积（S-2）\n"
    assert told.out.splitlines() == ["物业费：1 笔（286.40 元）", "2026-12：出账 1 笔（286.40 元），已有 0 笔"]
    assert cli("bill", "list", "S-1").out.splitlines()[-1] == "S-1：待缴 286.40 元"
    assert "没有编号为 99 的账单" in cli("bill", "void", "99").err


def test_a_school_reads_of_tuition_and_pupils(cli: Cli) -> None:
    config = in_chinese(cli).folder / "config.toml"
    assert "收缴率" in cli("status").out
    config.write_text(config.read_text().replace("[organisation]", '[organisation]\nkind = "training"'))
    told = cli("status").out
    assert "学费到账率" in told
    assert "收缴率" not in told
    assert "还没有学员" in cli("preview", "--on", "2026-12-01").out
