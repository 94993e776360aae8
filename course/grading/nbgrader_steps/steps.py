"""nbgrader's own steps, replaced: `nbgrader_config.py` lists them, and every stock command goes this way."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from nbconvert.exporters import NotebookExporter
from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import (
    AssignLatePenalties,
    ClearHiddenTests,
    Execute,
    NbGraderPreprocessor,
    SaveAutoGrades,
)
from traitlets import Bool, Float, Integer

from course.grading.errors import NothingToGrade
from course.grading.gradebook import entries, history
from course.grading.gradebook.history import Grading
from course.grading.judging import versions
from course.grading.judging.grade import not_run, show
from course.grading.judging.results import records
from course.grading.judging.runner import run
from course.grading.problem_sets import notebooks
from course.grading.problem_sets.assignment import Assignment, assignment, bound_in
from course.grading.sandbox.limits import Limits
from course.grading.submissions.notebook import Unreadable, cells, kernel_name, link_above, read
from course.grading.submissions.other_files import TIMESTAMP, digests, guard
from course.grading.submissions.rebuild import rebuild

Resources = dict[str, Any]
STYLE = """
.output_area pre { white-space: pre-wrap; word-break: normal; overflow-wrap: anywhere; }
.output_area img { max-width: 100%; }
.rendered_html table { margin: 1em 0; }
.rendered_html th, .rendered_html td { padding: 0.2em 0.8em; vertical-align: top; }
"""
PICTURES = ("image/png", "image/jpeg")
SETTINGS = "course"
"""key of what one step tells a later one, in the notebook's metadata"""


class SubmissionExporter(NotebookExporter):
    """Leaves reading a submission to `Rebuild`, which trusts it with nothing; reads what that has made."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        guard(self.parent)

    def from_filename(
        self, filename: str, resources: Resources | None = None, **options: Any
    ) -> tuple[NotebookNode, Resources]:
        """Convert the notebook at `filename`."""
        converter: Any = self.parent
        if not converter._sanitizing:
            return super().from_filename(filename, resources=resources, **options)
        path = Path(filename)
        resources = self._init_resources(resources)
        resources["metadata"].update(name=path.stem, path=str(path.parent), modified_date="")
        return self.from_notebook_node(nbformat.v4.new_notebook(), resources=resources, **options)


class Rebuild(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Puts the answers of a submission on the instructor's skeleton, before any stock step looks at it."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Return the rebuilt notebook, or the submission where the course has no such release.

        Stock steps remain for that.
        """
        info, folder = resources["nbgrader"], Path(resources["metadata"]["path"])
        path = link_above(folder) or folder / f"{info['notebook']}.ipynb"
        skeleton = skeleton_of(info["assignment"], info["notebook"], info["db_url"])
        if skeleton is None:
            nb = nbformat.reads(read(path).decode(), as_version=4)
            nb.metadata.pop(SETTINGS, None)
            return nb, resources
        unreadable, kernel, submitted = "", None, []
        try:
            content = read(path)
            submitted, kernel = cells(content), kernel_name(content)
        except Unreadable as error:
            unreadable = str(error)
        if any(cell.grade_id for cell in submitted) and _is_plain(skeleton):
            released = f"release/{info['assignment']}/{info['notebook']}.ipynb"
            raise NothingToGrade(
                f"{released} has nothing to grade, but the submission has: generate the assignment again"
            )
        rebuilt, repairs = rebuild(skeleton, submitted)
        who = f"{info['student']}, {info['notebook']}"
        if unreadable:
            self.log.error("%s: nothing was run, all its points are 0: %s", who, unreadable)
            repairs = []
        for repair in repairs:
            self.log.warning("%s: %s", who, repair)
        if kernel is not None and not skeleton.has_kernel:
            rebuilt.metadata["kernelspec"] = {"name": kernel, "display_name": kernel}
        rebuilt.metadata[SETTINGS] = {
            "answers": sorted(skeleton.answers),
            "hidden": list(skeleton.hidden),
            "unreadable": unreadable,
            "version": skeleton.version,
            "grader": versions.grader_version(versions.own_packages(skeleton.skeleton)),
            "repairs": repairs,
        }
        return rebuilt, resources


