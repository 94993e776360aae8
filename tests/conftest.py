"""What holds for all tests: hypothesis's profile, no skips in CI, and the markers of equations."""

from __future__ import annotations

import gc
import os
import re
import time
from collections import Counter
from collections.abc import Generator, Iterator

import pytest
from hypothesis import settings
from playwright.sync_api import Browser

from mlp_ref.functions import FUNCTIONS
from tests.jupyterlab import chromium, find_chromium

# The same examples on every run, with no time limit on one of them.
settings.register_profile("course", deadline=None, derandomize=True, database=None, max_examples=50)
settings.load_profile("course")

# A machine that lacks what a test needs must not look as if it passed.
NOTHING_SKIPS = os.environ.get("CI") == "true"


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if NOTHING_SKIPS and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"Under CI=true nothing may skip. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report


LONG = 60
"""seconds"""


class ToldAtOnce:
    """Tells failures and long tests when they end, so that a run that is cut off shows what kept it."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self.terminal, self.start = terminal, time.monotonic()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed or report.duration > LONG:
            now, took = time.monotonic() - self.start, f"{report.when}, {report.duration:.0f} s"
            self.terminal.write_line(f"\nafter {now:.0f} s: {report.nodeid} {report.outcome} ({took})")
            if report.failed:
                self.terminal.write_line(report.longreprtext[-4000:])


def pytest_sessionstart(session: pytest.Session) -> None:
    """In CI, where nobody looks at the run before it ends."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if NOTHING_SKIPS and terminal is not None:
        session.config.pluginmanager.register(ToldAtOnce(terminal))


def pytest_collection_finish() -> None:
    """Leave what is imported now, and needed to the end, out of each later search for garbage."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with many slow tests first, so that no core is left with a long one at the end."""
    slow = Counter(item.path for item in items if any(map(item.get_closest_marker, ("slow", "browser"))))
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. It ends with the module, since no other test can have an event loop while it runs."""
    executable = find_chromium()
    if executable is None:
        pytest.skip("there is no Chromium on this machine; `apt-get install chromium` brings one")
    with chromium(executable) as browser:
        yield browser


# By full name, and by the short one: of functions with an equation no two share it.
MARKERS = {
    key: function.marker
    for name, function in FUNCTIONS.items()
    if function.marker
    for key in (name, name.partition(".")[2])
}


def pytest_configure(config: pytest.Config) -> None:
    """Register a marker for each equation: eq1 to eq10 of seed 1, delta for seed 2's recursion."""
    gc.disable()  # until all is collected: importing takes a third less time
    for marker in sorted(set(MARKERS.values())):
        config.addinivalue_line("markers", f"{marker}: tests of {marker.replace('eq', 'equation ')}")


SAMPLE = 20
"""one of so many of a test's parameters is among the quick tests"""
_counts: Counter[str] = Counter()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark a test as slow unless it is in the sample of its kind, and with its equations.

    Equations are those of the functions that its parameters name, or the id of these.
    """
    if item.get_closest_marker("sampled"):
        function = item.nodeid.partition("[")[0]
        if _counts[function] % SAMPLE:
            item.add_marker("slow")
        _counts[function] += 1
    if callspec := getattr(item, "callspec", None):
        words = {value for value in callspec.params.values() if isinstance(value, str)}
        words |= set(re.findall(r"ps\d\.\w+", callspec.id))
        for marker in sorted({MARKERS[word] for word in words & MARKERS.keys()}):
            item.add_marker(marker)
