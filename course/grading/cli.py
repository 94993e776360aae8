"""The console script `course`."""

from __future__ import annotations

import gc
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

if TYPE_CHECKING:
    from rich.console import Console

try:
    import typer
except ModuleNotFoundError:
    sys.exit('The command line needs a few packages more: pip install "mlp-course[grading]"')

from course.grading import encoding, runs
from course.grading.errors import CourseError
from course.text import printable

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Jobs = Annotated[
    int | None, typer.Option(min=1, help="Workers on this machine; one for each processor by default.")
]
Cluster = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="The scheduler of a Dask cluster, to use its workers.")
]
Wait = Annotated[
    float,
    typer.Option(
        min=0, metavar="SECONDS", help="How long to wait for a cluster's first worker, in a queue, say."
    ),
]
Roster = Annotated[
    Path | None,
    typer.Option(
        metavar="CSV", help="Who is who: Moodle's grading worksheet, Canvas's gradebook, or your own list."
    ),
]


Section = Annotated[
    str | None, typer.Option(metavar="SECTION", help="Only who is in this section, as a roster has it.")
]

GRADING = {"grade", "score", "verify"}
"""commands that run students' code, and so need versions of libraries that can do it"""


@app.callback()
def course(context: typer.Context) -> None:
    """Run a course on the gradients of a multilayer perceptron."""
    if context.invoked_subcommand in GRADING or sys.platform == "win32":
        from course.grading.sandbox import causes

        causes.require_linux()
    if context.invoked_subcommand in GRADING:
        from course.grading import requirements

        requirements.require()


def _echo(lines: Iterable[str]) -> None:
    """Print lines, which may name files and students: whatever these are called, each on one line."""
    for line in lines:
        typer.echo(printable(line, len(line)))


@app.command()
def doctor() -> None:
    """Say whether this machine can grade this course, and what to type where it cannot."""
    from course.grading.sandbox import causes

    causes.require_linux()
    from course.grading import requirements

    try:
        from course.grading.doctor import examination  # late: it needs nbgrader and Linux
    except ImportError as error:
        requirements.require()
        install = f'{shlex.quote(sys.executable)} -m pip install "mlp-course[grading]"'
        raise CourseError(f"what grades cannot be imported ({error})", install) from error
    if examination.examine(Path.cwd(), _console()):
        raise typer.Exit(1)


@app.command()
def release(
    assignments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PS]...", help="Problem sets; all of them when none is named."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; show what is out of date.")] = False,
) -> None:
    """Generate what students receive, release/, from source/ (whose notebooks lose outputs and counts)."""
    from course.grading.course_folder import read_folders  # late: it needs nbgrader
    from course.grading.problem_sets import release as releases

    root = Path.cwd()
    folders = read_folders(root)
    names = assignments or releases.assignments(root)
    if not names:
        raise CourseError(
            f"{root} holds no problem set under {folders.source}/; run this in the root of the course"
        )
    if not check:
        from course.grading.nbgrader_steps import releasing  # late: it needs SQLAlchemy

        releases.tidy(root)
        written_releases, lines = releasing.write(root, *names)
        _echo(lines)
        for written in written_releases:
            _echo(
                f"{folders.source}/{written.assignment}/{name} is not released: {reason}"
                for name, reason in written.left_out.items()
            )
            typer.echo(f"{folders.release}/{written.assignment} is current")
        return
    differences = "".join(releases.difference(root, name) for name in names)
    problems = [problem for name in names for problem in releases.problems(root, name)]
    if differences or problems:
        typer.echo(differences, nl=False)
        for problem in problems:
            typer.echo(problem, err=True)
        typer.echo(
            f"{folders.release}/ differs from what {folders.source}/ gives: run `course release`", err=True
        )
        raise typer.Exit(1)


@app.command()
def score(
    assignment: Annotated[str, typer.Argument(metavar="PS", help="The problem set.")],
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Notebooks, or folders with them.")],
    seed: Annotated[int | None, typer.Option(min=0, help="Repeat an earlier grading's inputs.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, and nothing else.")] = False,
) -> None:
    """Score notebooks without touching the gradebook."""
    from course.grading import score as scoring  # late: it needs the sandbox

    results = scoring.score(Path.cwd(), assignment, paths, seed)
    graded = scoring.print_lines(results) if json else scoring.print_table(results)
    if not graded:
        raise typer.Exit(1)


