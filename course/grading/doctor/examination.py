"""Examines a machine and a course, and prints what is wrong, each with the command that changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from rich.console import Console

from course.grading import requirements
from course.grading.course_folder import CourseFolder
from course.grading.doctor import course_state, machine, students_place
from course.grading.doctor.allowances import allowances
from course.grading.errors import CourseError
from course.grading.problem_sets.assignment import Assignment
from course.grading.sandbox.limits import Limits
from course.text import printable

_LONGEST = 4000


class Examination:
    """Prints a line for each part as it is examined, and counts the faults."""

    def __init__(self, console: Console) -> None:
        self.faults = 0
        self._console = console

    def part(self, name: str, check: Callable[..., str | Iterable[str]], *arguments: object) -> bool:
        """Examine a part: `check` returns what is well, or raises why it is not; return whether it is."""
        try:
            notes = check(*arguments)
            for note in [notes] if isinstance(notes, str) else notes:
                self._print("ok", name, note)
        except CourseError as error:
            self.fault(name, error)
        except OSError as error:
            self.fault(name, CourseError(f"{type(error).__name__}: {error}"))
        else:
            return True
        return False

    def fault(self, name: str, error: CourseError) -> None:
        """Print what is wrong with a part, and count it."""
        self.faults += 1
        self._print("FAULT", name, error.cause)
        if error.command:
            self._print("", "", f"type: {error.command}")

    def _print(self, state: str, name: str, text: str) -> None:
        first, *others = (printable(line, _LONGEST) for line in text.splitlines() or [""])
        # a command that is broken into lines cannot be copied
        self._console.print(f"{state:5}  {name:9}  {first}", soft_wrap=True)
        for line in others:
            self._console.print(f"{'':16}  {line}", soft_wrap=True)


def examine(root: Path, console: Console) -> int:
    """Examine this machine and the course in `root`, and print what was found; return how many faults."""
    examination = Examination(console)
    part = examination.part
    part("versions", machine.check_versions)
    part("disk", machine.check_disks, root)
    part("workers", requirements.require_semaphores)
    part("TMPDIR", machine.check_temporary_folder)
    part("locale", machine.check_locale)
    has_sandbox = part("sandbox", students_place.check_sandbox)
    limits = Limits()
    try:
        folder = CourseFolder(root)
    except CourseError as error:
        examination.fault("course", error)
    else:
        part("gradebook", course_state.check_gradebook, folder)
        part("exchange", course_state.check_exchange, folder)
        try:
            settings = course_state.read_settings(folder)
        except CourseError as error:
            examination.fault("settings", error)
        else:
            limits = settings.limits()
            for name in course_state.released(folder) if has_sandbox else ():
                _examine_assignment(examination, folder, name, limits, settings.control)
    for state, text in allowances(limits):
        console.print(f"{state:8} {text}", soft_wrap=True)
    console.print(_summary(examination.faults), soft_wrap=True)
    return examination.faults


def _examine_assignment(
    examination: Examination, folder: CourseFolder, name: str, limits: Limits, has_control: bool
) -> None:
    """Import what each notebook of a released assignment imports, and grade its solution."""
    notebooks: list[Assignment] = []
    examination.part(name, _load, folder, name, notebooks)
    for notebook in notebooks:
        is_importable = examination.part("imports", students_place.check_imports, notebook, limits)
        if is_importable and has_control:
            examination.part("control", students_place.check_control, notebook, limits)


def _load(folder: CourseFolder, name: str, notebooks: list[Assignment]) -> Iterator[str]:
    """Put the notebooks of an assignment into a list; yield what is to be known of them."""
    for notebook in course_state.load_notebooks(folder, name):
        notebooks.append(notebook)
        if notebook.notice:
            yield notebook.notice


def _summary(faults: int) -> str:
    if not faults:
        return "Nothing is wrong: this machine can grade this course."
    return f"{faults} fault{'s' if faults > 1 else ''}. Correct the first, then run `course doctor` again."
