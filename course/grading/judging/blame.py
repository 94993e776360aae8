"""Decides whether a test that fails with an exception is to blame for it, or the answer that it works with.

What an answer can cause must cost its author's points, and be no failure of the grader's. That is nearly all
that can happen once a test has something of the student's: `open(answer())`, `exec(answer())`, an import by a
name.
"""

from __future__ import annotations

import dis
import tempfile
from collections.abc import Callable
from typing import Any

TEST_CELL, LOCKED_CELL = "<test>", "<locked cell>"
"""what the instructor's cells are called in tracebacks"""
_BLOCK = bytes(4096)


class AnswersSeen:
    """Puts a test's questions, and remembers whether anything of the student's may have come back."""

    def __init__(self, ask: Callable[..., Any], has_files: bool = False) -> None:
        """`has_files` says whether the test may read a file of the student's."""
        self._ask = ask
        self.any = has_files

    def ask(self, question: dict[str, Any], callbacks: Any = None) -> Any:
        """Put a question. Raises StudentError."""
        # of a call, callbacks come before the reply
        self.any |= "calls" in question
        reply = self._ask(question, callbacks)
        if "values" in question:
            # which of the names are functions says nothing yet
            self.any |= reply != {name: ["own", name] for name in question["values"]}
        return reply


def is_ours(error: BaseException, has_answers: bool) -> bool:
    """Say whether an exception of a test is the grader's or the test's own, whatever the student answers.

    `has_answers` says whether the test had received anything of the student's.
    """
    match error:
        case ImportError():
            return not has_answers or _is_of_import_statement(error)
        case OSError():
            return not has_answers or not _can_write()
    return isinstance(error, SyntaxError) and not has_answers


def _is_of_import_statement(error: ImportError) -> bool:
    """Say whether an `import` that stands in one of the instructor's cells has failed."""
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename in (TEST_CELL, LOCKED_CELL):
            instruction = dis.opname[code.co_code[traceback.tb_lasti]]
            if instruction in ("IMPORT_NAME", "IMPORT_FROM"):
                return True
        traceback = traceback.tb_next
    return False


def _can_write() -> bool:
    """Say whether the machine has what writing a file takes: room, descriptors, a disk that works."""
    try:
        with tempfile.TemporaryFile(buffering=0) as file:
            return file.write(_BLOCK) == len(_BLOCK)
    except OSError:
        return False
