"""Answers the grader's questions in the student's process: looks up values, calls functions.

The student's code can change all of this, so what comes back counts as an answer, right or wrong, and as
nothing else.
"""

from __future__ import annotations

import builtins
import inspect
import linecache
import os
import random
from collections.abc import Callable
from traceback import walk_tb
from typing import Any

import numpy as np

from course.judged import judged_call
from course.values import clone, shares_memory, unchanged

from . import codec
from .channel import OVER, Channel

Namespace = dict[str, Any]
LONGEST_REASON = 10_000
"""most characters of an exception's text"""
LONGEST_LINE = 200
"""most characters of the line that raised it"""


def described(error: BaseException) -> list[str]:
    """Return an exception's name and its text, cut to LONGEST_REASON."""
    try:
        message = str(error)
    except BaseException:
        message = ""
    name = "ValueError" if isinstance(error, codec.CodecError) else type(error).__name__
    return [name, message[:LONGEST_REASON]]


def failed(error: BaseException) -> dict[str, Any]:
    """Return the reply to a request that ended with an exception."""
    return {"status": "error", "error": described(error)}


def answer(namespace: Namespace, question: dict[str, Any], channel: Channel) -> Any:
    """Return the answer to a question about the names in `namespace`; both are JSON values.

    `{"values": [name…]}` is answered by `{name: value}`, without the names that are not there;
    `{"call": name, "calls": [[args, keywords]…]}` by a list of `{"result", "after", "shares"}` or, last,
    `{"error": [type, text], "kind": …, "line": …}`, the kind being the class of Python's own that the type is
    or derives from, the line the notebook's innermost that it went through. An argument, by position or then
    by keyword, that the call left as it was comes back as null. `{"text": name}` is answered by the
    docstring, `{"source": name}` by the source, or null. With the generators' state as `"random"`, these get
    it first, and the answer is `{"value": …, "random": state}`.
    """
    if "random" in question:
        own, numpys = codec.Decoder().decode(question.pop("random"))
        random.setstate(own)
        np.random.set_state(numpys)  # noqa: NPY002  # what students use
        value = answer(namespace, question, channel)
        state = random.getstate(), np.random.get_state()  # noqa: NPY002  # what students use
        return {"value": value, "random": codec.encode(state)}
    if "values" in question:
        return _values(namespace, question["values"])
    if "text" in question:
        return getattr(namespace[question["text"]], "__doc__", None)
    if "source" in question:
        return _source(namespace[question["source"]])
    return _calls(namespace, question, channel)


def functions(namespace: Namespace, names: list[str]) -> list[str]:
    """Return which of these names are functions, or can be called like one."""
    return [name for name in names if name in namespace and callable(namespace[name])]


def _source(function: Any) -> str | None:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError):  # it was not written in a cell
        return None


def _values(namespace: Namespace, names: list[str]) -> Namespace:
    # of a function only the name crosses
    return {
        name: ["own", name] if callable(namespace[name]) else codec.encode(namespace[name])
        for name in names
        if name in namespace
    }


def _calls(namespace: Namespace, question: Any, channel: Channel) -> list[Any]:
    function = namespace[question["call"]]
    replies: list[Any] = []
    process = os.getpid()

    request = channel.request

    def serve(question: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"answer": answer(namespace, question, channel)}
        except BaseException as error:
            return failed(error)

    def stubs_of(call: int) -> Callable[[int], Callable[..., Any]]:
        def stub(number: int) -> Callable[..., Any]:
            def call_back(*args: Any, **keywords: Any) -> Any:
                if call != len(replies):
                    raise RuntimeError(OVER)
                message = {"callback": number, "args": _plain(args, keywords)}
                return _returned(channel.call_back(request, message, serve))

            call_back.__name__ = call_back.__qualname__ = "function"
            call_back.__module__ = "__main__"
            return call_back

        return stub

    with judged_call(in_all_threads=True):
        for call, (nodes, named) in enumerate(question["calls"]):
            decode = codec.Decoder(namespace.__getitem__, stubs_of(call)).decode
            args, keywords = list(map(decode, nodes)), {name: decode(node) for name, node in named.items()}
            replies.append(_call(function, args, keywords, namespace))
            if os.getpid() != process:
                os._exit(0)  # a fork that the call made; only the process that was asked answers
            if "error" in replies[-1]:
                break
    return replies


def _call(function: Callable[..., Any], args: list[Any], keywords: Namespace, namespace: Namespace) -> Any:
    passed = [*args, *keywords.values()]
    before = clone(passed)
    try:
        result = function(*args, **keywords)
    except Exception as error:
        kind = next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins")
        return {"error": described(error), "kind": kind.__name__, "line": _line_of(error, namespace)}

    def refer(value: Any) -> codec.Node | None:
        name = next((name for name, known in list(namespace.items()) if known is value), None)
        return None if name is None else ["own", name]

    return {
        "result": codec.encode(result, refer),
        "after": [None if unchanged(b, a) else codec.encode(a) for b, a in zip(before, passed, strict=True)],
        "shares": shares_memory(result, passed),
    }


def _line_of(error: BaseException, namespace: Namespace) -> str:
    """Return the notebook's innermost line that an exception went through; empty when it is not known."""
    frames = [frame for frame in walk_tb(error.__traceback__) if frame[0].f_globals is namespace]
    if not frames:
        return ""
    frame, number = frames[-1]
    return linecache.getline(frame.f_code.co_filename, number).strip()[:LONGEST_LINE]


def _plain(args: tuple[Any, ...], keywords: Namespace) -> codec.Node:
    """Return the node of a callback's arguments. Raises TypeError where one cannot leave the process."""
    node = codec.encode([list(args), keywords])
    description = codec.foreign(node)
    if description is not None:
        raise TypeError(
            f"the function that was handed over takes plain numbers, texts, arrays, and lists, tuples and "
            f"dictionaries of these; an argument is or has {description}"
        )
    return node


def _returned(reply: Any) -> Any:
    """Return what a function that stayed with the grader returned; raise what it raised, without its text."""
    if "error" not in reply:
        return codec.Decoder().decode(reply["result"])
    text = "raised by the function that was handed over"
    try:
        error = getattr(builtins, reply["error"])(text)
    except TypeError:  # its class wants more than a text
        error = RuntimeError(text)
    raise error
