"""Tries functions one after the other, or several at a time in processes of their own."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

Result = TypeVar("Result")


def each(attempt: Callable[[str], Result], functions: Sequence[str], jobs: int) -> Iterator[Result]:
    """Yield what is found out about each function, as it is known."""
    if jobs == 1:
        yield from map(attempt, functions)
        return
    # started afresh: a fork would copy threads of this process in mid-air
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=fresh) as processes:
        for future in as_completed([processes.submit(attempt, function) for function in functions]):
            yield future.result()
