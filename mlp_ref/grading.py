"""What hidden tests call: one line a function.

from mlp_ref.grading import matches_reference
matches_reference("ps1.dC_dW2", dC_dW2)
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from course.checking.diagnose import AVERAGING
from course.checking.naming import mistakes_are_named, refused_before
from course.checking.seed import grading_seed
from course.checking.trial import Case, WrongAnswer, examine, sentences
from mlp_ref.cases import cases, network_pool
from mlp_ref.functions import FUNCTIONS
from mlp_ref.mistakes import recognise


def matches_reference(name: str, function: Callable[..., Any]) -> None:
    """Compare `function` with the reference `name` on inputs drawn from the grading's seed.

    The seed is printed, so that it is recorded with the result. What `function` raises passes through.

    Raises WrongAnswer at a difference, with the mistake it was recognised as, if any, or else, of a
    function built of others, with those that were refused before; KeyError when there is no such function.
    """
    seed = grading_seed()
    print(f"{name}: inputs drawn from seed {seed}")
    tolerance = FUNCTIONS[name].tolerance
    finding = examine(function, _drawn(name, seed), tolerance, averages=name in AVERAGING)
    if finding is None:
        return
    before = refused_before(name)
    parts = before if FUNCTIONS[name].composed else ()
    mistake = recognise(name, finding.trials, tolerance, parts=parts) if mistakes_are_named() else None
    # the frames between are the grader's, of no use to the student
    if mistake is not None:
        raise WrongAnswer(name, sentences(finding.description, mistake.hint), mistake.name) from None
    message = finding.message
    if parts:
        message = f"{message} It may follow from what is wrong before it: {', '.join(parts)}."
    raise WrongAnswer(name, message) from None


# drawn once for many answers on one seed: calls get copies
@lru_cache(maxsize=1)
def _drawn(name: str, seed: int) -> Sequence[Case]:
    return cases(name, np.random.default_rng([seed, zlib.crc32(name.encode())]), _network_pool(seed))


_network_pool = lru_cache(maxsize=1)(network_pool)
