"""The course, as nbgrader sees it: its own commands all work in this folder."""

import os
import sysconfig
import warnings

from sqlalchemy.exc import SAWarning

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "mlp-gradients"

# The conventions every problem set shares, put on top of each of its notebooks.
c.IncludeHeaderFooter.header = "source/header.ipynb"

# An answer works on arrays of a few rows. A cell that takes longer than this is stuck.
c.Execute.timeout = 30
# A busy machine is no fault of the student's: wait for its kernel, and for the last outputs of a cell.
c.Execute.startup_timeout = 120
c.Execute.iopub_timeout = 15
# Nothing is left to tidy up when a notebook ends: saves a second for each.
c.Execute.shutdown_kernel = "immediate"
# The working folder is the submission; without this, a numpy.py in it would be imported before the real one.
c.Execute.extra_arguments = ["--InteractiveShellApp.ignore_cwd=True"]
# Code and results travel to the kernel and back in the clear otherwise, and each kernel says so.
c.KernelManager.transport_encryption = "auto"

# nbgrader gives no points to a test that writes to stderr, so a mere RuntimeWarning would cost them.
# Errors are outputs of their own and stay.
c.IgnorePattern.enabled = True
c.IgnorePattern.pattern = ".*"

# Whatever goes wrong is one line on the terminal: what, where, what to do. The traceback is in the log file.
c.NbGrader.logging_config = {"handlers": {"console": {"class": "course.grading.logs.OneLineHandler"}}}
c.NbGrader.logfile = ".nbgrader.log"
# nbgrader calls alembic by its bare name, which fails where the environment is not activated.
os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)])
# SQLAlchemy warns about nbgrader's own queries; an instructor can do nothing about it.
warnings.filterwarnings("ignore", message="Object of type <Submitted", category=SAWarning)
