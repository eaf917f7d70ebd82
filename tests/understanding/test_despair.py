"""Who does not want to live is heard; who is only angry, tired or fond of somebody is not taken for it."""

import pytest

from understanding.despair import despairs


@pytest.mark.parametrize(
    "text",
    [
        "再催我我就去死",
        "真的不想活了",
        "我活不下去了，你们还催",
        "活着没什么意思",
        "活着真没意思",
        "你们再逼我 我就从楼上跳下去",
        "我死给你们看，我就死给你们看",
        "欠这么多钱 想死",
        "我想自杀",
        "I don't want to live any more",
        "I don’t want to be here anymore",
        "stop it or I will kill myself",
        "I just want to die",
        "my life isn't worth living",
    ],
)
def test_who_does_not_want_to_live_is_heard(text: str) -> None:
    assert despairs(text)


@pytest.mark.parametrize(
    "text",
    [
        "你们怎么不去死",
        "物业去死吧",
        "想死你们了，小铃",
        "累死我了，烦死了",
        "笑死",
        "楼上有人要跳楼似的蹦，吵死了",
        "电梯坏了，我爬楼爬到死",
        "自杀式收费",
        "我老公去世了",
        "this app is killing me",
        "when does the contract end, all of it",
        "my phone died",
        "",
    ],
)
def test_anger_weariness_and_fondness_are_not_taken_for_it(text: str) -> None:
    assert not despairs(text)
