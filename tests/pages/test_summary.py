"""The table at the top of a feedback page says of each question what it is called and how it went."""

import pytest

from course.grading.judging.results import CellResult
from course.grading.judging.runner import verdict_output
from course.grading.pages.summary import LONGEST, rows
from tests.helpers import cell, graded, solution


def heading(text):
    return cell(text, "statement", kind="markdown", locked=True)


def judged(name, verdict, message, score, most=4):
    test = graded(name, "", points=most)
    test.metadata.nbgrader.score = score
    test.outputs = [verdict_output(CellResult(verdict, score, most, message))]
    return test


def written(score, *, waiting, comment=""):
    answer = cell("Because.", "why", kind="markdown", solution=True, grade=True, points=3)
    answer.metadata.nbgrader |= {"score": score, "waiting": waiting, "comment": comment}
    return answer


@pytest.mark.parametrize(
    ("verdict", "message", "score", "told"),
    [
        ("pass", "", 4.0, ("right", "")),
        (
            "wrong",
            "ps1.f: 4 of 4 entries are wrong. Suspicion: 1/N is missing.",
            0.0,
            ("not right yet", "1/N is missing."),
        ),
        ("wrong", "ps1.f: 4 of 4 entries are wrong.", 0.0, ("not right yet", "4 of 4 entries are wrong.")),
        ("error", "ValueError: no", 0.0, ("stopped with an error", "ValueError: no")),
        ("timeout", "over 30 s", 0.0, ("took too long", "over 30 s")),
        ("not-run", "", 0.0, ("was not run", "")),
        ("wrong", "half of it", 2.0, ("right in part", "half of it")),
    ],
)
def test_a_verdict_and_what_is_suspected(verdict, message, score, told):
    [row] = rows([heading("# A"), judged("test_f", verdict, message, score)])
    assert (row.verdict, row.message) == told
    assert (row.points, row.most, row.name, row.title) == (score, 4.0, "test_f", "A")


def test_questions_are_called_by_their_titles():
    cells = [
        heading("## Part 2 · The gradient\n\n### First factor, equation (3): derive\n\nText"),
        judged("test_f", "pass", "", 4.0),
        cell("# A student's own heading in an answer", "own", kind="markdown", solution=True),
        cell("# A student's own cell", kind="markdown"),
        heading("**Question 3.** Why?"),
        written(0.0, waiting=True),
        heading("## Part 4 · Descent"),
        judged("test_g", "pass", "", 4.0),
    ]
    assert [row.title for row in rows(cells)] == ["First factor, equation (3)", "Question 3", "Descent"]
    assert rows([judged("test_f", "pass", "", 4.0)])[0].title == "test_f"


def test_a_written_answer_waits_until_it_is_read():
    [row] = rows([written(0.0, waiting=True)])
    assert (row.verdict, row.is_waiting) == ("waits to be read", True)
    [row] = rows([written(1.5, waiting=False, comment="Say why.")])
    assert (row.verdict, row.is_waiting, row.points, row.has_comment) == ("read", False, 1.5, True)


def test_a_comment_on_an_answer_belongs_to_the_test_below_it():
    answer = solution("f", "x")
    answer.metadata.nbgrader.comment = "Shorter, please."
    cells = [answer, judged("test_f", "pass", "", 4.0), solution("g", "x"), judged("test_g", "pass", "", 4.0)]
    assert [row.has_comment for row in rows(cells)] == [True, False]


def test_a_long_message_is_cut():
    [row] = rows([judged("test_f", "wrong", "word " * 200, 0.0)])
    assert row.message.endswith("word …")
    assert len(row.message) <= LONGEST + 2
