"""nbgrader's steps of `autograde`, replaced: `nbgrader_config.py` lists them for every stock command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties, Execute, NbGraderPreprocessor, SaveAutoGrades
from sqlalchemy.exc import SQLAlchemyError
from traitlets import Bool, Enum, Float, Integer, TraitError
from traitlets.config import Configurable
from traitlets.utils.importstring import import_item

from course.grading.course_folder import refused_setting
from course.grading.errors import CourseError, HarnessFailure, NothingToGrade
from course.grading.folders import Folders
from course.grading.gradebook import entries, history
from course.grading.gradebook.generated import generated_cells
from course.grading.gradebook.groups import read_groups
from course.grading.gradebook.lateness import late_rule, penalise
from course.grading.judging import control
from course.grading.judging.grade import METADATA, VARIABLES, grade_rebuilt
from course.grading.judging.versions import grader_version, own_packages
from course.grading.nbgrader_steps.one_line_errors import ONCE, explanation
from course.grading.problem_sets.assignment import Assignment, load
from course.grading.problem_sets.notebooks import grade_id
from course.grading.requirements import require
from course.grading.sandbox.guest import Guest
from course.grading.sandbox.limits import Limits
from course.grading.submissions.folders import folder_pattern
from course.grading.submissions.notebook import link_above
from course.grading.submissions.other_files import digests, guard, kept, write_files
from course.grading.submissions.rebuild import Rebuilt, rebuild

Resources = dict[str, Any]


class SubmissionExporter(NotebookExporter):
    """Leaves reading a submission to `Rebuild`, which trusts nothing in it, and exports the result."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        converter: Any = self.parent
        pattern = folder_pattern(converter.coursedir, converter.coursedir.submitted_directory)
        for folder in list(converter.assignments):
            # nbgrader would stop, and everybody after it would not be graded
            if not re.match(pattern, folder) or not folder.isprintable():
                converter.log.error("%s is no name that the gradebook can hold: rename it", ascii(folder))
                del converter.assignments[folder]
        try:
            require()
            self._leave_groups_out(converter, pattern)
            self._check(converter)
        except (CourseError, SQLAlchemyError, TraitError) as error:
            if isinstance(error, TraitError):
                message = str(refused_setting(error, Path(converter.coursedir.root)) or error)
            else:
                message = str(error) if isinstance(error, CourseError) else explanation(str(error))
            converter.log.error("%s", message)
            raise NbGraderException(message) from error
        guard(converter)

    def _leave_groups_out(self, converter: Any, pattern: str) -> None:
        """Leave what groups have handed in to `course grade`: nbgrader would enter it for one student only.

        Raises CourseError where nothing else is to be graded.
        """
        lines: dict[str, None] = {}
        for folder in sorted(converter.assignments):
            match = re.match(pattern, folder)
            assert match is not None
            assignment, student = match["assignment"], match["student"]
            for group, students in read_groups(Path(converter.coursedir.root), assignment).items():
                if student in students:
                    del converter.assignments[folder]
                    lines[
                        f"{', '.join(students)} hand in together, as {group}: `course grade {assignment}` "
                        "grades that, and enters it for each"
                    ] = None
        if lines and not converter.assignments:
            raise CourseError("; ".join(lines))
        for line in lines:
            converter.log.error("%s", line)

    def _check(self, converter: Any) -> None:
        """Make a sandbox, open the gradebook, check each control: before anything is written or removed.

        Raises CourseError, and TraitError for a setting.
        """
        steps = [import_item(s) if isinstance(s, str) else s for s in converter.autograde_preprocessors]
        late_rule(converter, self.config)
        execute = SandboxedExecute(config=self.config)
        if not execute.enabled or not any(issubclass(s, SandboxedExecute) for s in steps):
            return
        Guest(limits=execute.limits()).close()
        pattern = folder_pattern(converter.coursedir, converter.coursedir.submitted_directory)
        matches = (re.match(pattern, folder) for folder in converter.assignments)
        for name in sorted({match["assignment"] for match in matches if match}):
            assignments = list(_assignments(converter.coursedir, name))
            for assignment in assignments if execute.control else ():
                if notice := control.left_out(assignment):
                    converter.log.warning(notice)
                control.check(execute.set_up(assignment), execute.limits())

    def from_filename(
        self, filename: str, resources: Resources | None = None, **options: Any
    ) -> tuple[NotebookNode, Resources]:
        """Convert the notebook at `filename`."""
        converter: Any = self.parent
        if not converter._sanitizing:
            return super().from_filename(filename, resources=resources, **options)
        path = Path(filename)
        known = resources or {}
        metadata = {
            **known.get("metadata", {}),
            "name": path.stem,
            "path": str(path.parent),
            "modified_date": "",
        }
        empty = nbformat.v4.new_notebook()
        return self.from_notebook_node(empty, resources={**known, "metadata": metadata}, **options)


