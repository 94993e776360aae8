"""What the problem sets tell: parts and points at the top, derivations folded, no mark scheme."""

import re

import pytest

from course.grading.errors import CourseError
from course.grading.problem_sets import notebooks, release
from tests import helpers
from tests.helpers import ROOT

SETS = release.assignments(ROOT)
every_set = pytest.mark.parametrize("name", SETS)
SCHEME = re.compile(r"\n\n=== BEGIN MARK SCHEME ===\n(.+)\n=== END MARK SCHEME ===\Z", re.DOTALL)
PART = re.compile(r"^## Part (\d+) · ", re.MULTILINE)
SEED = re.compile(r"\b(?:[Tt]he|both|two) seeds?\b|\b[Ss]eed [12]\b")
DERIVE_FIRST = {
    "ps1": ["dC_dyhat", "dC_dW2", "dZ_dH", "dC_dW1"],
    "ps2": ["dL_df", "output_delta", "delta_step"],
}
TRANSFER = {
    "ps1": {"test_dZ_dH_tanh", "test_dC_dW1_tanh"},
    "ps2": {
        "test_softmax",
        "test_softmax_loss",
        "test_softmax_delta",
        "why_same_delta",
        "test_relu_delta_step",
        "test_l2_gradients",
    },
    "ps3": {"test_momentum_step", "momentum_limit"},
}


def source(name):
    return notebooks.read(ROOT / "source" / name / f"{name}.ipynb")


def points(cell):
    settings = cell.metadata.get("nbgrader", {})
    return settings.get("points", 0) if settings.get("grade") else 0


@every_set
def test_the_top_says_what_is_needed_and_the_points_of_every_part(name):
    first, *cells = source(name).cells
    counted, part = {}, None
    for cell in cells:
        if cell.cell_type == "markdown" and (heading := PART.search(cell.source)):
            part = heading[1]
        assert part or not points(cell)
        if part:
            counted[part] = counted.get(part, 0) + points(cell)
    rows = re.findall(r"^\| (\d+) \| .+ \| (\d+) \| (\d+) \|$", first.source, flags=re.MULTILINE)
    assert {part: int(told) for part, _, told in rows} == counted
    assert f"\n\n{sum(counted.values())} points" in first.source
    assert "**You need**" in first.source


@pytest.mark.parametrize("name", TRANSFER)
def test_a_fifth_of_the_points_is_for_transfer(name):
    by_cell = {cell.id: points(cell) for cell in source(name).cells}
    assert sum(by_cell[cell] for cell in TRANSFER[name]) * 5 == sum(by_cell.values())


@pytest.mark.parametrize("name", DERIVE_FIRST)
def test_what_is_to_be_derived_first_stands_folded_below_its_check(name):
    cells = {cell.id: cell.source for cell in source(name).cells}
    order = list(cells)
    for function in DERIVE_FIRST[name]:
        assert "**Question.**" in cells[f"statement_{function}"]
        assert "$$" not in cells[f"statement_{function}"]
        assert order.index(f"derivation_{function}") == order.index(f"test_{function}") + 1
        assert re.match(
            r"<details><summary>.*</summary>\n\n.*\$\$", cells[f"derivation_{function}"], re.DOTALL
        )
    assert [cell for cell in order if cell.startswith("derivation_")] == [
        f"derivation_{function}" for function in DERIVE_FIRST[name]
    ]


@every_set
def test_the_derivations_are_not_called_seeds(name):
    assert not [cell.id for cell in source(name).cells if SEED.search(cell.source)]


@every_set
def test_every_written_answer_has_a_mark_scheme_which_is_not_released(name):
    released = (ROOT / "release" / name / f"{name}.ipynb").read_text(encoding="utf-8")
    written = [cell for cell in source(name).cells if points(cell) and cell.cell_type == "markdown"]
    assert bool(written) == (name != "ps0")
    for cell in written:
        scheme = SCHEME.search(cell.source)
        assert scheme, cell.id
        assert "1 point" in scheme[1]
        assert not [line for line in scheme[1].splitlines() if line in released]


@pytest.mark.slow
def test_a_mark_scheme_that_students_would_receive_is_refused(tmp_path):
    text = "Why?\n\n=== BEGIN MARK SCHEME ===\n1 point: because.\n=== END MARK SCHEME ==="
    question = helpers.cell(text, "question", kind="markdown", locked=True)
    answer = helpers.cell("Because.", "why", kind="markdown", solution=True, grade=True, points=1)
    root = helpers.small_course(tmp_path)
    notebooks.write(helpers.notebook(question, answer), root / "source" / "small" / "small.ipynb")
    with pytest.raises(CourseError):
        release.write(root, "small")
    assert not (root / "release" / "small").exists()
