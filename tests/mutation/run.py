"""Plants every small fault of tests/mutation/mutants.py in domain/, one at a time, and asks whether a test notices.

    python -m tests.mutation.run                                  all of domain/
    python -m tests.mutation.run domain/gate.py domain/keys.py    these files
    python -m tests.mutation.run --sample 40 --seed 7             40 faults of each file by chance: minutes, not an hour
    python -m tests.mutation.run --least 95 domain/money.py       exit 1 below 95 % killed (90 by default)

Each mutant lives in a forked process of its own and never on the disk. It meets only the tests of tests/domain that pass
through its line (the code that runs at import, tables for instance, meets those of the files that import its module),
first the ones that killed others, then the quickest; the first that fails has killed it. So has an error, or a loop without end.
Hypothesis draws the same examples each time and shrinks nothing.

A fault inside of a function is planted in a process that has collected all tests before, by giving the function other
code; what runs at import is planted before its module is imported, and the test files are collected anew.

The two libraries that do this for others were tried: mutmut leaves everything outside of functions alone, which here is
most of the rules (the gate's table, the chart of accounts, the policies' defaults); cosmic-ray starts an interpreter per
mutant, and knows no deletion of an entry or a guard.
"""

from __future__ import annotations

import argparse
import ast
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
import types
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

import pytest
from coverage import CoverageData
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).resolve().parent.parent.parent
TESTS = "tests/domain"
LEAST_PERCENT = 90.0
LEFT_OUT = "no_minute_of_a_year"  # six sweeps over a year say nothing that the gate's own table does not
PLAIN = [*"--noconftest --assert=plain -p no:cacheprovider -p no:terminal -s --hypothesis-profile=mutation -k".split()]
PLAIN.append(f"not {LEFT_OUT}")
MEMORY_BYTES = 3 * 2**30  # a mutant that grows a list for ever ends here


@dataclass
class Known:
    """What a run without a mutant tells: which tests pass through which line, and how long each takes."""

    lines: Mapping[str, Mapping[int, Sequence[str]]]  # file → line → tests; "" where it runs without a test
    imported: Mapping[str, Sequence[str]]  # file → tests in files that import it; where none does, those that use it
    seconds: Mapping[str, float]
    libraries: Sequence[str]

    def at_import(self, file: str, mutant: Mutant) -> bool:
        """Does this run before any test: as the module is imported, or as tests are collected?"""
        return not mutant.body or any("" in self.lines[file].get(line, ()) for line in mutant.body)

    def early(self, file: str, planted: Iterable[Mutant]) -> list[Mutant]:
        return [mutant for mutant in planted if self.at_import(file, mutant)]

    def late(self, file: str, planted: Iterable[Mutant]) -> list[Mutant]:
        return [mutant for mutant in planted if not self.at_import(file, mutant)]

    def tests(self, file: str, mutant: Mutant) -> set[str]:
        """The tests that a fault in this line should fail."""
        through = self.lines[file]
        if not mutant.body:
            return set(self.imported[file])
        # Not every line of a long expression counts as run; its function's lines do.
        found = set(through.get(mutant.line) or (test for line in mutant.body for test in through.get(line, ())))
        return (found | set(self.imported[file] if "" in found else ())) - {""}


class Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a mutant's code."""

    def __init__(self, module: str, path: Path, code: types.CodeType) -> None:
        self.module, self.path, self.code = module, path, code

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self.module:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)

    def exec_module(self, module: types.ModuleType) -> None:
        exec(self.code, module.__dict__)


class Times:
    """How much of the processor's time each test took, and which libraries all of them together needed."""

    def __init__(self, out: Path) -> None:
        self.out, self.seconds = out, dict[str, float]()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        began = time.process_time()
        ran = yield
        self.seconds[item.nodeid] = time.process_time() - began
        return ran

    def pytest_sessionfinish(self) -> None:
        libraries = [name for name, module in list(sys.modules.items()) if not _ours(module)]
        self.out.write_text(json.dumps({"seconds": self.seconds, "libraries": libraries}), encoding="utf-8")


