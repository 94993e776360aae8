"""Shows a failure of a stock nbgrader command as one line."""

from __future__ import annotations

import logging
import re
from typing import TextIO

from course.grading import errors

LOG_FILE = ".nbgrader.log"
ONCE = {"is_told_once": True}
"""`extra` of a record that concerns a whole class: it is shown for the first submission only"""

# nbgrader reports a failure several times; what most of these say is in the line made of the traceback.
NOT_SHOWN = (
    "There was an error processing assignment",
    "Please see the ",
    "No assignment with ID",
    "No notebooks found, did you forget",
    "Removing failed assignment",
    "nbgrader encountered a fatal error",
    "Did you mean: ",
    # it advises an upgrade, whatever is wrong with the gradebook
    "There was an error accessing the nbgrader database",
    # of a student's picture, about which an instructor can do nothing
    "Alternative text is missing on ",
)

# What is known about an exception: its text, what it means, and what to do.
EXPLANATIONS = (
    (
        r"NotJSONError|JSONDecodeError|UnicodeDecodeError",
        "it holds a notebook that is not readable as JSON; have it handed in again",
    ),
    (
        r"No assignment with ID '(.*?)' exists",
        r"the gradebook knows no assignment \1; `nbgrader generate_assignment \1 --force` makes it known, "
        r"or the folder has the wrong name",
    ),
    (
        r"No notebooks found, did you forget",
        "none of its notebooks belongs to the assignment; have the right file handed in",
    ),
    (
        r"NotebookValidationError|ValidationError: (.*)",
        r"it holds a notebook with damaged cells; open and save it in JupyterLab, or have it handed in again",
    ),
    (
        r"Dead[Kk]ernelError",
        "the kernel died while running it; look for code that ends the process or takes all memory",
    ),
    (
        r"surrogates not allowed",
        "its folder, or a file in it, has a name that is not in UTF-8; rename it",
    ),
    (
        r"NoSuchKernel: No such kernel named (.*)",
        r"there is no kernel \1 on this machine; install it, or choose another for the notebook",
    ),
    (
        r"database is locked",
        "another program is writing in the gradebook; run the same command again when it has finished",
    ),
    (
        r"no such (?:column|table)|UndefinedColumn|UndefinedTable",
        "the gradebook is of another version of nbgrader; keep a copy, then `nbgrader db upgrade`",
    ),
    (
        r"readonly database|unable to open database file",
        "the gradebook cannot be written; make it and its folder writable, and run the same command again",
    ),
    (
        r"(?:database or disk is full|No space left on device)",
        "the disk is full; make room, and run the same command again",
    ),
    (
        r"(?:Permission denied|Read-only file system): (.*)",
        r"\1 may not be read or written; change its permissions, and run the same command again",
    ),
)
# Exceptions of what reads and checks notebooks.
ABOUT_NOTEBOOKS = ("nbformat.", "nbgrader.nbgraderformat.", "jsonschema.")


def explanation(error: str) -> str:
    """Return what the last line of a traceback means to an instructor, or the line where nothing is known."""
    name, _, sentence = error.partition(": ")
    if name.startswith(errors.__name__):  # ours say what to do
        return sentence
    for pattern, meaning in EXPLANATIONS:
        if match := re.search(pattern, error):
            return match.expand(meaning)
    return f"{error}; open its notebooks to see what is wrong" if name.startswith(ABOUT_NOTEBOOKS) else error


class OneLineHandler(logging.StreamHandler[TextIO]):
    """Writes log records to a stream, a failure with its traceback as one line."""

    subject = "the command"

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self._shown: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Write `record`, unless it announces or repeats a failure."""
        message = record.getMessage()
        if match := re.match(r"There was an error processing assignment: (.*)|Validating '(.*)'", message):
            self.subject = match[1] or match[2]
        if message.startswith("Traceback (most recent call last)"):
            error = next(line for line in reversed(message.splitlines()) if re.match(r"[\w.]+(:|$)", line))
            message = f"{self.subject} failed: {explanation(error)} (details: {LOG_FILE})"
        elif message.startswith("No notebooks were matched by"):
            message += ": check the name of the assignment, and that its folder is there"
        elif message.startswith(NOT_SHOWN) or message in self._shown:
            return
        if getattr(record, "is_told_once", False):
            self._shown.add(message)
        super().emit(logging.makeLogRecord({**record.__dict__, "msg": message, "args": ()}))
