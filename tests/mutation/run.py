"""Plants every small fault of tests/mutation/mutants.py in domain/, one at a time, and asks whether a test notices.

    python -m tests.mutation.run                                  all of domain/
    python -m tests.mutation.run domain/gate.py domain/keys.py    these files
    python -m tests.mutation.run --least 95 domain/money.py       exit 1 below 95 % killed (90 by default)

Each mutant lives in a forked process of its own and never on the disk. It meets only the tests of tests/domain that pass
through its line (the code that runs at import, tables for instance, meets all that pass through its module), quickest
first; the first that fails has killed it. So has an error, or a loop without end. Hypothesis draws the same examples each
time and shrinks nothing.

The two libraries that do this for others were tried: mutmut leaves everything outside of functions alone, which here is
most of the rules (the gate's table, the chart of accounts, the policies' defaults); cosmic-ray starts an interpreter per
mutant, and knows no deletion of an entry or a guard.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
import tempfile
import time
import types
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from coverage import CoverageData
from hypothesis import Phase, settings

from tests.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).resolve().parent.parent.parent
TESTS = "tests/domain"
LEAST_PERCENT = 90.0
PURE_WORDS = {"domain/lint_rules.py"}  # a table of 1,600 lines of patterns: its code is mutated, not its words
LEFT_OUT = "no_minute_of_a_year"  # six sweeps over a year say nothing that the gate's own table does not
PLAIN = [*"-q -x --no-header --noconftest --assert=plain -p no:cacheprovider --hypothesis-profile=mutation -k".split()]
PLAIN.append(f"not {LEFT_OUT}")
MEMORY_BYTES = 3 * 2**30  # a mutant that grows a list for ever ends here


@dataclass
class Known:
    """What a run without a mutant tells: which tests pass through which line, and how long each takes."""

    lines: dict[str, dict[int, list[str]]]  # file → line → tests
    imported: dict[str, list[str]]  # file → tests in files that import it, or that use what does
    seconds: dict[str, float]
    libraries: list[str]

    def tests(self, file: str, line: int) -> list[str]:
        """The tests that a fault in this line should fail, the quickest first."""
        through = self.lines.get(file, {})
        found = set(through.get(line, ()))
        if not found:  # it runs at import, or no test gets there
            found = {test for tests in through.values() for test in tests} | set(self.imported[file])
        return sorted(found, key=lambda test: (self.seconds.get(test, 0.0), test))


@dataclass
class Score:
    killed: int = 0
    survivors: list[Mutant] = field(default_factory=list)

    @property
    def all(self) -> int:
        return self.killed + len(self.survivors)

    @property
    def percent(self) -> float:
        return 100.0 * self.killed / self.all if self.all else 100.0


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


class Chosen:
    """Runs the chosen tests in their order, and leaves the name of the one that failed in a file."""

    def __init__(self, tests: Sequence[str], note: Path) -> None:
        self.rank = {test: number for number, test in enumerate(tests)}
        self.note = note

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((item for item in items if item.nodeid in self.rank), key=lambda item: self.rank[item.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.note.write_text(report.nodeid, encoding="utf-8")


class Times:
    """How long each test took, and which libraries all of them together needed."""

    def __init__(self, out: Path) -> None:
        self.out, self.seconds = out, dict[str, float]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration

    def pytest_sessionfinish(self) -> None:
        libraries = [name for name, module in list(sys.modules.items()) if not _ours(module)]
        self.out.write_text(json.dumps({"seconds": self.seconds, "libraries": libraries}), encoding="utf-8")


def _ours(module: types.ModuleType) -> bool:
    path = getattr(module, "__file__", None) or ""
    return path.startswith(str(ROOT)) and "site-packages" not in path


def learn(files: Sequence[str], folder: Path) -> Known:
    """Run the tests once as they are, with the coverage of each. Raises SystemExit when they are not green."""
    times, data = folder / "times.json", folder / "coverage"
    os.environ["COVERAGE_FILE"] = str(data)
    options = [*PLAIN, "--cov=domain", "--cov-context=test", "--cov-report=", TESTS]
    child = fork(lambda: pytest.main(options, plugins=[Times(times)]), seconds=600)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise SystemExit(f"{TESTS} is not green as it stands: mend that first")
    noted = json.loads(times.read_text(encoding="utf-8"))
    coverage = CoverageData(str(data))
    coverage.read()
    lines, imported = {}, {}
    for file in files:
        module = file.removesuffix(".py").replace("/", ".")
        named = {place for place in _places(noted["seconds"]) if _imports(ROOT / place, module)}
        imported[file] = [test for test in noted["seconds"] if test.partition("::")[0] in named]
        lines[file] = _through(coverage, ROOT / file)
        if not imported[file] and not any(lines[file].values()):  # a table that only another module reads
            for reader in (ROOT / "domain").glob("*.py"):
                if _imports(reader, module):
                    imported[file] += [test for tests in _through(coverage, reader).values() for test in tests]
    return Known(lines, imported, noted["seconds"], noted["libraries"])


def _through(coverage: CoverageData, path: Path) -> dict[int, list[str]]:
    contexts = coverage.contexts_by_lineno(str(path))
    return {line: sorted({_test(each) for each in tests if each}) for line, tests in contexts.items()}


def _places(tests: Iterable[str]) -> set[str]:
    return {test.partition("::")[0] for test in tests}


def _imports(path: Path, module: str) -> bool:
    room, _, name = module.rpartition(".")
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    return any(
        node.module == module or (node.module == room and name in {alias.name for alias in node.names})
        for node in nodes
    )


def _test(context: str) -> str:
    return context.rpartition("|")[0]


def fork(work: Callable[[], int], seconds: float) -> int:
    """Run `work` silently in a child that ends with its number, or by SIGALRM."""
    child = os.fork()
    if child:
        return child
    signal.alarm(max(1, round(seconds)))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    code = 3
    try:
        code = int(work())
    finally:
        os._exit(code)  # nothing of the parent's is closed or flushed twice


def meet(file: str, mutant: Mutant, tests: Sequence[str], seconds: float, note: Path) -> int:
    """Start the tests with this mutant in place; the child's process id."""
    module = file.removesuffix(".py").replace("/", ".")
    places = sorted(_places(tests))

    def work() -> int:
        sys.meta_path.insert(0, Planted(module, ROOT / file, mutant.code))
        return pytest.main([*PLAIN, *places], plugins=[Chosen(tests, note)])

    return fork(work, seconds)