def _ours(module: types.ModuleType) -> bool:
    path = getattr(module, "__file__", None) or ""
    return path.startswith(str(ROOT)) and "site-packages" not in path


def learn(files: Sequence[str], tests: Sequence[str], folder: Path) -> Known:
    """Run the tests once as they are, with the coverage of each. Raises SystemExit when they are not green."""
    times, data = folder / "times.json", folder / "coverage"
    os.environ["COVERAGE_FILE"] = str(data)
    options = [*PLAIN, "-x", "--cov=domain", "--cov-context=test", "--cov-report=", *tests]
    child = fork(lambda: pytest.main(options, plugins=[Times(times)]), seconds=1800)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise SystemExit(f"{' '.join(tests)}: not green as it stands: mend that first")
    noted = json.loads(times.read_text(encoding="utf-8"))
    coverage = CoverageData(str(data))
    coverage.read()
    lines, imported = {}, {}
    for file in files:
        named = {place for place in _places(noted["seconds"]) if _module(file) in _imports(ROOT / place)}
        imported[file] = [test for test in noted["seconds"] if _place(test) in named]
        lines[file] = _through(coverage, ROOT / file)
        if not imported[file]:
            readers = [path for path in (ROOT / "domain").glob("*.py") if _module(file) in _imports(path)]
            imported[file] = [
                *(test for tests in lines[file].values() for test in tests if test),
                *(test for path in readers for tests in _through(coverage, path).values() for test in tests if test),
            ]
    return Known(lines, imported, noted["seconds"], noted["libraries"])


def _through(coverage: CoverageData, path: Path) -> dict[int, list[str]]:
    contexts = coverage.contexts_by_lineno(str(path))
    return {line: sorted({each.rpartition("|")[0] for each in tests}) for line, tests in contexts.items()}


def _place(test: str) -> str:
    return test.partition("::")[0]


def _places(tests: Iterable[str]) -> set[str]:
    return {_place(test) for test in tests}


def _module(file: str) -> str:
    return file.removesuffix(".py").replace("/", ".")


@cache
def _imports(path: Path) -> set[str]:
    """The modules that a file imports by name."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    return {node.module or "" for node in nodes} | {
        f"{node.module}.{name.name}" for node in nodes for name in node.names
    }


def _independent(file: str) -> list[str]:
    """The modules of domain/ that need nothing of this one: they may be imported before it is planted."""
    needs = {_module(f"domain/{path.name}"): _imports(path) for path in (ROOT / "domain").glob("*.py")}
    touched, more = {_module(file)}, True
    while more:
        found = {name for name, wanted in needs.items() if wanted & touched} - touched
        touched, more = touched | found, bool(found)
    return sorted(set(needs) - touched)


def fork(work: Callable[[], int], seconds: float) -> int:
    """Run `work` silently in a child that ends with its number; by SIGPROF after so many seconds of the processor's time."""
    child = os.fork()
    if child:
        return child
    signal.setitimer(signal.ITIMER_PROF, seconds)  # not by the clock: a busy machine is no fault of the code
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    code = 3
    try:
        code = int(work())
    finally:
        os._exit(code)  # nothing of the parent's is closed or flushed twice


