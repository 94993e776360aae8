"""The marker of an equation finds every test that names one of its functions among its parameters."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mlp_ref.functions import FUNCTIONS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ROOMS = ("tests/reference", "tests/checking", "tests/tools")
COLLECT = """
import json, pytest, sys

class Recorder:
    def pytest_collection_finish(self, session):
        marked = {item.nodeid: [mark.name for mark in item.iter_markers()] for item in session.items}
        print("\\n" + json.dumps(marked))

sys.exit(pytest.main(["--collect-only", "-q", *sys.argv[1:]], plugins=[Recorder()]))
"""


@pytest.fixture(scope="module")
def marked():
    """Names of the markers of every test of these rooms, by node id."""
    command = [sys.executable, "-c", COLLECT, *ROOMS]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    (line,) = (line for line in run.stdout.splitlines() if line.startswith("{"))
    return json.loads(line)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_test_with_the_name_of_a_function_has_its_marker(marked, name):
    marker = FUNCTIONS[name].marker
    naming = [test for test in marked if re.search(rf"\[.*{re.escape(name)}(?!\w)", test)]
    assert len(naming) >= 10
    assert not marker or all(marker in marked[test] for test in naming)


def test_a_marker_is_of_the_functions_named_only(marked):
    assert (
        "eq10"
        not in marked["tests/reference/test_invariances.py::test_every_function[ps1.dC_dW1_chain-shape]"]
    )
    assert "delta" not in marked["tests/checking/test_checks.py::test_wrong_answers[sign of both gradients]"]


def test_short_names_count_where_the_problem_set_is_understood(marked):
    assert "eq10" in marked["tests/checking/test_checks.py::test_wrong_answers[1/N missing in (10)]"]
    assert (
        "delta"
        in marked["tests/checking/test_checks_ps2.py::test_a_known_mistake_is_suspected[deltas: mean]"]
    )


def test_markers_written_by_hand_count_too(marked):
    assert "eq6" in marked["tests/reference/test_symbolic.py::test_eq6_and_eq10_gradient_of_W1"]
    assert sum("eq10" in markers for markers in marked.values()) >= 59
