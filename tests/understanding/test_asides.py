"""What people say beside the labels: read when it is said, and not read into anything else."""

from __future__ import annotations

import pytest

from understanding.asides import aside, changed_how, details


@pytest.mark.parametrize(
    ("text", "wish", "value"),
    [
        ("能不能少发点", "spacing", "7"),
        ("别发那么多", "spacing", "7"),
        ("两周提醒一次就行", "spacing", "14"),
        ("once a month is enough", "spacing", "30"),
        ("fewer reminders please", "spacing", "7"),
        ("晚上七点以后再发", "hours", "19-20"),
        ("下午三点前别发", "hours", "15-20"),
        ("早上别发", "hours", "12-20"),
        ("上班时间别打扰我", "hours", "18-20"),
        ("only message me after 6pm", "hours", "18-20"),
        ("please don't text me in the morning", "hours", "12-20"),
        ("能不能不要白天发消息 我上班 晚上七点以后再发", "hours", "19-20"),
        ("提醒时间改成19点到20点", "hours", "19-20"),
        ("随时可以发", "hours", ""),
        ("发到微信上", "channel", "wechat"),
        ("message me on Telegram instead", "channel", "telegram"),
        ("以后发英文", "language", "en"),
        ("speak English please", "language", "en"),
        ("请用中文", "language", "zh"),
        ("字大一点", "large_type", "yes"),
        ("看不清，字太小了", "large_type", "yes"),
        ("larger text please", "large_type", "yes"),
        ("恢复提醒吧", "resume", ""),
        ("remind me again", "resume", ""),
        ("算了 还是继续提醒我吧", "resume", ""),
        ("字还能再大点吗", "large_type", "yes"),
    ],
)
def test_a_wish_about_the_reminders(text: str, wish: str, value: str) -> None:
    found = aside(text)
    assert found is not None
    assert (found.name, dict(found.args)) == ("preference", {"wish": wish, "value": value})


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("我的投诉怎么样了", "complaint"),
        ("发票开好了吗", "invoice"),
        ("分期批了吗", "plan"),
        ("异议有结果了吗", "dispute"),
        ("财务查到了吗", "claim"),
        ("还要等多久", "person"),
        ("how is my complaint doing?", "complaint"),
        ("is my invoice ready?", "invoice"),
    ],
)
def test_a_question_how_a_matter_stands(text: str, what: str) -> None:
    found = aside(text)
    assert found is not None
    assert (found.name, found.args["what"]) == ("progress", what)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("撤销投诉", "complaint"),
        ("分期算了", "plan"),
        ("不用等了", "person"),
        ("cancel my complaint", "complaint"),
        ("cancel the plan, i'll pay in full", "plan"),
        ("i don't want instalments any more", "plan"),
    ],
)
def test_a_matter_taken_back(text: str, what: str) -> None:
    found = aside(text)
    assert found is not None
    assert (found.name, found.args["what"]) == ("withdraw", what)


@pytest.mark.parametrize(
    "text",
    [
        "就先交一半",
        "我只交200",
        "先交一部分行吗",
        "can I pay half now",
        "先交一个月的行不行",
        "can i just pay one month for now",
    ],
)
def test_a_part_now(text: str) -> None:
    found = aside(text)
    assert found is not None
    assert found.name == "part_now"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("先帮我留个位", "keep_place"), ("hold the place for us please", "keep_place"), ("请帮我们占个名额", "keep_place"),
        ("why did you renew? i only asked you to hold the place", "keep_place"), ("我家孩子还有几节课", "lessons"),
        ("剩余课时多少", "lessons"), ("how many lessons are left for my son", "lessons"), ("how many lessons has he left", "lessons"),
        ("续班多少钱", "renewal"), ("现在下学期是什么价", "renewal"), ("how much is the next term", "renewal"), ("等等 我又想报了", "renewal"),
        ("我的分期", "my_plan"), ("my plan", "my_plan"), ("第一期什么时候交多少", "my_plan"), ("改成每月20号", "plan_day"),
        ("change it to the 20th of each month", "plan_day"),
    ],
)  # fmt: skip
def test_a_course_or_a_plan(text: str, name: str) -> None:
    found = aside(text)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "text",
    [
        "续的,帮我留个位子", "yes, we will renew, please keep the place", "不用留位了", "位子留到几号", "要续的，学费下周三给您", "剩余课时能退吗",
        "续班有优惠吗", "提醒改成每月20号", "还是不想报", "留个车位",
    ],
)  # fmt: skip
def test_what_is_neither_a_course_nor_a_plan(text: str) -> None:
    found = aside(text)
    assert found is None or found.name not in ("keep_place", "renewal", "lessons", "my_plan", "plan_day")


