"""Answers the grader's questions in the student's process: looks up values, calls functions.

The student's code can change all of this, so the grader takes what comes back for an answer, right or
wrong, and for nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from course.checking.trial import clone, notes, shares_memory, unchanged

from . import codec

Namespace = dict[str, Any]


def answer(namespace: Namespace, question: dict[str, Any]) -> Any:
    """Return the answer to a question about the names in `namespace`; both are JSON values.

    `{"values": [name…]}` is answered by `{name: value}`, without the names that are not there;
    `{"call": name, "calls": [[args, keywords]…]}` by a list of `{"result", "after", "shares"}` or, last,
    `{"error": [type, text]}`. An argument that the call left as it was comes back as null.
    """
    return _values(namespace, question["values"]) if "values" in question else _calls(namespace, question)


def _values(namespace: Namespace, names: list[str]) -> Namespace:
    # of a function only the name crosses
    return {
        name: ["own", name] if callable(namespace[name]) else codec.encode(namespace[name])
        for name in names
        if name in namespace
    }


def _calls(namespace: Namespace, question: Any) -> list[Any]:
    function = namespace[question["call"]]
    replies: list[Any] = []
    process = os.getpid()
    for node in question["calls"]:
        args, keywords = codec.Decoder(own=namespace.__getitem__, trusted=True).decode(node)
        replies.append(_call(function, args, keywords, namespace))
        if os.getpid() != process:
            os._exit(0)  # a fork that the call made; only the process that was asked answers
        if "error" in replies[-1]:
            break
    return replies


def _call(function: Callable[..., Any], args: list[Any], keywords: Namespace, namespace: Namespace) -> Any:
    before = clone(args)
    try:
        result = function(*args, **keywords)
    except Exception as error:
        return {"error": [type(error).__name__, str(error)[: codec.LONGEST_REASON]]}

    def own(value: Any) -> str | None:
        return next((name for name, other in list(namespace.items()) if other is value), None)

    return {
        "result": codec.encode(result, own),
        "after": [_if_changed(b, a) for b, a in zip(before, args, strict=True)],
        "shares": shares_memory(result, args),
    }


def _if_changed(before: Any, after: Any) -> codec.Node | None:
    if unchanged(before, after) and notes(before) == notes(after):
        return None
    # of a partial function, the arguments bound in it
    return codec.encode(list(after.args) if isinstance(after, partial) else after)