@app.command()
def grade(
    assignment: Annotated[str, typer.Argument(metavar="PS", help="The problem set.")],
    jobs: Jobs = None,
    cluster: Cluster = None,
    wait: Wait = 30,
    student: Annotated[
        str | None, typer.Option(metavar="ID", help="This student's or group's submission only.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Grade again what is graded and unchanged.")] = False,
    all_names: Annotated[
        bool, typer.Option("--all-names", help="Name everybody whose submission was not run, or repaired.")
    ] = False,
) -> None:
    """Grade everything under submitted/ into the gradebook, in parallel; go on where it stopped."""
    with _workers_starting(cluster):
        from course.grading.whole_class import grade_class, progress  # late: they need the sandbox and Dask
        from course.grading.whole_class.cluster import Scheduler
    console = _console()
    with runs.published(Path.cwd(), "grade", assignment) as run:
        summary = grade_class.grade_class(
            Path.cwd(),
            assignment,
            jobs=jobs,
            cluster=Scheduler(cluster, wait) if cluster else None,
            student=student,
            force=force,
            console=console,
            run=run,
        )
        progress.print_summary(summary, console, all_names=all_names)
        if not summary.is_complete:
            raise typer.Exit(130 if summary.is_stopped else 1)


@app.command()
def feedback(
    assignment: Annotated[str, typer.Argument(metavar="PS", help="The problem set.")],
    jobs: Jobs = None,
    cluster: Cluster = None,
    wait: Wait = 30,
    student: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="This student's pages only; may be repeated."),
    ] = None,
) -> None:
    """Write the feedback pages of everybody who is graded, in parallel, where stock nbgrader puts them."""
    with _workers_starting(cluster):
        from course.grading.feedback import making  # late: it needs nbgrader and Dask
        from course.grading.whole_class.cluster import Scheduler
    with runs.published(Path.cwd(), "feedback", assignment) as run:
        summary = making.make_feedback(
            Path.cwd(),
            assignment,
            jobs=jobs,
            cluster=Scheduler(cluster, wait) if cluster else None,
            students=student or (),
            console=_console(),
            run=run,
        )
        _echo(summary.lines())
        if not summary.is_complete:
            raise typer.Exit(130 if summary.is_stopped else 1)


@app.command()
def collect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The archive that the system hands out.")],
    assignment: Annotated[str, typer.Argument(metavar="PS", help="The problem set.")],
    system: Annotated[
        Literal["moodle", "canvas", "zip"],
        typer.Option("--from", help="Whose archive it is; zip: a folder or a file for each student."),
    ],
    roster: Roster = None,
    update: Annotated[
        bool, typer.Option("--update", "--force", help="Replace what is there even by what is not newer.")
    ] = False,
    pick: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STUDENT=FILE", help="Which of a student's notebooks is meant; may be repeated."
        ),
    ] = None,
) -> None:
    """Put the submissions that a learning management system hands out under submitted/."""
    from course.grading.lms import collect as collecting  # late: it needs nbgrader

    picks = {}
    for choice in pick or ():
        student, _, name = choice.partition("=")
        if not (student and name):
            raise CourseError(f"--pick {choice} is not of the form STUDENT=FILE")
        picks[student] = name
    result = collecting.collect(
        Path.cwd(), system, file, assignment, roster=roster, update=update, picks=picks
    )
    _echo(result.lines(Path.cwd()))
    if result.refused:
        raise typer.Exit(1)


@app.command()
def roster(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The list of the class, as for collect.")],
) -> None:
    """Enter the names, e-mail addresses and sections of a class into the gradebook."""
    from course.grading.lms import enrol  # late: it needs nbgrader

    _echo(enrol.enrol(Path.cwd(), file))


@app.command()
def export(
    assignment: Annotated[str, typer.Argument(metavar="PS", help="The problem set.")],
    system: Annotated[
        Literal["moodle", "canvas", "csv"],
        typer.Option("--to", help="Which system shall import it; csv: a spreadsheet."),
    ],
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file; PS-SYSTEM.csv when none is named.")
    ] = None,
    roster: Roster = None,
    section: Section = None,
    provisional: Annotated[
        bool, typer.Option("--provisional", help="Totals although written answers wait to be graded.")
    ] = False,
) -> None:
    """Write the grades, question by question, to a file that a learning management system imports."""
    from course.grading.lms import export as exporting  # late: it needs nbgrader

    gc.disable()  # a large class is many objects, and none is garbage
    with runs.published(Path.cwd(), "export", assignment, claim=False):
        lines = exporting.export(
            Path.cwd(),
            system,
            assignment,
            to=output,
            roster=roster,
            provisional=provisional,
            section=section,
        )
        _echo(lines)


