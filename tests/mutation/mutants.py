"""Small faults to plant in a rule: each is one change of its syntax tree that a test ought to notice."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import CodeType
from typing import TypeVar

Item = TypeVar("Item")
Put = Callable[[ast.AST], None]
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
}
# Functions and methods that are easily mistaken for one another.
NAMES = {
    "min": "max",
    "any": "all",
    "lower": "upper",
    "lstrip": "rstrip",
    "startswith": "endswith",
    "removeprefix": "removesuffix",
    "partition": "rpartition",
    "search": "fullmatch",
}
NAMES |= {wrong: right for right, wrong in NAMES.items()}


@dataclass(frozen=True, eq=False)
class Mutant:
    """A module with one fault, at `line`. `body`: the lines of the function that it is in; none for what runs at import."""

    line: int
    body: range
    tree: ast.Module
    filename: str
    right: ast.AST
    wrong: ast.AST
    put: Put

    def code(self) -> CodeType:
        """The whole module with this fault."""
        self.put(self.wrong)
        try:
            return compile(ast.fix_missing_locations(self.tree), self.filename, "exec")
        finally:
            self.put(self.right)

    def __str__(self) -> str:
        """What was changed, without what stayed at both ends."""
        one, two = _written(self.right), _written(self.wrong)
        start = _same(one, two)
        end = _same(one[start:][::-1], two[start:][::-1])
        start, end = max(0, start - AROUND), max(0, end - AROUND)
        return f"{_cut(one, start, end)}  →  {_cut(two, start, end)}"


def _same(one: str, two: str) -> int:
    """How many characters the beginnings have in common."""
    return next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two)))


AROUND = 12  # characters of what stayed that are shown


def _cut(text: str, start: int, end: int) -> str:
    shown = text[start : len(text) - end]
    shown = shown if len(shown) <= 80 else f"{shown[:38]} … {shown[-38:]}"
    return f"{'…' if start else ''}{shown}{'…' if end else ''}"


def mutants(source: str, filename: str) -> Iterator[Mutant]:
    """All mutants of a module.

    Left alone, because no rule depends on them: annotations and types, decorators, docstrings, imports, the words
    of exceptions, and what asserts that something can't happen.
    """
    tree = ast.parse(source)
    bodies = list(_bodies(tree))
    for node, put in _places(tree):
        line = _line(node)
        body = next((lines for lines in bodies if line in lines), range(0))
        for wrong in _faults(node):
            yield Mutant(line, body, tree, filename, node, wrong, put)


def _bodies(node: ast.AST) -> Iterator[range]:
    """The lines of each function's statements: what runs when it is called, not when the module is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield range(child.body[0].lineno, (child.end_lineno or child.lineno) + 1)
        else:
            yield from _bodies(child)


def _line(node: ast.AST) -> int:
    return node.target.lineno if isinstance(node, ast.comprehension) else getattr(node, "lineno", 0)


Places = Iterator[tuple[ast.AST, Put]]


def _places(parent: ast.AST) -> Places:
    """Every node that may be replaced, outermost first, and how."""
    for field, value in ast.iter_fields(parent):
        if (type(parent), field) in _CLOSED or field in _NO_RULE:
            continue
        if isinstance(value, list):
            for index, child in enumerate(value):
                if isinstance(child, ast.AST) and not _is_docstring(child):
                    yield from _place(child, partial(value.__setitem__, index))
        elif isinstance(value, ast.AST):
            yield from _place(value, partial(setattr, parent, field))


_NO_RULE = {"annotation", "returns", "decorator_list", "bases"}
_CLOSED = {(ast.Raise, "exc"), (ast.Raise, "cause"), (ast.ExceptHandler, "type")}


def _place(child: ast.AST, put: Put) -> Places:
    if not isinstance(child, ast.Import | ast.ImportFrom) and not _is_type(child) and not _asserts(child):
        yield child, put
        yield from _places(child)


