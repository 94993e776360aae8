"""Whether an answer is being judged: then what the course offers for checking refuses to work.

A judged call is the call of a student's function by a visible check, or by the grader. An answer has to be a
formula; a derivative taken by numbers within it would pass for one. What runs beside a judged call, in a
thread that was there before, is no part of it in a notebook (the explorer may compute meanwhile); in the
sandbox it is.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class NotWhileJudged(RuntimeError):
    """A tool for checking was used within an answer that is being judged."""


@dataclass(frozen=True, eq=False)
class _Call:
    """A judged call."""

    others: frozenset[int | None]
    """the threads that were there before"""
    withheld: Collection[str]
    """tools that this answer must do without, beside those that every answer must"""


_calls: list[_Call] = []


@contextmanager
def judged_call(withheld: Collection[str] = (), *, in_all_threads: bool = False) -> Iterator[None]:
    """Have tools for checking refuse to work within the block; those `withheld` too, as "sigmoid".

    With `in_all_threads` they refuse in a thread too that was there before: an answer could ask it.
    """
    others = set() if in_all_threads else {thread.ident for thread in threading.enumerate()}
    others.discard(threading.get_ident())
    call = _Call(frozenset(others), withheld)
    _calls.append(call)
    try:
        yield
    finally:
        _calls.remove(call)


def refuse_while_judged(tool: str) -> None:
    """Raise NotWhileJudged within a judged call. The first thing that a tool for checking does."""
    if any(map(_is_made_by_this_thread, _calls)):
        raise NotWhileJudged(
            f"{tool} does not work within an answer that is being judged: it is for checking a formula. "
            "Write the formula."
        )


def refuse_if_withheld(tool: str) -> None:
    """Raise NotWhileJudged within a judged call from which `tool` is withheld."""
    for call in _calls:
        if tool in call.withheld and _is_made_by_this_thread(call):
            raise NotWhileJudged(f"{tool} of the course is what is to be written here: write your own.")


def _is_made_by_this_thread(call: _Call) -> bool:
    """Say whether this thread makes a judged call, or was started in one."""
    return threading.get_ident() not in call.others