@app.command("lti-grades")
def lti_grades(
    assignment: Annotated[str, typer.Argument(metavar="PS", help="The problem set.")],
    settings: Annotated[
        Path, typer.Option(metavar="FILE", help="How the Hub and the system know each other.")
    ] = Path("/etc/jupyterhub/lti.toml"),
    section: Section = None,
    send: Annotated[bool, typer.Option("--send", help="Send them; without it they are only shown.")] = False,
) -> None:
    """Send the grades by LTI 1.3 to the system from which students come to the Hub."""
    with _lti_imports():
        from course.grading.lti import scores

    sending = scores.lti_grades(Path.cwd(), assignment, settings, send=send, section=section)
    _echo(sending.lines)
    if not sending.is_complete:
        raise typer.Exit(1)


@app.command("lti-key")
def lti_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The private key; made if there is none.")],
) -> None:
    """Print the public half of a key, with which the system knows that grades come from you."""
    with _lti_imports():
        from course.grading.lti import keys
    keys.make_key(file)
    key = keys.read_key(file)
    typer.echo(f"in PEM, as Moodle takes it:\n{keys.public_key(key)}")
    typer.echo(f"as a JSON Web Key, as Canvas takes it:\n{keys.public_jwk(key)}")


@app.command()
def due(
    assignment: Annotated[str, typer.Argument(metavar="PS", help="The problem set.")],
    date: Annotated[
        str, typer.Argument(metavar="DATE", help='With its zone, as "2026-11-20 18:00 Europe/Berlin".')
    ],
) -> None:
    """Set when a problem set is due, also after it was graded: late penalties follow."""
    from course.grading.gradebook import dates  # late: it needs nbgrader

    _echo(dates.set_due(Path.cwd(), assignment, date))


@app.command()
def extend(
    assignment: Annotated[str, typer.Argument(metavar="PS", help="The problem set.")],
    student: Annotated[str, typer.Argument(metavar="STUDENT", help="The student's id.")],
    time: Annotated[
        str, typer.Argument(metavar="TIME", help="How much later, in all: 3d, 36h, 1w2d; 0d takes it back.")
    ],
) -> None:
    """Let one student hand in later, also after the submission was graded."""
    from course.grading.gradebook import dates  # late: it needs nbgrader

    _echo(dates.extend(Path.cwd(), assignment, student, time))


@app.command()
def archive(
    to: Annotated[
        Path | None, typer.Argument(metavar="[FILE.zip]", help="The archive; archive/DATE.zip by default.")
    ] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="Remove from the course what is archived: a new term begins.")
    ] = False,
) -> None:
    """Put a term's gradebook, submissions, graded work, feedback, reports and exports into one file."""
    from course.grading.archive import archiving  # late: it needs nbgrader

    _echo(archiving.archive(Path.cwd(), to, clear=clear))


@app.command()
def pack(
    assignment: Annotated[str, typer.Argument(metavar="PS", help="The problem set.")],
    to: Annotated[
        Path | None,
        typer.Option("--output", "--to", metavar="FILE", help="The archive; PS.zip when none is named."),
    ] = None,
) -> None:
    """Make the archive that a student downloads: notebooks, the package, its versions, a start page."""
    from course.grading.pack import packing  # late: it needs nbgrader

    archive = packing.pack(Path.cwd(), assignment, to)
    size = archive.stat().st_size / 1000
    typer.echo(f"{archive.name}: {size:.0f} kB; students unpack it and open {packing.START}")


@app.command()
def site(
    to: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of the site, for any web server.")],
    pyodide: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="A distribution of Pyodide to put into the site, so that it needs no other server; or an "
            "address, from which browsers get it.",
        ),
    ] = None,
) -> None:
    """Build a static site on which a class works in the browser, with nothing installed."""
    from course.grading.site import building  # late: it needs nbgrader

    built = building.build(Path.cwd(), to, pyodide)
    python = f"; browsers get Python from {built.python}" if built.python else ""
    typer.echo(f"{to}: {', '.join(built.assignments)}, {built.megabytes:.0f} MB{python}")
    typer.echo(f"look at it: python -m http.server -d {shlex.quote(str(to))} --bind 127.0.0.1")


