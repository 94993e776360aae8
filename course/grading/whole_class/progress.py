"""Shows an instructor how far `course grade` is, and at its end the summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from course.grading.gradebook.groups import Choice
from course.grading.gradebook.remarks import MOST_NAMES, Remark, is_cut, lines
from course.grading.runs import Run
from course.text import printable

SLOWEST = 5
MOST_PROBLEMS = 20
MOST_EXTRA = 5
VERDICTS = ("pass", "wrong", "error", "timeout", "memory", "crashed", "not-run", "manual")


@dataclass
class ClassSummary:
    """The outcome of grading a class."""

    assignment: str
    total: int = 0
    """submissions handed in"""
    skipped: int = 0
    """graded before, and unchanged"""
    graded: int = 0
    failing: int = 0
    """graded, and not everything passed"""
    verdicts: Counter[str] = field(default_factory=Counter)
    seconds: list[tuple[float, str]] = field(default_factory=list)
    """of each submission, with the student"""
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    """student, `infrastructure-error` or `not graded`, and why"""
    remarks: dict[str, list[Remark]] = field(default_factory=dict)
    """on students' submissions that were not run, or in part only, or repaired; the skipped ones included"""
    extra: dict[str, Sequence[str]] = field(default_factory=dict)
    """other notebooks that students handed in, which are not graded; the skipped ones included"""
    unclear_times: list[tuple[str, str]] = field(default_factory=list)
    """students whose time of hand-in is not known, and why: they do not count as late"""
    undecided: list[str] = field(default_factory=list)
    """what to tell of groups whose times do not say which of their hand-ins counts"""
    differing: str = ""
    """what to tell of groups whose members have different points for the same answer"""
    new_penalties: list[str] = field(default_factory=list)
    """students whose late penalty has changed though their submission has not"""
    not_run: int = 0
    """submissions of which nothing could be run; the skipped ones included"""
    peak: dict[str, int] = field(default_factory=dict)
    """most bytes of each worker process"""
    elapsed: float = 0.0
    is_stopped: bool = False

    @property
    def left(self) -> int:
        """Submissions not looked at."""
        return self.total - self.skipped - self.graded - len(self.problems)

    def remark(self, student: str, notes: list[Remark]) -> None:
        """Keep the remarks on a submission, if there are any."""
        if notes:
            self.remarks[student] = notes
            self.not_run += any(note.kind == "not run" for note in notes)

    def note_choice(self, choice: Choice, folders: Mapping[str, Path]) -> None:
        """Keep what is not clear about the times of a group's hand-ins; the one taken is read later."""
        for student, hand_in in choice.hand_ins.items():
            if hand_in.problem and student != choice.taken:
                self.unclear_times.append((student, hand_in.problem))
        if line := choice.undecided(folders):
            self.undecided.append(line)

    @property
    def is_complete(self) -> bool:
        """Whether every submission is graded."""
        return not self.problems and not self.left


class ProgressBar:
    """A progress bar while a class is graded, where the output is a terminal; `run` shows it to others."""

    def __init__(self, summary: ClassSummary, console: Console, run: Run | None = None) -> None:
        self._summary, self._run = summary, run
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[counts]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task(summary.assignment, total=None, counts="starting workers")

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the bar within the block."""
        with self._progress:
            yield

    def update(self) -> None:
        """Show what the summary says now."""
        summary = self._summary
        done = summary.graded + len(summary.problems)
        speed = self._progress.tasks[0].speed
        counts = f"{summary.failing} failing"
        if summary.not_run:
            counts += f", {summary.not_run} not run"
        if summary.problems:
            counts += f", {len(summary.problems)} not graded"
        if speed:
            counts += f", {60 * speed:.0f} a minute"
        total = summary.total - summary.skipped
        self._progress.update(self._task, total=total, completed=done, counts=counts)
        if self._run is not None:
            self._run.update(done, total, counts, self._progress.tasks[0].time_remaining)


def print_summary(summary: ClassSummary, console: Console, *, all_names: bool = False) -> None:
    """Print the closing summary, with all names of those it has remarks on, or the first of each remark."""
    parts = [f"{summary.graded} of {summary.total} submissions graded in {summary.elapsed:.1f} s"]
    if summary.not_run:
        parts.append(f"{summary.not_run} not run")
    if summary.graded and summary.elapsed:
        parts.append(f"{60 * summary.graded / summary.elapsed:.0f} a minute")
    if summary.skipped:
        parts.append(f"{summary.skipped} unchanged since they were graded")
    if summary.left:
        parts.append(f"{summary.left} left: the same command goes on from here")
    console.print(f"{summary.assignment}: {'; '.join(parts)}", soft_wrap=True)
    if summary.verdicts:
        counted = [f"{name} {summary.verdicts[name]}" for name in VERDICTS if summary.verdicts[name]]
        console.print(f"cells: {', '.join(counted)}", soft_wrap=True)
    slowest = sorted(summary.seconds, reverse=True)[:SLOWEST]
    if slowest:
        times = ", ".join(f"{printable(student, 40)} {seconds:.1f} s" for seconds, student in slowest)
        console.print(f"slowest: {times}", soft_wrap=True)
    if summary.new_penalties:
        names = ", ".join(printable(student, 60) for student in summary.new_penalties)
        console.print(f"late penalties have changed: {names}", soft_wrap=True)
    for student, why in summary.unclear_times:
        console.print(f"{printable(student, 60)}: {printable(why, 500)}", soft_wrap=True)
    for line in summary.undecided:
        console.print(printable(line, 1000), soft_wrap=True)
    if summary.differing:
        console.print(printable(summary.differing, 2000), soft_wrap=True)
    for line in lines(summary.remarks, None if all_names else MOST_NAMES):
        console.print(line, soft_wrap=True)
    for line in _extra(summary.extra, all_names):
        console.print(line, soft_wrap=True)
    problems = sorted(summary.problems)
    shown = problems if all_names else problems[:MOST_PROBLEMS]
    if problems:
        console.print(f"not graded: {len(problems)}")
        console.print(_problems(shown))
    if len(shown) < len(problems):
        console.print(f"  and {len(problems) - len(shown)} more")
    is_short = is_cut(summary.remarks) or len(summary.extra) > MOST_NAMES
    if len(shown) < len(problems) or (not all_names and is_short):
        again = f"`course grade {summary.assignment} --all-names`"
        console.print(f"{again} names everybody, and grades nobody again", soft_wrap=True)


def _extra(extra: Mapping[str, Sequence[str]], all_names: bool) -> Iterator[str]:
    """Yield lines that name the students with other notebooks, and these."""
    if extra:
        yield f"other notebooks, which were not graded: {len(extra)}"
    students = sorted(extra)
    for student in students if all_names else students[:MOST_NAMES]:
        names = ", ".join(printable(name, 60) for name in extra[student][:MOST_EXTRA])
        rest = len(extra[student]) - MOST_EXTRA
        yield f"  {printable(student, 60)}: {names}{f' and {rest} more' if rest > 0 else ''}"
    if not all_names and len(students) > MOST_NAMES:
        yield f"  and {len(students) - MOST_NAMES} more"


def _problems(problems: Sequence[tuple[str, str, str]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for student, kind, why in problems:
        table.add_row(printable(student, 60), kind, printable(why, 500))
    return table