def _is_plain(skeleton: Assignment) -> bool:
    return not any(notebooks.grade_id(cell) for cell in skeleton.skeleton.cells)


def skeleton_of(name: str, notebook: str, db_url: str) -> Assignment | None:
    """Return the assignment as the gradebook knows it, in the order of the release; None without one."""
    released_path = Path("release") / name / f"{notebook}.ipynb"
    if not released_path.is_file():
        return None
    released = notebooks.read(released_path)
    original = nbformat.from_dict(released)
    with Gradebook(db_url) as gradebook:
        for cell in original.cells:
            grade_id = notebooks.grade_id(cell)
            if grade_id is None:
                continue
            try:
                cell.source = gradebook.find_source_cell(grade_id, notebook, name).source
            except MissingEntry:
                return None
    source_path = Path("source") / name / f"{notebook}.ipynb"
    source = notebooks.read(source_path) if source_path.is_file() else original
    found = assignment(notebook, original, released, _files(source_path.parent), _hidden(source))
    return replace(
        found, answers=found.answers | bound_in(source), has_kernel="kernelspec" in released.metadata
    )


def _hidden(source: NotebookNode) -> tuple[str, ...]:
    return tuple(source.metadata.get("course", {}).get("hidden", ()))


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and path.suffix != ".ipynb"
    }


class SandboxedExecute(Execute):  # type: ignore[misc]  # nbgrader has no types
    """Runs the student's cells in the sandbox and judges the tests outside of it."""

    notebook_timeout = Float(120.0, help="Seconds of the student's own time for a notebook.").tag(config=True)
    memory = Integer(1 << 30, help="Bytes of memory for a notebook's processes together.").tag(config=True)
    tasks = Integer(64, help="Processes and threads of a notebook together.").tag(config=True)
    file_bytes = Integer(64 << 20, help="Bytes of files a notebook may write.").tag(config=True)
    output_bytes = Integer(1 << 20, help="Bytes of output kept of a cell.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: Resources, km: Any = None
    ) -> tuple[NotebookNode, Resources]:
        """Run `nb` in place and leave the verdicts in `resources`. Raises what keeps it from being graded."""
        self._require_python(nb)
        info = resources["nbgrader"]
        told = nb.metadata.get(SETTINGS, {})
        files = _files(Path("source") / info["assignment"])
        subject = Assignment(
            info["notebook"],
            nb,
            frozenset(told.get("answers", ())) or bound_in(nb),
            files,
            hidden=tuple(told.get("hidden", ())),
        )
        begin = time.monotonic()
        submission, others = digests(Path("submitted") / info["student"] / info["assignment"])
        with Gradebook(info["db_url"]) as gradebook:
            history.create_in(gradebook)
            last = history.seeds(gradebook.db, info["assignment"], info["student"])
        seed = history.seed(last.get(info["student"]), submission)
        if told.get("unreadable"):
            results = not_run(subject, told["unreadable"])
            show(nb, results)
        else:
            results, runner = run(subject, nb, seed, self.limits(), dict(_nbgrader_variables()))
            write_files(runner.files, Path(resources["metadata"]["path"]))
        nb.metadata[SETTINGS] = settings_of(seed, told.get("unreadable", ""))
        resources["course_results"] = results
        resources["course_grading"] = Grading(
            info["assignment"],
            info["student"],
            info["notebook"],
            submission,
            others,
            told.get("version", ""),
            told.get("grader", ""),
            seed,
            "graded",
            time.monotonic() - begin,
            records(results),
            tuple(told.get("repairs", ())),
        )
        return nb, resources

    def limits(self) -> Limits:
        """Return the limits that the configuration sets."""
        # without a time-out the notebook's limit is what is left
        cell = float(self.timeout) if self.timeout else self.notebook_timeout
        return Limits(
            cell=cell,
            notebook=max(self.notebook_timeout, cell),
            memory=self.memory,
            tasks=self.tasks,
            files=self.file_bytes,
            output=self.output_bytes,
        )

    def _require_python(self, nb: NotebookNode) -> None:
        name = self.kernel_name or nb.metadata.get("kernelspec", {}).get("name", "python3")
        if name in ("python", "python3"):
            return
        language = KernelSpecManager().get_kernel_spec(name).language  # raises NoSuchKernel
        if language != "python":
            raise ValueError(f"the assignment's kernel {name!r} is for {language}; only Python can be graded")


