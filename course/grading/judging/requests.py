"""What goes out to a student's process, as JSON; of arguments that come again the text is kept."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

from course.grading.guest import codec

Arguments = tuple[Any, ...]

MOST_KEPT, LONGEST_KEPT = 1000, 10_000
"""texts, and characters of each: those of visible checks come again for every student"""

# what is encoded here are trees of the grader's own making
_encode = json.JSONEncoder(check_circular=False).encode
_kept: OrderedDict[int, tuple[Arguments, str]] = OrderedDict()


def call(args: Arguments, keywords: dict[str, Any], refer: codec.Referrer) -> str:
    """Return a call with these arguments, `[[node…], {name: node}]`; `refer` gives the nodes of functions."""
    named = {name: codec.encode(value, refer) for name, value in keywords.items()}
    return _encode([[codec.encode(value, refer) for value in args], named])


def kept_call(args: Arguments) -> str:
    """Return a call with arguments that are data alone, and stay as they are."""
    key = id(args)  # as long as it is kept, no other object has it
    text = _kept.pop(key)[1] if key in _kept else call(args, {}, codec.no_reference)
    if len(text) <= LONGEST_KEPT:
        _kept[key] = args, text  # as the last one
        if len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return text


def request(question: dict[str, Any]) -> bytes:
    """Return a question, whose `calls` are texts already."""
    if "calls" not in question:
        return _encode(question).encode()
    others = {name: value for name, value in question.items() if name != "calls"}
    return f'{_encode(others)[:-1]}, "calls": [{", ".join(question["calls"])}]}}'.encode()
