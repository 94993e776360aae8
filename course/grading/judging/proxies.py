"""A student's function, seen from the grader: calls go out as plain data, results come back as plain data."""

from __future__ import annotations

import builtins
import json
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from course.checking.trial import Outcome, describe_arguments, raised_suspicion
from course.grading.errors import HarnessFailure, SandboxUnavailable
from course.grading.guest import codec
from course.grading.judging import requests
from course.grading.judging.results import Verdict
from course.grading.judging.sources import stand_in
from course.grading.sandbox.execution import NO_ANSWER
from course.grading.sandbox.guest import Guest, refuse
from course.text import printable
from course.values import arrays, clone, is_data

LONGEST_SHOWN = 500
LONGEST_LINE = 200
AT_GRADING = "At grading there are Python's own modules, NumPy, Matplotlib and the course"
MOST_CALLBACKS = 100_000
LARGEST_CALLBACKS = 1 << 28
"""bytes that the callbacks of one call may receive in all: they run on the grader's time"""
OUT_OF_MEMORY = ("MemoryError", "_ArrayMemoryError")
"""exceptions of Python and of NumPy"""


class StudentError(Exception):
    """What the student's code raised, or why it gave no answer.

    It is one class, whatever the student's exception calls itself. One that derives from an exception of
    Python's own does so here as well, so that a test may expect it.
    """

    def __init__(self, verdict: Verdict, message: str, text: str | None = None) -> None:
        """`message` is what the verdict says; `text` is the exception's own, which a test may look at."""
        self.verdict, self.message = verdict, message
        self._text = message if text is None else text
        Exception.__init__(self, self._text)

    def __str__(self) -> str:
        return self._text


def no_answer() -> StudentError:
    """Return what is told of a reply that the course's code in the student's process cannot have sent."""
    return StudentError("crashed", NO_ANSWER)


@lru_cache(maxsize=128)
def _student_error(kind: str) -> type[StudentError]:
    """Return StudentError, or a subclass that is Python's own exception called `kind` as well."""
    own = getattr(builtins, kind, None)
    if not (isinstance(own, type) and issubclass(own, Exception)) or issubclass(own, ExceptionGroup):
        return StudentError
    return type(f"Student{kind}", (StudentError, own), {"__module__": __name__})


class StudentFunction:
    """Calls the function of this name in the student's process.

    Arguments that the call changes are changed here as well, so that a test sees the change.
    """

    def __init__(self, name: str, ask: Callable[..., Any]) -> None:
        self._name, self._ask = name, ask
        self.__name__ = name
        """the name that the test uses"""

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]  # of an instance
        text = self._ask({"text": self._name})
        return text if isinstance(text, str) else None

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        """What `inspect` looks at instead. Raises AttributeError when the source is not to be had."""
        source = self._ask({"source": self._name})
        if not isinstance(source, str):
            raise AttributeError(f"{self._name} has no source")
        return stand_in(self._name, source)

    def __repr__(self) -> str:
        """Return what Python shows of a function, without a place in memory."""
        return f"<function {self._name}>"

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Call it once. Raises StudentError."""
        callbacks = Callbacks()
        calls = [requests.call(args, keywords, callbacks.refer)]
        return self._outcomes(calls, callbacks, [(*args, *keywords.values())])[0][0]

    def call_all(self, calls: Sequence[tuple[Any, ...]], *, kept: bool = False) -> list[Outcome]:
        """Call it with each of these sets of arguments, in one message; change none of them here.

        Return each result, and the arguments as the call left them. `kept` says that the same arguments come
        again, unchanged. Raises StudentError.
        """
        # functions among them may record their calls: with copies, of these calls alone
        passed = [args if is_data(args) else clone(args) for args in calls]
        callbacks = Callbacks()
        texts = [
            requests.kept_call(args) if kept and args is given else requests.call(args, {}, callbacks.refer)
            for args, given in zip(passed, calls, strict=True)
        ]
        return self._outcomes(texts, callbacks, passed, in_place=False)

    def _outcomes(
        self,
        calls: Sequence[str],
        callbacks: Callbacks,
        passed: Sequence[tuple[Any, ...]],
        in_place: bool = True,
    ) -> list[Outcome]:
        """Make calls, written by `requests`; `passed` has all arguments of each, those by keyword last."""
        replies = self._ask({"call": self._name, "calls": calls}, callbacks)
        if not isinstance(replies, list) or not replies or len(replies) > len(calls):
            raise no_answer()
        outcomes = [
            self._outcome(reply, values, in_place) for reply, values in zip(replies, passed, strict=False)
        ]
        if len(outcomes) != len(calls):
            raise no_answer()
        return outcomes

    def _outcome(self, reply: Any, passed: tuple[Any, ...], in_place: bool) -> Outcome:
        if not isinstance(reply, dict):
            raise no_answer()
        if "error" in reply:
            raise _raised(reply["error"], reply.get("kind"), passed, reply.get("line"))
        try:
            result = self._decode(reply["result"])
            after = reply["after"]
            if not isinstance(after, list) or len(after) != len(passed):
                raise codec.CodecError("arguments are missing")
            if after.count(None) < len(after):
                passed = passed if in_place else clone(passed)
                for argument, changed in zip(passed, after, strict=True):
                    if changed is not None:
                        apply(self._decode(changed), argument)
        except (KeyError, codec.CodecError):
            raise no_answer() from None
        # a result that shares an argument's memory is that argument here too
        return _aliased(result, arrays(passed)) if reply.get("shares") is True else result, passed

    def _decode(self, node: Any) -> Any:
        return codec.Decoder(lambda name: StudentFunction(name, self._ask)).decode(node)


class Callbacks:
    """The functions that a call passes. They stay here, and are called when the student's code asks."""

    def __init__(self) -> None:
        self._functions: list[Callable[..., Any]] = []
        self._left, self._room = MOST_CALLBACKS, LARGEST_CALLBACKS

    def refer(self, function: Any) -> codec.Node:
        """Return the node for a function; one of the student's is sent back by its name."""
        if type(function) is StudentFunction:
            return ["own", function._name]
        self._functions.append(function)
        return ["callback", len(self._functions) - 1]

    def answer(self, request: bytes) -> bytes:
        """Call the function that a request names; return the reply. The request may be any bytes."""
        self._left -= 1
        self._room -= len(request)
        if self._left < 0 or self._room < 0:
            return _callback_error("RuntimeError")
        try:
            match codec.parse(request):
                case {"callback": int(number), "args": node} if 0 <= number < len(self._functions):
                    args, keywords = codec.Decoder().decode(node)
                    result = self._functions[number](*args, **keywords)
                    return json.dumps({"result": codec.encode(result)}).encode()
        except (HarnessFailure, SandboxUnavailable):
            raise
        except Exception as error:
            # neither the text nor the name of one of the grader's classes is for the student
            kind = type(error)
            return _callback_error(kind.__name__ if kind.__module__ == "builtins" else "RuntimeError")
        return _callback_error("RuntimeError")