class Rebuild(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Puts the answers of a submission on the instructor's skeleton, before any stock step looks at it."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Return the rebuilt notebook; what `SandboxedExecute` has to know is in its metadata."""
        info, folder = resources["nbgrader"], Path(resources["metadata"]["path"])
        folders = Folders.of(CourseDirectory(parent=self))
        assignment = _assignment(info, self)
        rebuilt = rebuild(assignment, link_above(folder) or folder / f"{info['notebook']}.ipynb")
        if rebuilt.names_cells and not any(map(grade_id, assignment.skeleton.cells)):
            raise NothingToGrade(
                f"{folders.release}/{info['assignment']}/{info['notebook']}.ipynb has nothing to grade, but "
                "the submission has: generate the assignment again"
            )
        self._log(f"{info['student']}, {info['notebook']}", assignment, rebuilt)
        notebook = rebuilt.notebook
        if rebuilt.kernel is not None and not assignment.has_kernel:
            notebook.metadata["kernelspec"] = {"name": rebuilt.kernel, "display_name": rebuilt.kernel}
        notebook.metadata[METADATA] = {
            "repairs": rebuilt.repairs,
            "unreadable": rebuilt.unreadable,
            "digests": digests(folder),
        }
        return notebook, resources

    def _log(self, submission: str, assignment: Assignment, rebuilt: Rebuilt) -> None:
        if assignment.notice:
            self.log.warning(assignment.notice, extra=ONCE)
        if rebuilt.unreadable:
            self.log.error("%s: nothing was run, all its points are 0: %s", submission, rebuilt.unreadable)
            return
        for repair in rebuilt.repairs:
            self.log.warning("%s: %s", submission, repair)


class SandboxedExecute(Execute):  # type: ignore[misc]  # nbgrader has no types
    """Runs the student's cells in the sandbox and judges the tests outside of it."""

    notebook_timeout = Float(Limits.notebook, help="Seconds of the student's own time for a notebook.").tag(
        config=True
    )
    memory = Integer(Limits.memory, help="Bytes of memory for a notebook's processes together.").tag(
        config=True
    )
    tasks = Integer(Limits.tasks, help="Processes and threads of a notebook together.").tag(config=True)
    file_bytes = Integer(Limits.files, help="Bytes of files a notebook may write.").tag(config=True)
    output_bytes = Integer(Limits.output, help="Bytes of output kept of a cell.").tag(config=True)
    in_kernel_tests = Enum(
        ("tagged", "auto"),
        "tagged",
        help="Which tests run in the student's process, where their verdicts can be forged: those with the "
        "tag in-kernel, or with 'auto' also those that give the solution full credit nowhere else.",
    ).tag(config=True)
    control = Bool(
        True,
        help="Whether nobody is graded unless the solution in the source gets full credit as a submission.",
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: Resources, km: Any = None
    ) -> tuple[NotebookNode, Resources]:
        """Grade `nb`, which `Rebuild` has made, in place; leave verdicts and record in `resources`.

        Raises what keeps it from being graded.
        """
        self._require_python(nb)
        info, left = resources["nbgrader"], nb.metadata[METADATA]
        assignment = _assignment(info, self)
        rebuilt = Rebuilt(nb, tuple(left["repairs"]), left["unreadable"])
        submission, files = left["digests"]
        with Gradebook(info["db_url"]) as gradebook:
            history.create_in(gradebook)
            seeds = history.seeds(gradebook.db, info["assignment"], info["student"])
        seed = history.seed(seeds.get(info["student"]), submission)
        # the skeleton that nbgrader's own steps have left
        skeleton = replace(assignment, skeleton=nb)
        result = grade_rebuilt(skeleton, rebuilt, seed=seed, limits=self.limits(), variables=VARIABLES)
        if result.status != "graded":
            raise HarnessFailure(result.problem)
        write_files(kept(result.files), Path(resources["metadata"]["path"]))
        resources["course_results"] = result.cells
        resources["course_grading"] = history.grading_of(
            result.outcome(),
            assignment=info["assignment"],
            student=info["student"],
            notebook=info["notebook"],
            submission=submission,
            files=files,
            version=assignment.version,
            grader=grader_version(own_packages(assignment.skeleton)),
            seed=seed,
        )
        return nb, resources

    def set_up(self, assignment: Assignment) -> Assignment:
        """Return an assignment with what the configuration says of its tests."""
        return replace(assignment, may_run_inside=self.in_kernel_tests == "auto")

    def limits(self) -> Limits:
        """Return the limits that the configuration sets."""
        # without a time-out the notebook's limit is what is left
        cell = float(self.timeout) if self.timeout else self.notebook_timeout
        return Limits(
            cell=cell,
            notebook=max(self.notebook_timeout, cell),
            memory=self.memory,
            address_space=max(Limits.address_space, self.memory * Limits.address_space // Limits.memory),
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


class SaveVerdicts(SaveAutoGrades):  # type: ignore[misc]  # nbgrader has no types
    """Saves the verdicts' points, and the record of the grading; written answers are nbgrader's."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Save what `nb` gave, all or nothing."""
        info = resources["nbgrader"]
        cells = entries.entries(nb, resources.get("course_results", {}))
        with Gradebook(info["db_url"]) as gradebook:
            unchanged: frozenset[str] = frozenset()
            if "course_grading" in resources:
                grading = resources["course_grading"]
                latest = history.latest(gradebook.db, info["assignment"], info["student"])
                unchanged = history.unchanged_cells(latest.get((info["student"], info["notebook"])), grading)
                history.append(gradebook.db, grading)
            notebook = gradebook.find_submission_notebook(
                info["notebook"], info["assignment"], info["student"]
            )
            entries.save(gradebook.db, notebook.id, cells, unchanged)
            gradebook.db.commit()
        return nb, resources


class LatePenalties(AssignLatePenalties):  # type: ignore[misc]  # nbgrader has no types
    """Sets late penalties by nbgrader's plugin."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Set the penalty of `nb`."""
        info = resources["nbgrader"]
        self.init_plugin()
        with Gradebook(info["db_url"]) as gradebook:
            penalise(gradebook.db, info["assignment"], self, info["student"])
            gradebook.db.commit()
        return nb, resources


def _assignments(coursedir: CourseDirectory, name: str) -> Iterator[Assignment]:
    """Yield the notebooks of an assignment, without those that `Rebuild` will say cannot be loaded."""
    with Gradebook(coursedir.db_url) as gradebook:
        generated = generated_cells(gradebook.db, name)
    for notebook, cells in generated.items():
        with suppress(CourseError):
            yield load(Path(coursedir.root), name, notebook, cells, Folders.of(coursedir))


def _assignment(info: Resources, step: Configurable) -> Assignment:
    """Return the assignment of which nbgrader converts a notebook; the working folder is the course.

    Its control has been checked, which says which tests run in the student's process.
    """
    folders = Folders.of(CourseDirectory(parent=step))
    with Gradebook(info["db_url"]) as gradebook:
        generated = generated_cells(gradebook.db, info["assignment"])
    assignment = load(Path(), info["assignment"], info["notebook"], generated[info["notebook"]], folders)
    execute = SandboxedExecute(config=step.config)
    assignment = execute.set_up(assignment)
    return control.check(assignment, execute.limits()) if execute.control else assignment