@dataclass
class Trial:
    """A plugin that, instead of running the collected tests, puts the mutants of each file to them."""

    known: Known
    chosen: Mapping[str, Sequence[Mutant]]  # by file
    tell: Callable[[str, Sequence[Mutant]], None]  # the survivors of one file
    folder: Path
    jobs: int
    killers: Counter[str] = field(default_factory=Counter)  # of the file at hand: what killed others often kills again
    items: dict[str, pytest.Item] = field(default_factory=dict)

    def pytest_collection(self, session: pytest.Session) -> bool:
        _warm()
        early = {file: self.at_import(session, file) for file in self.chosen}
        session.perform_collect()
        self.items = {item.nodeid: item for item in session.items}
        _warm()
        functions = {file: _functions(_module(file)) for file in self.chosen}
        for file, planted in self.chosen.items():
            self.killers.clear()
            late = self.judge(file, self.known.late(file, planted), partial(self.called, functions[file]))
            self.tell(file, early[file] + late)
        return True

    def pytest_runtestloop(self) -> bool:
        return True

    def at_import(self, session: pytest.Session, file: str) -> list[Mutant]:
        """The survivors among the mutants of what runs before any test."""
        planted, out = self.known.early(file, self.chosen[file]), self.folder / "survivors.json"

        def work() -> int:
            """In a process of its own, which imports for all of them what they have in common."""
            for name in _independent(file):
                importlib.import_module(name)
            found = self.judge(file, planted, partial(self.imported, session, file))
            out.write_text(json.dumps([planted.index(mutant) for mutant in found]))
            return 0

        if not planted:
            return []
        if os.waitpid(fork(work, seconds=DAY), 0)[1] != 0:
            raise SystemExit(f"{file}: its mutants could not be planted")
        return [planted[index] for index in json.loads(out.read_text())]

    def judge(
        self, file: str, planted: Sequence[Mutant], meet: Callable[[Mutant, Sequence[str]], bool]
    ) -> list[Mutant]:
        """The survivors among these mutants."""
        survivors, running = [], dict[int, Mutant]()
        gc.freeze()  # so that a child copies little of what it finds

        def settle() -> None:
            child, status = os.wait()
            mutant, note = running.pop(child), self.folder / f"{child}"
            if (code := os.waitstatus_to_exitcode(status)) == NOWHERE:
                raise SystemExit(f"{file}:{mutant.line}: {mutant}: planted nowhere")
            if code == 0:
                survivors.append(mutant)
            if note.exists():
                self.killers[note.read_text(encoding="utf-8")] += 1
                note.unlink()

        for mutant in planted:
            seconds = {test: self.known.seconds.get(test, 0.0) for test in self.known.tests(file, mutant)}
            tests = sorted(seconds, key=lambda test: (-self.killers[test], seconds[test], test))
            child = fork(lambda: 0 if meet(mutant, tests) else 1, 5 + 5 * sum(seconds.values()))  # noqa: B023
            running[child] = mutant
            if len(running) >= self.jobs:
                settle()
        while running:
            settle()
        return survivors

    def called(self, functions: Functions, mutant: Mutant, tests: Sequence[str]) -> bool:
        """Give the functions the mutant's code and run the tests."""
        found = [(code, functions.get((code.co_qualname, code.co_firstlineno), ())) for code in _codes(mutant.code())]
        if not any(alive for _, alive in found):
            os._exit(NOWHERE)  # else it would seem to survive
        for code, alive in found:
            for function in alive:
                function.__code__ = code
        return self.passes([self.items[test] for test in tests if test in self.items])

    def imported(self, session: pytest.Session, file: str, mutant: Mutant, tests: Sequence[str]) -> bool:
        """Import the mutant instead of its module, collect the tests one file after the other and run them."""
        sys.meta_path.insert(0, Planted(_module(file), ROOT / file, mutant.code()))
        by_place = defaultdict[str, list[str]](list)
        for test in tests:
            by_place[_place(test)].append(test)
        for place, wanted in by_place.items():
            items = {item.nodeid: item for item in session.perform_collect([place])}
            if session.testsfailed or not self.passes([items[test] for test in wanted if test in items]):
                return False
        return True

    def passes(self, items: Sequence[pytest.Item]) -> bool:
        """Run the tests, and leave the name of the first that fails in a file."""
        for item, then in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=then)
            if item.session.testsfailed:
                (self.folder / f"{os.getpid()}").write_text(item.nodeid, encoding="utf-8")
                return False
        return True


