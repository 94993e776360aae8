"""The course, as nbgrader sees it: its own commands all work in this folder."""

import os
import sys
import sysconfig
import warnings
from pathlib import Path

from sqlalchemy.exc import SAWarning

from course.grading.formgrader import extension
from course.grading.nbgrader_steps import corrections
from course.grading.nbgrader_steps.feedback import formgrader_settings

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "mlp-gradients"
# The gradebook is gradebook.db, unless this says postgresql://user@host/name, say.
if "COURSE_DB_URL" in os.environ:
    c.CourseDirectory.db_url = os.environ["COURSE_DB_URL"]

# The conventions every problem set shares, put on top of each of its notebooks.
c.IncludeHeaderFooter.header = "source/header.ipynb"

# A release holds notebooks, data, modules that a cell imports, and what a notebook lists as course.files.
hooks = "course.grading.nbgrader_steps.release_hooks."
c.GenerateAssignment.pre_convert_hook = hooks + "leave_out_notebooks"
c.GenerateAssignment.post_convert_hook = hooks + "remove_what_is_not_released"

# Questions come and go in a graded class too: all cells are saved in the gradebook at once, at the end.
steps, stock = "course.grading.nbgrader_steps.", "nbgrader.preprocessors."
c.GenerateAssignment.preprocessors = [
    stock + "IncludeHeaderFooter",
    stock + "InstantiateTests",
    stock + "LockCells",
    stock + "ClearSolutions",
    stock + "ClearOutput",
    stock + "CheckCellMetadata",
    stock + "ComputeChecksums",
    steps + "generate.CollectCells",
    stock + "ClearHiddenTests",
    stock + "ClearMarkScheme",
    stock + "ComputeChecksums",
    stock + "CheckCellMetadata",
]

# Students' code is a stranger's. A submission is rebuilt on the instructor's notebook, its cells run in a
# sandbox (bubblewrap), and the tests are judged out here, by asking it: docs/grading.md.
c.Autograde.exporter_class = steps + "autograde.SubmissionExporter"
c.Autograde.sanitize_preprocessors = [
    steps + "autograde.Rebuild",
    stock + "ClearOutput",
    stock + "DeduplicateIds",
    stock + "OverwriteKernelspec",
    stock + "OverwriteCells",
    stock + "CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    steps + "autograde.SandboxedExecute",
    stock + "LimitOutput",
    steps + "autograde.SaveVerdicts",
    steps + "autograde.LatePenalties",
    # Neither the feedback nor the formgrader runs what a student wrote as HTML.
    steps + "feedback.Inert",
    stock + "CheckCellMetadata",
]

# Seconds of the student's own time for a cell; a busy machine is no fault of the student's.
c.Execute.timeout = 30
# For a whole notebook: c.SandboxedExecute.notebook_timeout, .memory, .tasks, .file_bytes, .output_bytes
# c.SandboxedExecute.control = False grades even where the solution in source/ does not get full credit.

# Feedback shows no hidden test.
c.GenerateFeedback.preprocessors = [
    steps + "feedback.HideTests",
    steps + "feedback.Grades",
    steps + "feedback.PageStyle",
]
c.GenerateFeedback.exporter_class = "course.grading.pages.exporter.FeedbackExporter"
# Formgrader's page of a submission cleans what it shows again.
c.merge(formgrader_settings())
# Beside it there is a page for the whole class: grade all that waits, feedback, report, export.
extension.add_page()

# Who has no exchange reads nothing of it; one submission without a time, or with a zone that nobody can know,
# stops nobody else's.
c.ExchangeFactory.list = steps + "exchange.List"
c.ExchangeFactory.collect = steps + "exchange.Collect"
c.ExchangeFactory.release_feedback = steps + "exchange.ReleaseFeedback"

# Whatever goes wrong is one line on the terminal: what, where, what to do. The traceback is in the log file.
c.NbGrader.logging_config = {"handlers": {"console": {"class": steps + "one_line_errors.OneLineHandler"}}}
c.NbGrader.logfile = ".nbgrader.log"
# Hidden tests import the reference, mlp_ref, which is in this folder and in no wheel. The folder comes last:
# nothing in it hides an installed package. The sandbox of a student has a path of its own, without it.
root = str(Path(__file__).resolve().parent)
if root not in sys.path:
    sys.path.append(root)
# nbgrader calls alembic by its bare name, which fails where the environment is not activated.
scripts = sysconfig.get_path("scripts")
if (folders := os.get_exec_path())[0] != scripts:
    os.environ["PATH"] = os.pathsep.join([scripts, *folders])
# SQLAlchemy warns about nbgrader's own queries; an instructor can do nothing about it.
warnings.filterwarnings("ignore", message="Object of type <Submitted", category=SAWarning)
# nbgrader would read +0100 as seconds and JST as UTC, and find nothing in a folder called [2026]. Where times
# come with an abbreviation that several zones have, as CST, c.Exchange.timezone says which is meant.
corrections.correct(c)