@pytest.mark.parametrize(
    "text",
    [
        "别再发了", "停止提醒", "stop texting me", "不要给我发短信了", "晚上七点以后交", "我在上班，晚点交", "能不能少交点",
        "多少来着", "把收款码发到微信上", "用微信付行吗", "电子发票发邮箱", "电梯什么时候修好，修好再交", "取消自动扣费", "先交2个月行吗",
        "我20号交", "发票能开吗", "能查到吗", "too many problems, not paying", "how much do I owe", "这个面积真的弄错了", "下个月再交",
    ],
)  # fmt: skip
def test_what_is_no_aside(text: str) -> None:
    assert aside(text) is None


def test_a_stop_is_never_read_as_less() -> None:
    """Whoever asks for silence and for less in one breath gets silence."""
    assert aside("少发点，别再发了") is None


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("房子卖了", "sold"),
        ("租出去了", "let"),
        ("我是租客，找房东要", "tenant"),
        ("你们打错了", "wrong"),
        ("一直空着没人住", "vacant"),
        ("孩子转学了", "left"),
        ("I sold the flat", "sold"),
        ("I am only the tenant", "tenant"),
        ("搬家", ""),
    ],
)
def test_how_a_home_has_changed(text: str, how: str) -> None:
    assert changed_how(text) == how
    assert details("vacant_moved", text) == {"case": how}


def test_thanks_are_told_from_a_greeting() -> None:
    assert details("greet_thanks", "谢谢姑娘") == {"said": "thanks"}
    assert details("greet_thanks", "你好") == {}


@pytest.mark.parametrize(
    "text",
    [
        "我换手机号了",
        "我的电话换了，新的是13912345678",
        "手机号换成13912345678",
        "帮我改一下联系方式",
        "登记的名字写错了",
        "我妈妈换了新手机号",
        "I have a new phone number",
        "my name is spelled wrong",
        "my phone number has changed",
        "please update my contact details",
    ],
)
def test_what_is_on_file_has_changed(text: str) -> None:
    found = aside(text)
    assert found is not None
    assert found.name == "details"


@pytest.mark.parametrize(
    "text",
    [
        "你们电话换了吗",
        "换个手机支付",
        "发票名字改一下",
        "账单上名字写错了",
        "换了新手机通讯录全没了，您是哪位呀",
        "换了手机号以后那个委托划款还生效吗",
        "老师电话多少",
        "打电话 给我",
        "电话让中介问",
        "please call my new phone",
        "has your phone number changed?",
        "how do I pay from my new phone",
    ],
)
def test_what_only_sounds_like_it(text: str) -> None:
    found = aside(text)
    assert found is None or found.name != "details"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("你们不会断我水电吧?", "fear"),
        ("will you cut my water?", "fear"),
        ("你们电话多少", "office_fact"),
        ("你们几点下班 周末上班吗", "office_fact"),
        ("你查查到底收到没有", "own_payments"),
        ("我上个月不是交过了吗 怎么又要交", "paid_again"),
        ("其实没交 记错了", "not_paid"),
        ("我想删掉我的个人信息", "erasure"),
        ("刚才话说重了 对不起", "apology"),
        ("滚 一群骗子", "insult"),
        ("保安打人了!!", "violence"),
        ("你们要是再催我就去投诉你们 去住建局", "complaint_to_come"),
        ("能不能叫个人上门来收 我腿脚不方便", "fetch_wish"),
        ("语音念给我听", "read_aloud"),
        ("改成20号", "other_day"),
        ("能15号交吗", "ask_day"),
        ("电梯到底啥时候修好", "progress"),
    ],
)
def test_what_people_say_every_day(text: str, name: str) -> None:
    found = aside(text)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    "text",
    [
        "家里停电了",  # broken, not feared
        "这是骗子吗",  # asks who we are
        "你们收到我邻居的钱了吗",
        "他妈意见不统一，先放放",
        "医院几点上班",
        "抬头我等下发",
        "滚开",  # the label knows it as a stop
    ],
)
def test_what_is_not_said_every_day(text: str) -> None:
    assert aside(text) is None
