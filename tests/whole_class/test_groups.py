"""Groups hand in once; the work is graded once and entered for each."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI

from course.grading.course_folder import CourseFolder
from course.grading.gradebook.reading import read_marks
from tests.helpers import RIGHT, course, hand_in, nbgrader, small_course
from tests.whole_class.classes import COURSE_ID, WRONG, ask_why, gradings, url

pytestmark = pytest.mark.slow

GROUPS = "group,student\nred,ann\nred,bob\nred,carl\nblue,dora\nblue,emil\n"
CLASS = "student_id\n" + "\n".join(("ann", "bob", "carl", "dora", "emil", "fay")) + "\n"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = small_course(tmp_path_factory.mktemp("groups") / "course")
    CourseFolder(root).generate("small")
    (root / "class.csv").write_text(CLASS)
    assert course("roster", "class.csv", cwd=root).returncode == 0
    return root


@pytest.fixture
def root(prepared: Path, tmp_path: Path) -> Path:
    return shutil.copytree(prepared, tmp_path / "course")


def points(root: Path) -> dict[str, float]:
    marks = read_marks(CourseFolder(root).course, "small")
    return {student: sum(mark.points for mark in cells.values()) for student, cells in marks.items()}


def grade(root: Path) -> str:
    result = course("grade", "small", "--jobs", "1", cwd=root)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_one_hand_in_for_each_group(root: Path) -> None:
    (root / "groups.csv").write_text(GROUPS)
    hand_in(root, "bob", **(RIGHT | {"half": WRONG}))
    hand_in(root, "fay", **RIGHT)
    # of two the later one counts
    for student, answers, hour in (("dora", RIGHT | {"half": WRONG}, 10), ("emil", RIGHT, 12)):
        folder = hand_in(root, student, **answers).parent
        (folder / "timestamp.txt").write_text(f"2026-11-20 {hour}:00:00 +0100")
    assert grade(root).startswith("small: 6 of 6 submissions graded")
    assert points(root) == {"ann": 1, "bob": 1, "carl": 1, "dora": 3, "emil": 3, "fay": 3}
    seeds: dict[str, int] = {student: seed for student, _, seed in gradings(url(root))}
    assert seeds["ann"] == seeds["bob"] == seeds["carl"], "graded once"
    assert (root / "autograded" / "carl" / "small" / "small.ipynb").is_file()
    assert "6 unchanged since they were graded" in grade(root)
    # another of the group hands in later
    folder = hand_in(root, "ann", **RIGHT).parent
    (folder / "timestamp.txt").write_text("2026-11-21 12:00:00 +0100")
    assert "3 of 6 submissions graded" in grade(root)
    everybody = {"ann", "bob", "carl", "dora", "emil", "fay"}
    assert points(root) == dict.fromkeys(everybody, 3)
    # Formgrader's pages count them all, and call nobody's work missing or not graded
    api = NbGraderAPI(CourseFolder(root).course)
    assert api.get_submitted_students("small") == api.get_autograded_students("small") == everybody
    assert api.get_submission("small", "carl")["score"] == 3


def hand_in_at(root: Path, student: str, time: str, **answers: str) -> None:
    folder = hand_in(root, student, **answers).parent
    if time:
        (folder / "timestamp.txt").write_text(time)


@pytest.mark.parametrize(
    ("zone", "times", "expected", "told"),
    [
        # six in the evening in Chicago is midnight in UTC
        ("America/Chicago", ("2026-11-20 18:00:00 CST", "2026-11-20 20:00:00 UTC"), 3, ()),
        (
            "",
            ("2026-11-20 18:00:00 CST", "2026-11-20 10:00:00 UTC"),
            1,
            (
                "ann: submitted/ann/small/timestamp.txt: CST may mean ",
                "red: ann, bob handed in different work",
            ),
        ),
        ("", ("", ""), 1, ("red: ann, bob handed in different work, and no times tell",)),
        ("", ("", "2026-11-20 10:00:00 UTC"), 1, ("tell which is the last: bob's is graded for the group",)),
        ("", ("2026-11-20 11:00:00 UTC", ""), 3, ("tell which is the last: ann's is graded for the group",)),
        ("", ("2026-11-20 11:00:00 UTC", "2026-11-20 10:00:00 UTC"), 3, ()),
    ],
)
def test_the_last_of_several_hand_ins_counts_and_what_is_not_clear_is_told(
    root: Path, zone: str, times: tuple[str, str], expected: float, told: tuple[str, ...]
) -> None:
    (root / "groups.csv").write_text("group,student\nred,ann\nred,bob\n")
    with (root / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.Exchange.timezone = {zone!r}\n")
    hand_in_at(root, "ann", times[0], **RIGHT)
    hand_in_at(root, "bob", times[1], **(RIGHT | {"half": WRONG}))
    for _ in range(2):  # also where nothing is graded
        output = grade(root)
        assert points(root) == {"ann": expected, "bob": expected}
        assert [output.count(words) for words in told] == [1] * len(told)
        assert told or ("handed in" not in output and "timestamp" not in output)
    # the same work twice is no question
    hand_in_at(root, "bob", times[1], **RIGHT)
    assert "different work" not in grade(root)
    assert points(root) == {"ann": 3, "bob": 3}


def test_who_asks_for_one_of_a_group_gets_all_of_it(root: Path) -> None:
    (root / "groups.csv").write_text(GROUPS)
    hand_in(root, "bob", **RIGHT)
    hand_in(root, "fay", **RIGHT)
    result = course("grade", "small", "--student", "ann", cwd=root)
    assert result.stdout.startswith("small: 3 of 3 submissions graded"), result
    assert points(root) == {"ann": 3, "bob": 3, "carl": 3}


def test_who_is_entered_later_for_a_group_has_its_hidden_inputs(root: Path) -> None:
    (root / "groups.csv").write_text("group,student\nred,bob\nred,carl\n")
    hand_in(root, "bob", **RIGHT)
    grade(root)
    (root / "groups.csv").write_text(GROUPS)
    grade(root)
    seeds = {student: seed for student, _, seed in gradings(url(root))}
    assert seeds["ann"] == seeds["bob"] == seeds["carl"]


def mark(
    root: Path, student: str, score: float | None, extra: float | None = None, *, comment: str | None = None
) -> None:
    """Give points and a comment by hand, as the formgrader does."""
    with Gradebook(url(root), COURSE_ID) as gradebook:
        row = gradebook.find_grade("why", "small", "small", student)
        row.manual_score, row.extra_credit = score, extra
        row.needs_manual_grade = score is None and row.auto_score is None
        if comment is not None:
            gradebook.find_comment("why", "small", "small", student).manual_comment = comment
        gradebook.db.commit()


def of_why(root: Path) -> dict[str, tuple[float | None, float, str]]:
    """Return by student what was given by hand: points, extra credit, comment."""
    with Gradebook(url(root), COURSE_ID) as gradebook:
        found = {}
        for submission in gradebook.assignment_submissions("small"):
            row = gradebook.find_grade("why", "small", "small", submission.student.id)
            comment = gradebook.find_comment("why", "small", "small", submission.student.id)
            found[submission.student.id] = (
                row.manual_score,
                row.extra_credit or 0,
                comment.manual_comment or "",
            )
        return found


def export(root: Path) -> str:
    result = course("export", "small", "--to", "csv", cwd=root)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_what_is_read_for_one_is_read_for_all(root: Path) -> None:
    ask_why(root)
    (root / "groups.csv").write_text(GROUPS)
    hand_in(root, "bob", **(RIGHT | {"why": "Because."}))
    hand_in(root, "fay", **(RIGHT | {"why": "Because."}))
    grade(root)
    mark(root, "carl", 3.5, 0.5, comment="Yes.")
    result = course("export", "small", "--to", "csv", cwd=root)
    assert result.stdout.startswith(
        "small-csv.csv: 3 graded, 1 wait for grading, 2 have not handed in\nfay: "
    )
    assert points(root) == {"ann": 7, "bob": 7, "carl": 7, "fay": 3}
    with Gradebook(url(root), COURSE_ID) as gradebook:
        assert gradebook.find_comment("why", "small", "small", "ann").manual_comment == "Yes."


def test_what_is_corrected_for_one_is_corrected_for_all_but_what_somebody_entered_stays(root: Path) -> None:
    ask_why(root)
    (root / "groups.csv").write_text(GROUPS)
    hand_in(root, "bob", **(RIGHT | {"why": "Because."}))
    grade(root)
    mark(root, "ann", 3, comment="Yes.")
    export(root)
    assert set(of_why(root).values()) == {(3, 0, "Yes.")}
    # corrected where it was read, then for one it was copied for: bob's stays copied
    mark(root, "ann", 4, 1, comment="Yes!")
    assert "different points" not in export(root)
    assert set(of_why(root).values()) == {(4, 1, "Yes!")}
    mark(root, "carl", 2)
    for output in (export(root), grade(root)):
        assert "for the same answer of a group, and left so: red, why: ann 5, bob 5, carl 2; " in output
    assert of_why(root) == {"ann": (4, 1, "Yes!"), "bob": (4, 1, "Yes!"), "carl": (2, 0, "Yes!")}
    mark(root, "ann", 2)
    for output in (export(root), grade(root)):
        assert "different points" not in output
    assert {given[:2] for given in of_why(root).values()} == {(2, 0)}
    # a comment for one alone stays too
    mark(root, "bob", 2, comment="See me.")
    mark(root, "ann", 3)
    mark(root, "carl", 3)
    export(root)
    assert of_why(root) == {"ann": (3, 0, "Yes!"), "bob": (3, 0, "See me."), "carl": (3, 0, "Yes!")}


def test_extra_credit_for_one_who_waits_stays(root: Path) -> None:
    ask_why(root)
    (root / "groups.csv").write_text(GROUPS)
    hand_in(root, "bob", **(RIGHT | {"why": "Because."}))
    grade(root)
    mark(root, "bob", None, 1)
    mark(root, "ann", 3)
    for _ in range(2):
        assert "and left so: red, why: ann 3, bob 4, carl 3; " in export(root)
    assert of_why(root)["bob"] == (3, 1, "")


def test_an_answer_left_empty_gets_what_is_given_for_another_of_the_group(root: Path) -> None:
    ask_why(root)
    (root / "groups.csv").write_text(GROUPS)
    hand_in(root, "bob", **RIGHT)
    grade(root)
    mark(root, "ann", 1)
    assert "different points" not in export(root)
    assert {given[0] for given in of_why(root).values()} == {1}


def test_an_export_knows_that_a_group_has_handed_in(root: Path) -> None:
    (root / "groups.csv").write_text(GROUPS)
    hand_in(root, "fay", **RIGHT)
    grade(root)
    hand_in(root, "bob", **RIGHT)
    lines = course("export", "small", "--to", "csv", cwd=root).stdout.splitlines()
    assert lines[-1].startswith("handed in, but not graded: ann, bob, carl; `course grade small`")


def test_a_group_of_another_assignment_is_none_here(root: Path) -> None:
    # as Excel writes it in Europe
    lines = "\ufeffgroup;student;assignment\r\nred;ann;large\r\nred;bob;large\r\nblue;carl;\r\n"
    (root / "groups.csv").write_bytes(lines.encode())
    hand_in(root, "ann", **RIGHT)
    assert grade(root).startswith("small: 1 of 1 submissions graded")
    assert points(root) == {"ann": 3}


def test_stock_nbgrader_leaves_groups_to_course_grade(root: Path) -> None:
    (root / "groups.csv").write_text(GROUPS)
    hand_in(root, "bob", **RIGHT)
    refusal = "ann, bob, carl hand in together, as red: `course grade small` grades that, and enters it"
    result = nbgrader("autograde", "small", "--student", "bob", cwd=root)
    assert (result.returncode, result.stderr.count(refusal)) == (1, 1), result.stderr
    assert not (root / "autograded").exists()
    hand_in(root, "fay", **RIGHT)
    result = nbgrader("autograde", "small", cwd=root)
    assert (result.returncode, result.stderr.count(refusal)) == (0, 1), result.stderr
    assert points(root) == {"fay": 3}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{GROUPS}green,zoe\n", "nobody has the id zoe, in the group green"),
        (f"{GROUPS}green,ann\n", "line 7: ann is in red already"),
        ("who\nann\n", "needs the headings group and student"),
    ],
)
def test_refused(root: Path, text: str, words: str) -> None:
    (root / "groups.csv").write_text(text)
    hand_in(root, "ann", **RIGHT)
    before = (root / "gradebook.db").read_bytes()
    result = course("grade", "small", "--jobs", "1", cwd=root)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert words in result.stderr
    assert (root / "gradebook.db").read_bytes() == before
