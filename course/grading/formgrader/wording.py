"""Says in words what runs in a course, and how it ended."""

from __future__ import annotations

from datetime import UTC, datetime

from course.grading.formgrader.overview import SYSTEMS
from course.grading.runs import State
from course.text import printable

_DOES = {"grade": "grades", "feedback": "makes the feedback of", "report": "makes the report on"}
_DONE = {
    "grade": "Grading",
    "feedback": "The feedback of",
    "report": "The report on",
    "export": "The export of",
}
_STOPPED, _LONGEST_NAME = 130, 80


def activity(state: State) -> str:
    """Return who does what, in one line."""
    name, by = _object(state), printable(state.by, _LONGEST_NAME)
    does = _DOES.get(state.command, "exports the grades of")
    since = f"{datetime.fromtimestamp(state.started, UTC):%H:%M} UTC"
    return f"{by} {does} {name}, in {state.place}, since {since}"


def headline(state: State) -> str:
    """Return what happens, or what happened last."""
    if state.is_going_on:
        return activity(state)
    name, by = _object(state), printable(state.by, _LONGEST_NAME)
    begin = f"{_DONE.get(state.command, 'The work on')} {name}, started by {by},"
    if state.exit_code is None:
        return f"{begin} was cut off: start it again, it goes on from there"
    when = f"{datetime.fromtimestamp(state.ended or 0.0, UTC):%Y-%m-%d %H:%M} UTC"
    if state.exit_code == 0:
        return f"{begin} ended at {when}"
    if state.exit_code == _STOPPED:
        return f"{begin} was stopped at {when}: start it again, it goes on from there"
    return f"{begin} ended at {when}, and not all of it could be done: the log says why"


def progress(state: State, *, is_stopping: bool) -> str:
    """Return how far a run is, in one line."""
    if not state.is_going_on:
        return ""
    if is_stopping:
        return "stopping: what is at work is finished"
    if not state.total:
        return "starting" if state.command in ("grade", "feedback") else "at work"
    parts = [f"{state.done} of {state.total}", *filter(None, [state.counts, _left(state.seconds_left)])]
    return ", ".join(parts)


def _object(state: State) -> str:
    name = printable(state.assignment, _LONGEST_NAME)
    return f"{name} for {SYSTEMS.get(state.system, state.system)}" if state.system else name


def _left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"about {seconds / 60:.0f} min left" if seconds >= 90 else f"about {seconds:.0f} s left"
