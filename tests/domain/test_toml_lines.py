"""On which line a table or a key of a TOML text stands."""

from __future__ import annotations

from domain.toml_lines import Lines, lines_of

TEXT = '''\
name = "a # b" # said

[window]
"from" = 9
'until' = 18
[[stage]]  # the first
name = "one"
[stage.when]
grades = [
  "A", # [ no list
  "B",
]
days = 3
[[stage]]
text = """
days = 4
[stage.then]
"""
note = \'\'\'one line\'\'\'
words = """one line"""
[stage.when]
days = 5
dotted.key = 6
[ "odd name" ]
last = 7
'''


def test_each_table_and_key() -> None:
    assert lines_of(TEXT) == {
        ("", 1, "name"): 1,
        ("window", 1, ""): 3,
        ("window", 1, "from"): 4,
        ("window", 1, "until"): 5,
        ("stage", 1, ""): 6,
        ("stage", 1, "name"): 7,
        ("stage.when", 1, ""): 8,
        ("stage.when", 1, "grades"): 9,
        ("stage.when", 1, "days"): 13,
        ("stage", 2, ""): 14,
        ("stage", 2, "text"): 15,
        ("stage", 2, "note"): 19,
        ("stage", 2, "words"): 20,
        ("stage.when", 2, ""): 21,
        ("stage.when", 2, "days"): 22,
        ("stage.when", 2, "dotted"): 23,
        ("oddname", 1, ""): 24,
        ("oddname", 1, "last"): 25,
    }


def test_the_first_of_two_counts() -> None:
    assert lines_of("a = 1\na = 2\n[b]\n[b]\n") == {("", 1, "a"): 1, ("b", 1, ""): 3}


def test_what_stands_inside_a_list_of_lists_is_neither_a_table_nor_a_key() -> None:
    assert lines_of('pairs = [\n  [\n    "a",\n  ],\n  [ "b" ],\n]\nafter = 1\n') == {
        ("", 1, "pairs"): 1,
        ("", 1, "after"): 7,
    }


def test_lines_that_are_looked_for_when_they_are_asked_for_are_the_same() -> None:
    lines = Lines("a = 1\n[b]\nc = 2\n")
    assert dict(lines) == lines_of("a = 1\n[b]\nc = 2\n")
    assert (len(lines), lines["b", 1, "c"], lines.get(("b", 1, "d"))) == (3, 3, None)