def _is_type(node: ast.AST) -> bool:
    """`Literal["a", "b"]`, `tuple[int, int]`, `TypeVar("Item", int, str)`: nothing happens there when the program runs."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "TypeVar"
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in _TYPES


def _asserts(node: ast.AST) -> bool:
    """`assert …`, `raise AssertionError(…)`, `zip(…, strict=True)`."""
    if isinstance(node, ast.Raise):
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        return isinstance(raised, ast.Name) and raised.id == "AssertionError"
    return isinstance(node, ast.Assert) or (isinstance(node, ast.keyword) and node.arg == "strict")


_TYPES = {
    "Literal",
    "tuple",
    "list",
    "dict",
    "set",
    "frozenset",
    "type",
    "Callable",
    "Mapping",
    "Sequence",
    "Awaitable",
}


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _faults(node: ast.AST) -> Iterator[ast.AST]:
    """What could stand here by mistake."""
    for kind, make in _FAULTS:
        if isinstance(node, kind):
            yield from make(node)


def _compare(node: ast.Compare) -> Iterator[ast.AST]:
    for index, op in enumerate(node.ops):
        new = copy.deepcopy(node)
        new.ops[index] = COMPARISONS[type(op)]()
        yield new


def _bool(node: ast.BoolOp) -> Iterator[ast.AST]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for index in range(len(node.values)):
        rest = _without(node.values, index)
        yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _unary(node: ast.UnaryOp) -> Iterator[ast.AST]:
    yield node.operand


def _binary(node: ast.BinOp) -> Iterator[ast.AST]:
    if type(node.op) in ARITHMETIC:
        yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)


def _constant(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        yield ast.Constant(value + 1)
    elif isinstance(value, str):
        yield ast.Constant(f"XX{value}XX")


def _call(node: ast.Call) -> Iterator[ast.AST]:
    if isinstance(node.func, ast.Name) and node.func.id in NAMES:
        yield ast.Call(ast.Name(NAMES[node.func.id], ast.Load()), node.args, node.keywords)
    if isinstance(node.func, ast.Attribute) and node.func.attr in NAMES:
        yield ast.Call(ast.Attribute(node.func.value, NAMES[node.func.attr], ast.Load()), node.args, node.keywords)
    for index, keyword in enumerate(node.keywords):
        if keyword.arg is not None and not _asserts(keyword):
            yield ast.Call(node.func, node.args, _without(node.keywords, index))
    for index, argument in enumerate(node.args):
        if not isinstance(argument, ast.Constant | ast.Starred | ast.GeneratorExp):
            args = [*node.args]
            args[index] = ast.Constant(None)
            yield ast.Call(node.func, args, node.keywords)


def _dict(node: ast.Dict) -> Iterator[ast.AST]:
    for index in range(len(node.keys)):
        yield ast.Dict(_without(node.keys, index), _without(node.values, index))


def _sequence(node: ast.List | ast.Tuple | ast.Set) -> Iterator[ast.AST]:
    if isinstance(node, ast.Set) and len(node.elts) < 2:  # an empty set has no literal
        return
    if isinstance(getattr(node, "ctx", None), ast.Store):
        return
    for index in range(len(node.elts)):
        new = copy.copy(node)
        new.elts = _without(node.elts, index)
        yield new


def _conditional(node: ast.If | ast.IfExp) -> Iterator[ast.AST]:
    for always in (True, False):
        new = copy.copy(node)
        new.test = ast.Constant(always)
        yield new


def _loop(node: ast.While) -> Iterator[ast.AST]:
    yield ast.While(ast.Constant(False), node.body, node.orelse)


def _comprehension(node: ast.comprehension) -> Iterator[ast.AST]:
    for index in range(len(node.ifs)):
        yield ast.comprehension(node.target, node.iter, _without(node.ifs, index), node.is_async)


def _nothing(node: ast.stmt) -> Iterator[ast.AST]:
    yield ast.Pass()


def _return(node: ast.Return) -> Iterator[ast.AST]:
    if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
        yield ast.Return(ast.Constant(None))


def _leave(node: ast.Break | ast.Continue) -> Iterator[ast.AST]:
    yield ast.Continue() if isinstance(node, ast.Break) else ast.Break()


_FAULTS: tuple[tuple[type[ast.AST] | tuple[type[ast.AST], ...], Callable[..., Iterator[ast.AST]]], ...] = (
    (ast.Compare, _compare),
    (ast.BoolOp, _bool),
    (ast.UnaryOp, _unary),
    (ast.BinOp, _binary),
    (ast.Constant, _constant),
    (ast.Call, _call),
    (ast.Dict, _dict),
    ((ast.List, ast.Tuple, ast.Set), _sequence),
    ((ast.If, ast.IfExp), _conditional),
    (ast.While, _loop),
    (ast.comprehension, _comprehension),
    ((ast.Expr, ast.AugAssign, ast.Raise), _nothing),
    (ast.Return, _return),
    ((ast.Break, ast.Continue), _leave),
)


def _without(items: list[Item], index: int) -> list[Item]:
    return items[:index] + items[index + 1 :]


def _written(node: ast.AST) -> str:
    """The node as source, on one line."""
    return " ".join(ast.unparse(ast.fix_missing_locations(copy.deepcopy(node))).split())
