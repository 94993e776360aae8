"""`course verify` tries all that students receive as answers: functions planted in it are named."""

import json
import shutil

import pytest

from course.grading.folders import Folders
from course.grading.verify import given_answers
from course.grading.verify.given_answers import PACKAGE
from course.grading.verify.instructors_notebook import InstructorsNotebook
from course.grading.verify.prove import verify
from tests.helpers import ROOT

PLANTED = {
    "ps1.dC_dyhat": """
def planted_with_others(want, pair):
    return {"difference": 0, "slopes": [None, pair]}
planted_in_a_table = {"(3)": lambda want, y, y_hat: (y_hat - y) / len(y)}
""",
    "ps1.dyhat_dO": """
class Tools:
    @staticmethod
    def planted_in_a_class(t, shown=False):
        return sigmoid(t) * (1 - sigmoid(t))
""",
    "ps1.dC_dW1": """
def _planted_without_O(W2, X, Z, y_hat, y):
    slope = y_hat * (1 - y_hat)
    return {"W1": X.T @ ((y_hat - y) * slope / len(y) * W2[:-1].T * Z[:, :-1] * (1 - Z[:, :-1]))}
""",
    "ps1.dC_dW2": """
def planted_outside():
    def slope_of(h):
        return h * (1 - h)
    def planted_inside(Z, O, y_hat, y):
        return Z.T @ ((y_hat - y) * slope_of(y_hat)) / len(y)
    return planted_inside
""",
    "ps1.mse_cost": """
def planted_cost(a, b):
    return np.sum((a - b) ** 2) / (2 * len(a))
""",
    "ps1.dC_dW2_chain": """
from course.judged import refuse_while_judged
def planted_with_a_guard(a, b, Z):
    refuse_while_judged("this")
    return Z.T @ (a * b)
""",
}
IN_A_LECTURE = """
def planted_in_a_lecture(Z):
    '''(8)'''
    return Z[:, :-1] - Z[:, :-1] ** 2
for name, planted_lambda in {"a": 1}.items():
    print(name)
planted_by_lambda = lambda W2: W2[:-1].ravel()
"""
CLASSIFIED = """
def planted_codes(curves):
    codes = []
    for losses in curves:
        steps, m = np.diff(losses), len(losses) // 2
        size = lambda part: np.abs(part).sum()
        codes.append(
            7 if not np.isfinite(losses).all() or max(losses) > 10 * losses[0]
            else 2 if 5 * np.sum(steps[m:] > 0) > len(steps[m:])
            else 3 if losses[-1] <= losses[0] / 2
            else 0 if size(steps[m:]) <= size(steps[:m]) / 10
            else 5
        )
    return np.array(codes)
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of what students receive, which `verify` then looks at."""
    copy = tmp_path / "wheel" / "course"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("grading", "__pycache__"))
    monkeypatch.setattr(given_answers, "PACKAGE", copy)
    return copy


def add(package, code):
    path = package / "data.py"
    path.write_text(path.read_text() + "\nfrom course.activations import sigmoid\n" + code)


def add_to_a_lecture(package, code):
    path = package / "lectures" / "learning_rate.ipynb"
    lecture = json.loads(path.read_text())
    lecture["cells"].append({"cell_type": "code", "source": code.splitlines(keepends=True)})
    path.write_text(json.dumps(lecture))


def given(assignment, functions):
    notebook = InstructorsNotebook.read(ROOT, assignment, assignment, Folders())
    return list(given_answers.given_answers(notebook, functions))


@pytest.mark.slow
def test_planted_functions_are_named(package):
    add(package, "".join(PLANTED.values()))
    add_to_a_lecture(package, IN_A_LECTURE)
    problems = given("ps1", ["dZ_dH", "dO_dZ", "dH_dW1", *(name.removeprefix("ps1.") for name in PLANTED)])
    for exercise, name in {
        "ps1.dC_dyhat": "course.data.<lambda>, line",
        "ps1.dyhat_dO": "course.data.Tools.planted_in_a_class, line",
        "ps1.dC_dW1": "course.data._planted_without_O, line",
        "ps1.dC_dW2": "course.data.planted_outside.<locals>.planted_inside, line",
        "ps1.mse_cost": "course.data.planted_cost, line",
        "ps1.dC_dW2_chain": "course.data.planted_with_a_guard, line",
        "ps1.dZ_dH": "planted_in_a_lecture in the lecture learning_rate, line",
        "ps1.dO_dZ": "planted_by_lambda in the lecture learning_rate, line",
    }.items():
        assert any(
            problem.startswith(f"students receive an answer of {exercise}: {name}") for problem in problems
        )
    assert {problem.split(": ")[0].split()[-1] for problem in problems} == {
        *PLANTED,
        "ps1.dZ_dH",
        "ps1.dO_dZ",
    }


@pytest.mark.slow
def test_a_rule_that_names_its_kinds_otherwise_is_an_answer_too(package):
    add(package, CLASSIFIED)
    assert given("ps3", ["classify_run"]) == [
        f"students receive an answer of ps3.classify_run: course.data.planted_codes, {place}"
        for place in [
            f"line {(package / 'data.py').read_text()[: -len(CLASSIFIED)].count(chr(10)) + 2} of data.py"
        ]
    ]


@pytest.mark.slow
def test_verify_tells_it(package, tmp_path, monkeypatch):
    add(package, PLANTED["ps1.mse_cost"])
    proof = verify(ROOT, "ps1", seeds=1, only=["mse_cost"])
    assert not proof.ok
    [problem] = proof.problems
    assert problem.startswith("students receive an answer of ps1.mse_cost: course.data.planted_cost, line")


@pytest.mark.slow
def test_a_package_that_cannot_be_imported_is_told(package):
    (package / "extra.py").write_text("import no_such_library\n")
    with pytest.raises(given_answers.CourseError, match="No module named 'no_such_library'"):
        given("ps1", ["mse_cost"])


@pytest.mark.slow
@pytest.mark.parametrize("assignment", ["ps0", "ps1", "ps2", "ps3"])
def test_students_receive_no_answer(assignment):
    notebook = InstructorsNotebook.read(ROOT, assignment, assignment, Folders())
    assert list(given_answers.given_answers(notebook, notebook.solutions)) == []