def _callback_error(name: str) -> bytes:
    return json.dumps({"error": name}).encode()


def ask(guest: Guest, question: dict[str, Any], callbacks: Callbacks | None = None) -> Any:
    """Put a question to the course's code in the student's process; return the decoded JSON.

    What the student's code prints meanwhile is printed here, for a test that listens. Raises StudentError
    when there is no answer.
    """
    call_back = callbacks.answer if callbacks else refuse
    execution = guest.ask(requests.request(question), call_back)
    for output in execution.outputs:
        if output.output_type == "stream":
            (sys.stderr if output.name == "stderr" else sys.stdout).write(output.text)
    if execution.status != "ok":
        raise StudentError(execution.status, printable(execution.reason, LONGEST_SHOWN))
    try:
        reply = codec.parse(execution.answer)
    except codec.CodecError:
        reply = None
    match reply:
        case {"answer": answer}:
            return answer
        case {"error": error}:
            raise _raised(error)
    raise no_answer()


def _raised(error: Any, kind: Any = None, args: Sequence[Any] = (), line: Any = None) -> StudentError:
    """Return what a reply says of the exception that ended a call, with these arguments, in this line."""
    match error:
        case [str(name), str(message)]:
            verdict: Verdict = "memory" if name in OUT_OF_MEMORY else "error"
            shown = failure_text(name, message)
            if arrays(list(args)):  # where shapes may be what is wrong
                shown += f" (called with {describe_arguments(args)})"
            if isinstance(line, str) and line:
                shown = f"{shown.removesuffix('.')}, raised in the line `{printable(line, LONGEST_LINE)}`"
            if name == "ModuleNotFoundError":
                shown += f". {AT_GRADING}"
            elif suspicion := raised_suspicion(name, message):
                shown += f". Suspicion: {suspicion}"
            make = _student_error(kind) if isinstance(kind, str) else StudentError
            return StudentError(verdict, shown) if make is StudentError else make(verdict, shown, message)
    return no_answer()


def failure_text(name: str, message: str) -> str:
    """Return an exception as one line."""
    return printable(f"{name}: {message}" if message else name, LONGEST_SHOWN)


def apply(changed: Any, argument: Any) -> None:
    """Change `argument` to what the student's call made of it, as far as that is possible in place.

    Raises StudentError where it is not, which is a change all the same.
    """
    if isinstance(argument, np.ndarray) and isinstance(changed, np.ndarray):
        if argument.shape == changed.shape and argument.dtype == changed.dtype:
            argument[...] = changed
            return
    elif isinstance(argument, list) and isinstance(changed, list):
        argument[:] = changed
        return
    elif isinstance(argument, (dict, set)) and type(argument) is type(changed):
        argument.clear()
        argument.update(changed)
        return
    raise StudentError("wrong", "An argument was changed into something else.")


def _form(array: np.ndarray[Any, Any]) -> tuple[Any, ...]:
    return array.shape, array.dtype


def _aliased(result: Any, passed: Sequence[np.ndarray[Any, Any]]) -> Any:
    if isinstance(result, (list, tuple)):
        return type(result)(_aliased(item, passed) for item in result)
    if isinstance(result, np.ndarray):
        for array in passed:
            if _form(result) == _form(array) and np.array_equal(result, array):
                return array
    return result