@app.command()
def report(
    assignment: Annotated[str, typer.Argument(metavar="PS", help="The problem set.")],
    to: Annotated[
        Path | None,
        typer.Option(
            "--output", "--to", metavar="FILE.html", help="Where the page goes; report/PS.html by default."
        ),
    ] = None,
    section: Section = None,
) -> None:
    """Show a graded class at a glance, on one page: made from the gradebook and what grading recorded."""
    from course.grading.report import making  # late: it needs nbgrader

    gc.disable()  # a large class is many objects, and none is garbage
    with runs.published(Path.cwd(), "report", assignment, claim=False):
        typer.echo(making.make(Path.cwd(), assignment, to, section))


@app.command()
def diff(
    assignment: Annotated[str, typer.Argument(metavar="PS", help="The problem set.")],
    student: Annotated[str | None, typer.Option(metavar="ID", help="This student only.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, and nothing else.")] = False,
) -> None:
    """Show what grading again changed, student by student, and why."""
    from course.grading.gradebook import changes  # late: it needs nbgrader

    class_changes = changes.find_changes(Path.cwd(), assignment, student)
    if json:
        changes.print_json(class_changes)
    else:
        changes.print_table(class_changes, _console())


@app.command()
def verify(
    assignments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PS]...", help="Problem sets; all of them when none is named."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many times hidden inputs are drawn afresh.")] = 5,
    jobs: Annotated[int, typer.Option(min=1, help="How many functions are tried at a time.")] = 1,
    function: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Try only this function of PS; may be repeated.")
    ] = None,
    mutants: Annotated[
        bool,
        typer.Option("--mutants", help="Instead, change your solutions in many places: do the tests notice?"),
    ] = False,
) -> None:
    """Prove the release: solutions get full marks, stubs none, known mistakes are caught and named."""
    from course.grading.problem_sets import release as releases
    from course.grading.verify import prove, table  # late: they need the reference

    root = Path.cwd()
    names = assignments or releases.assignments(root)
    if not names:
        raise CourseError(f"{root} holds no problem set; run this in the root of the course")
    if mutants:
        _verify_by_mutants(root, names, seeds, jobs, function or ())
        return
    proofs = [
        prove.verify(root, name, seeds, jobs, partial(table.report_progress, name), function or ())
        for name in names
    ]
    table.show(proofs, seeds)
    if not all(proof.ok for proof in proofs):
        raise typer.Exit(1)


def _verify_by_mutants(
    root: Path, names: Sequence[str], seeds: int, jobs: int, functions: Sequence[str]
) -> None:
    from course.grading.verify.mutants import problem_set, table

    sets = {
        name: problem_set.try_mutants(
            root, name, seeds, jobs, partial(table.report_progress, name), functions
        )
        for name in names
    }
    table.show(sets)
    if not all(rates.ok for functions in sets.values() for rates in functions):
        raise typer.Exit(1)


@contextmanager
def _workers_starting(cluster: str | None) -> Iterator[None]:
    """Import, within the block, what the main process needs, while this machine's workers import theirs."""
    from course.grading.whole_class.startup import imports_kept, start_fork_server

    if cluster is None:
        start_fork_server()
    with imports_kept():
        yield


@contextmanager
def _lti_imports() -> Iterator[None]:
    """Say, where an import in the block fails, what is to be installed."""
    try:
        yield
    except ImportError as error:
        raise CourseError(
            f"this needs a few packages more ({error})", 'pip install "mlp-course[lti]"'
        ) from None


def _console() -> Console:
    from rich.console import Console  # late: not every command needs it

    return Console(markup=False, emoji=False, highlight=False)


def main() -> None:
    """Run the command line; a failure is one message and exit code 1."""
    encoding.use_utf8()
    encoding.replace_what_cannot_be_shown()
    try:
        app()
    except CourseError as error:
        sys.exit(f"course: {error}")
    except Exception as error:
        from course.grading.course_folder import refused_setting  # late: it needs nbgrader

        # each setting is looked at by what uses it, anywhere in a command
        if refused := refused_setting(error, Path.cwd()):
            sys.exit(f"course: {refused}")
        raise
