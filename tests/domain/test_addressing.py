"""A greeting by name, and whether it is the name of the one who reads it."""

from __future__ import annotations

import pytest

from domain.addressing import greets_other


@pytest.mark.parametrize(
    ("text", "payer", "other"),
    [
        ("刘女士您好 发票我帮您看一下", "马小云", "刘"),
        ("您好，刘先生，发票好了", "马小云", "刘"),
        ("尊敬的欧阳先生：您好", "马小云", "欧阳"),
        ("Dear Ms Carter, your invoice is ready", "Ms Anna Lee", "Carter"),
        ("马女士您好 发票我帮您看一下", "马小云", ""),
        ("马小云女士，您好", "马小云", ""),
        ("欧阳先生您好", "欧阳明", ""),
        ("您好 发票我帮您看一下", "马小云", ""),
        ("这位家长您好", "马小云", ""),
        ("王老师明天会给您打电话", "马小云", ""),
        ("Dear Ms Lee, your invoice is ready", "Ms Anna Lee", ""),
        ("刘女士您好", "", ""),
    ],
)
def test_whose_name_a_text_greets(text: str, payer: str, other: str) -> None:
    assert greets_other(text, payer) == other
