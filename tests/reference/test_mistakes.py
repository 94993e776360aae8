"""Named mistakes: each is caught on any inputs, and recognised as what it is."""

import numpy as np
import pytest

from course.checking.seed import use_seed
from course.checking.trial import WrongAnswer
from mlp_ref.functions import FUNCTIONS, REFERENCE
from mlp_ref.grading import matches_reference
from mlp_ref.mistakes import MISTAKES

SEEDS = range(3)
ALL = [(name, mistake) for name, mistakes in MISTAKES.items() for mistake in mistakes]
WITH_FORMULA = [name for name in REFERENCE if not name.endswith("_end_to_end")]


def refused(name, function, seed):
    with use_seed(seed), pytest.raises(WrongAnswer) as raised:
        matches_reference(name, function)
    return raised.value


@pytest.mark.parametrize(("name", "mistake"), ALL, ids=[f"{name}: {m.name}" for name, m in ALL])
def test_every_mistake_is_caught_and_named(name, mistake):
    for seed in SEEDS:
        error = refused(name, mistake.function, seed)
        assert error.mistake == mistake.name
        assert mistake.hint in str(error)


@pytest.mark.parametrize("name", WITH_FORMULA)
def test_every_function_has_enough_mistakes_of_different_names(name):
    names = [mistake.name for mistake in MISTAKES[name]]
    assert len(names) >= (12 if name == "ps2.delta_step" else 5)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", WITH_FORMULA)
def test_a_wrong_answer_nobody_foresaw_is_caught_and_not_misnamed(name):
    def slightly_off(*args):
        return nudged(REFERENCE[name](*args), 1 + 1e-2 * max(1.0, 3e2 * FUNCTIONS[name].tolerance.rtol))

    error = refused(name, slightly_off, 0)
    assert error.mistake is None


def nudged(value, factor):
    if isinstance(value, (list, tuple)):
        return type(value)(nudged(item, factor) for item in value)
    if isinstance(value, str):
        return value + "?"
    return value + 7 if isinstance(value, (int, np.integer)) else value * factor


def test_a_right_answer_that_nudges_an_argument_is_not_taken_for_a_mistake():
    def nudging(*args):
        result = REFERENCE["ps1.train"](*args)
        args[2].flat[0] = np.nextafter(args[2].flat[0], 9e9)
        return result

    for seed in range(5):
        assert refused("ps1.train", nudging, seed).mistake is None