def settings_of(seed: int, unreadable: str) -> dict[str, Any]:
    """Return what the metadata of a graded notebook says of the grading."""
    return {"unreadable": unreadable} if unreadable else {"seed": seed}


def _nbgrader_variables() -> Iterator[tuple[str, str]]:
    for name in ("NBGRADER_EXECUTION", "NBGRADER_VALIDATING"):
        if name in os.environ:
            yield name, os.environ[name]


def write_files(files: dict[str, bytes], folder: Path) -> None:
    """Write the files a student's code wrote under the student's own folder, never over a notebook or a time.

    What was handed in may be in the way of one, a file where it needs a folder, say: that one is left out.
    """
    for name, content in files.items():
        target = folder / name
        if target.suffix == ".ipynb" or target.name == TIMESTAMP or ".." in target.parts:
            continue
        with suppress(OSError):
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_symlink() or target.exists():
                target.unlink()
            target.write_bytes(content)


class SaveVerdicts(SaveAutoGrades):  # type: ignore[misc]  # nbgrader has no types
    """Saves the verdicts' points, and the record of the grading; written answers are nbgrader's."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Save what `nb` gave, all or nothing."""
        info = resources["nbgrader"]
        found = entries.entries(nb, resources.get("course_results", {}))
        with Gradebook(info["db_url"]) as gradebook:
            if "course_grading" in resources:
                history.append(gradebook.db, resources["course_grading"])
            notebook = gradebook.find_submission_notebook(
                info["notebook"], info["assignment"], info["student"]
            )
            entries.save(notebook, found)
            gradebook.db.commit()
        return nb, resources


class LatePenalties(AssignLatePenalties):  # type: ignore[misc]  # nbgrader has no types
    """Sets late penalties by nbgrader's plugin."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Set the penalty of `nb`."""
        info = resources["nbgrader"]
        self.init_plugin()
        with Gradebook(info["db_url"]) as gradebook:
            notebook = gradebook.find_submission_notebook(
                info["notebook"], info["assignment"], info["student"]
            )
            entries.penalise(gradebook, notebook, self)
            gradebook.db.commit()
        return nb, resources


class Inert(SanitizeHTML):
    """Makes what a student wrote harmless to read: HTML loses its scripts, outputs that run are dropped."""

    enabled = Bool(True, help="Whether to use this step.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Change all cells but the instructor's texts."""
        for index, cell in enumerate(nb.cells):
            settings = cell.metadata.get("nbgrader", {})
            instructors = settings.get("locked") and not settings.get("solution")
            for output in cell.get("outputs", ()):
                data = output.get("data", {})
                # sanitizing turns the HTML of a figure into a wall of letters; the picture beside it is safe
                if not data.keys().isdisjoint(PICTURES):
                    data.pop("text/html", None)
            if cell.cell_type == "code" or not instructors:
                self.preprocess_cell(cell, resources, index)
        return nb, resources


class PageStyle(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Styles feedback, for which nbgrader's template leaves out the style of tables and wraps no lines."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Add the style to what the template has put into `resources`."""
        resources["inlining"]["css"].append(STYLE)
        return nb, resources


class HideTests(ClearHiddenTests):  # type: ignore[misc]  # nbgrader has no types
    """Takes the hidden tests out of the feedback."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Return `nb` without hidden regions."""
        for cell in nb.cells:
            self._remove_hidden_test_region(cell)
        return nb, resources
