"""What is said of submissions that were not run, or in part only, or repaired."""

from __future__ import annotations

from course.grading.gradebook.remarks import Remark, grouped, lines, remarks

CUT_OFF = "The notebook breaks off before its end (line 7): hand in a copy that JupyterLab opens."


def outcome(*repairs: str, problem: str = "", **messages: str) -> dict[str, object]:
    """Return an outcome; `messages` are those of cells that were not run."""
    cells = {name: {"verdict": "not-run", "message": message} for name, message in messages.items()}
    cells["test_first"] = {"verdict": "wrong", "message": "No."}
    return {"problem": problem, "repairs": repairs, "cells": cells}


def test_nothing_is_said_of_what_was_run() -> None:
    assert remarks({"small": outcome()}) == []


def test_one_of_two_notebooks_that_cannot_be_read_is_a_part() -> None:
    broken = outcome(problem=CUT_OFF, test_a=CUT_OFF, test_b=CUT_OFF)
    assert remarks({"small": outcome(), "words": broken}) == [Remark("run in part", CUT_OFF)]
    assert remarks({"small": broken, "words": broken}) == [Remark("not run", CUT_OFF)]


def test_a_missing_notebook_and_time_that_was_used_up_are_a_part() -> None:
    late = outcome(test_a="No time.", test_b="No time.")
    told = [Remark("run in part", "words.ipynb is missing"), Remark("run in part", "No time.")]
    assert remarks({"small": late}, ["words"]) == told


def test_a_group_has_one_reason_whatever_line_or_cell_it_is() -> None:
    submissions = {
        "ann": [Remark("not run", CUT_OFF)],
        "bob": [Remark("not run", CUT_OFF.replace("7", "9"))],
        "cyd": [Remark("repaired", f"{name}: the cell was missing") for name in ("double", "half")],
    }
    groups = [(group.reason, list(group.names)) for group in grouped(submissions)]
    assert groups == [(CUT_OFF.replace(" (line 7)", ""), ["ann", "bob"]), ("the cell was missing", ["cyd"])]


def test_names_are_shown_on_one_line_and_counted_beyond_the_first() -> None:
    submissions = {f"ann\n{n}": [Remark("not run", CUT_OFF)] for n in range(5)}
    *_, last = lines(submissions, most=2)
    assert last == "    5: ann 0, ann 1 and 3 more"