Functions = Mapping[tuple[str, int], Sequence[types.FunctionType]]  # by name and first line
DAY = 86_400.0
NOWHERE = 4  # how a child ends that found no function for its mutant


def _functions(module: str) -> Functions:
    """The functions of a module that are alive."""
    found = defaultdict[tuple[str, int], list[types.FunctionType]](list)
    for each in gc.get_objects():
        if isinstance(each, types.FunctionType) and each.__module__ == module:
            found[each.__code__.co_qualname, each.__code__.co_firstlineno].append(each)
    return found


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """All functions of a module's code, those of its classes too."""
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            yield inner
            yield from _codes(inner)


@settings(max_examples=5, database=None, deadline=None)
@given(st.tuples(st.text(), st.integers(), st.floats(), st.dates(), st.lists(st.booleans())))
def _warm(_drawn: object) -> None:
    """Let Hypothesis read its tables once, not in each child."""


def preload(libraries: Iterable[str]) -> None:
    """Import once what every child would import: only libraries, never a room of the house."""
    for name in libraries:
        if not name.startswith(("tests.", "conftest")):
            try:
                importlib.import_module(name)
            except ImportError:
                continue


def choose(files: Sequence[str], sample: int | None, seed: int) -> tuple[dict[str, list[Mutant]], dict[str, int]]:
    """The mutants to plant in each file, and how many there are."""
    chosen, there = {}, {}
    for file in files:
        found = list(mutants((ROOT / file).read_text("utf-8"), str(ROOT / file)))
        there[file] = len(found)
        drawn = random.Random(f"{seed} {file}").sample(range(len(found)), min(sample or len(found), len(found)))
        chosen[file] = [found[index] for index in sorted(drawn)]
    return chosen, there


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.run")
    parser.add_argument("files", nargs="*", help="files of domain/; all where none is named")
    parser.add_argument("--least", type=float, default=LEAST_PERCENT, help="percent to be killed (default: 90)")
    parser.add_argument("--sample", type=int, help="so many mutants of each file, drawn by chance (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="of the sample (default: 1)")
    parser.add_argument("--tests", nargs="+", default=[TESTS], help="these tests only (default: all of tests/domain)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    files = asked.files or sorted(
        str(path.relative_to(ROOT)) for path in (ROOT / "domain").glob("*.py") if path.name != "__init__.py"
    )
    os.chdir(ROOT)
    os.environ["CI"] = "1"  # Hypothesis draws the same examples each time
    settings.register_profile(
        "mutation",
        derandomize=True,
        max_examples=50,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
    )
    started = time.monotonic()
    chosen, there = choose(files, asked.sample, asked.seed)
    killed: dict[str, float] = {}  # share by file

    def tell(file: str, survivors: Sequence[Mutant]) -> None:
        met = len(chosen[file])
        killed[file] = 1 - len(survivors) / met if met else 1.0
        of = "" if met == there[file] else f", drawn of {there[file]}"
        say(f"{file:28} {met - len(survivors):5} of {met:5} killed  {100 * killed[file]:5.1f} %{of}")
        for mutant in sorted(survivors, key=lambda each: each.line):
            say(f"    {file}:{mutant.line}: {mutant}")

    with tempfile.TemporaryDirectory(prefix="mutation-") as place:
        known = learn(files, asked.tests, Path(place))
        preload(known.libraries)
        pytest.main([*PLAIN, *asked.tests], plugins=[Trial(known, chosen, tell, Path(place), asked.jobs)])
    if len(killed) < len(files):
        return 2
    whole = sum(there.values())
    percent = 100 * sum(there[file] * killed[file] for file in files) / whole if whole else 100.0
    drawn = "" if asked.sample is None else f", estimated from {sum(map(len, chosen.values()))} with seed {asked.seed}"
    minutes = (time.monotonic() - started) / 60
    say(f"{'all':28} {percent:5.1f} % of {whole} killed{drawn}, in {minutes:.1f} min")
    return 0 if percent >= asked.least else 1


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