def judge(file: str, known: Known, folder: Path, jobs: int) -> Score:
    """All mutants of one file."""
    score, killers, running = Score(), Counter[str](), dict[int, tuple[Mutant, Path]]()

    def settle() -> None:
        child, status = os.wait()
        mutant, note = running.pop(child)
        # 0: all passed; 5: there was no test to run.
        if os.waitstatus_to_exitcode(status) in (0, 5):
            score.survivors.append(mutant)
        else:
            score.killed += 1
            if note.exists():
                killers[note.read_text(encoding="utf-8")] += 1
        note.unlink(missing_ok=True)

    for number, mutant in enumerate(
        mutants((ROOT / file).read_text("utf-8"), str(ROOT / file), words=file not in PURE_WORDS)
    ):
        tests = known.tests(file, mutant.line)
        if not tests:
            score.survivors.append(mutant)
            continue
        tests = sorted(tests, key=lambda test: -killers[test])  # what killed others often kills this one, too
        seconds = 15 + 5 * sum(known.seconds.get(test, 0.0) for test in tests)
        note = folder / f"note-{number}"
        running[meet(file, mutant, tests, seconds, note)] = (mutant, note)
        if len(running) >= jobs:
            settle()
    while running:
        settle()
    return score


def preload(libraries: Iterable[str]) -> None:
    """Import once what every child would import: only libraries, never a room of the house."""
    for name in libraries:
        if not name.startswith(("tests.", "conftest")):
            try:
                importlib.import_module(name)
            except ImportError:
                continue


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.run")
    parser.add_argument("files", nargs="*", help="files of domain/; all where none is named")
    parser.add_argument("--least", type=float, default=LEAST_PERCENT, help="percent to be killed (default: 90)")
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
    whole = Score()
    with tempfile.TemporaryDirectory(prefix="mutation-") as place:
        known = learn(files, Path(place))
        preload(known.libraries)
        for file in files:
            score = judge(file, known, Path(place), asked.jobs)
            whole.killed += score.killed
            whole.survivors += score.survivors
            print(f"{file:28} {score.killed:5} of {score.all:5} killed  {score.percent:5.1f} %", flush=True)  # noqa: T201
            for mutant in sorted(score.survivors, key=lambda each: each.line):
                print(f"    {file}:{mutant.line}: {mutant}", flush=True)  # noqa: T201
    minutes = (time.monotonic() - started) / 60
    print(f"{'all':28} {whole.killed:5} of {whole.all:5} killed  {whole.percent:5.1f} %  in {minutes:.1f} min")  # noqa: T201
    return 0 if whole.percent >= asked.least else 1


if __name__ == "__main__":
    sys.exit(main())
