"""The lectures run without a browser, describe their figures, prove their claims, and give no answer away."""

import re

import nbclient
import nbformat
import pytest

from course import lectures
from course.grading.problem_sets import leaks, notebooks, release
from course.lectures.readings import judge
from tests.helpers import ROOT, cell, notebook, solution

LECTURES = sorted((ROOT / "course" / "lectures").glob("*.ipynb"))
ids = pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)

# The slips of each derivation that the course explains, in the order of the lecture's last table.
ERRATA = {
    "one_hidden_layer": """
        bias 3a one_over_N free_l H 9 k_and_l range_of_k square update_rule plateau
    """,
    "delta_recursion": """
        brackets sign saturated diagonal parentheses layouts three_indices outer free_index extension
        sum_and_mean
    """,
}
errata = pytest.mark.parametrize("name", ERRATA)

# Run after a lecture, in its kernel: prints which of its functions would pass a test, and how many it has.
TRY_AS_ANSWERS = """
import contextlib, io, types, warnings
from mlp_ref.functions import REFERENCE
from mlp_ref.grading import matches_reference

def passes(name, function):
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            matches_reference(name, function)
        except BaseException:
            return False
    return True

own = {n: f for n, f in globals().items() if isinstance(f, types.FunctionType) and f.__module__ == "__main__"}
own.pop("passes"), own.pop("open", None)
print([f"{n} answers {name}" for name in REFERENCE for n, f in own.items() if passes(name, f)], len(own))
"""


def test_the_index_names_every_lecture():
    assert set(re.findall(r"^- `(\w+)`:", lectures.__doc__, flags=re.MULTILINE)) == {p.stem for p in LECTURES}


def of(name):
    return {cell.id: cell for cell in notebooks.read(ROOT / "course" / "lectures" / f"{name}.ipynb").cells}


@errata
def test_every_erratum_is_told_in_a_box_and_decided_by_measured_numbers(name):
    cells = of(name)
    order = list(cells)
    errata = [cell.removeprefix("erratum_") for cell in order if cell.startswith("erratum_")]
    assert errata == ERRATA[name].split()
    for erratum in errata:
        box, shown = cells[f"erratum_{erratum}"], cells[f"show_erratum_{erratum}"]
        assert re.match(
            r"> \*\*(Slip in derivation [AB]|A trap|Left out in derivation [AB])[^*]*", box.source
        )
        assert re.search(r"^> \*[^*]", box.source, flags=re.MULTILINE), "the box ends in what to read instead"
        assert order.index(shown.id) > order.index(box.id)
        assert re.search(r"(numerical|complex_step)_gradient\(", shown.source)
        assert "assert" in shown.source


@errata
def test_the_last_table_has_a_row_for_every_erratum(name):
    rows = [line for line in of(name)["errata"].source.splitlines() if line.startswith("|")]
    assert len(rows) - 2 == len(ERRATA[name].split())


@errata
def test_answers_to_predictions_are_folded(name):
    cells = list(of(name).values())
    asked = [k for k, cell in enumerate(cells) if "**Predict.**" in cell.source]
    assert all(cells[k + 2].source.startswith("<details><summary>Answer</summary>\n\n") for k in asked)
    text = "".join(cell.source for cell in cells)
    assert text.count("<details>") == text.count("\n</details>") == len(asked) + 1


@pytest.mark.sampled
@ids
@pytest.mark.parametrize("assignment", release.assignments(ROOT))
def test_it_holds_no_part_of_an_answer(path, assignment):
    source = notebooks.read(ROOT / "source" / assignment / f"{assignment}.ipynb")
    assert list(leaks.leaks_in_lecture(source, notebooks.read(path))) == []


def test_a_part_of_an_answer_is_found_under_other_names():
    source = notebook(
        solution("double", "np.sum(x * x) / (2 * len(x))"),
        solution("half", "x / 2"),
        cell("The bias unit is constant.", "why", kind="markdown", solution=True, grade=True, points=1),
    )

    def found(*cells):
        return list(leaks.leaks_in_lecture(source, notebook(*cells)))

    assert found(cell("cost = np.sum(error * error) / (2 * len(error)) + 0")) == [
        "it holds a part of the answer double"
    ]
    assert found(cell("cost = np.sum(a * b) / (2 * len(a))"), cell("y = x / 2")) == []
    assert found(cell("Because\nThe bias unit is constant.", kind="markdown")) == [
        "it holds a part of the answer why"
    ]
    assert found(cell("import mlp_ref")) == ["it contains 'mlp_ref'"]


def test_judge_tells_agreement_from_mistake_and_says_when_it_cannot(capsys):
    truth = [1.0, 2.0]
    assert judge(truth, {"right": [1.0, 2.0 + 1e-9], "wrong": [1.0, -2.0], "flat": 1.0}) == [
        True,
        False,
        False,
    ]
    assert capsys.readouterr().out == (
        "right   agrees   relative error 2e-10\n"
        "wrong   wrong    relative error 0.9\n"
        "flat    wrong    shape () instead of (2,)\n"
    )
    assert judge(truth, {"no number": [1.0, float("nan")]}) == [False]
    with pytest.raises(ValueError, match="a relative error of 2e-06 decides nothing"):
        judge(truth, {"near": [1.0, 2.00001]})


@ids
def test_canonical(path):
    notebook = notebooks.read(path)
    assert path.read_text(encoding="utf-8") == notebooks.dumps(notebooks.canonical(notebook))
    names = [cell.id for cell in notebook.cells]
    assert len(names) == len(set(names))


@ids
def test_predictions_come_before_results(path):
    cells = notebooks.read(path).cells
    asked = [k for k, cell in enumerate(cells) if "**Predict" in cell.source]
    assert len(asked) >= 4
    assert all(cells[k + 1].cell_type == "code" for k in asked)


@pytest.mark.slow
@ids
def test_it_runs_and_every_figure_is_told_in_words(path, tmp_path):
    notebook = notebooks.read(path)
    notebook.cells.append(nbformat.v4.new_code_cell(TRY_AS_ANSWERS, id="try_as_answers"))
    client = nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    outputs = [(cell.id, output) for cell in notebook.cells for output in cell.get("outputs", [])]
    figures = 0
    for name, output in outputs:
        assert output.get("name") != "stderr", (name, output.text)
        data = output.get("data", {})
        if "image/png" in data:
            figures += 1
            assert re.search(r'<img [^>]*alt="[^"]{60,}"', data["text/html"]), name
        if "application/vnd.jupyter.widget-view+json" in data:
            assert data["text/plain"].startswith("LossExplorer, derivation"), name
        if name == "try_as_answers":
            assert re.fullmatch(r"\[\] [1-9]\d*\n", output.text), output.text
    assert figures >= 3
    assert list(tmp_path.iterdir()) == []
