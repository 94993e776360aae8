"""What hidden tests call: the reference and its equals pass, everything else is refused, and seeds repeat."""

import warnings

import numpy as np
import pytest

from course.checking.compare import Tolerance
from course.checking.naming import answers_of_one_student, mistakes_unnamed
from course.checking.seed import use_seed
from course.checking.trial import WrongAnswer
from course.values import arrays, clone, unchanged
from mlp_ref.functions import FUNCTIONS, REFERENCE
from mlp_ref.grading import matches_reference
from mlp_ref.mistakes import MISTAKES

every_name = pytest.mark.parametrize("name", list(REFERENCE))


def mapped(function, value):
    if isinstance(value, (list, tuple)):
        return type(value)(mapped(function, item) for item in value)
    return function(value)


def after(change, name):
    """The reference `name` with its result changed."""
    return lambda *args: change(REFERENCE[name](*args))


def refused(name, function, seed=0):
    with use_seed(seed), pytest.raises(WrongAnswer) as raised:
        matches_reference(name, function)
    assert raised.value.name == name
    assert str(raised.value).startswith(f"{name}: ")
    return str(raised.value)


def a_little_too_large(result):
    return mapped(lambda r: r * (1 + 1e-5), result)


def too_large(result):
    return mapped(lambda r: r * 1.01, result)


def negative(result):
    return mapped(lambda r: -r, result)


def one_entry_off(result):
    """The last entry of the last array, or the number, is 0.1% and a bit more."""
    if isinstance(result, (list, tuple)):
        return type(result)([*result[:-1], one_entry_off(result[-1])])
    if np.ndim(result) == 0:
        return result * 1.001 + 1e-6
    changed = result.copy()
    changed.flat[-1] = changed.flat[-1] * 1.001 + 1e-6
    return changed


def first_entry_off(result):
    if isinstance(result, (list, tuple)):
        return type(result)([first_entry_off(result[0]), *result[1:]])
    if np.ndim(result) == 0:
        return one_entry_off(result)
    changed = result.copy()
    changed.flat[0] = changed.flat[0] * 1.001 + 1e-6
    return changed


def without_precision(result):
    return mapped(np.float32, result)


def zeros(result):
    return mapped(np.zeros_like, result)


CHANGES = (a_little_too_large, too_large, negative, one_entry_off, first_entry_off, without_precision, zeros)


@every_name
@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_the_reference_passes(name, seed):
    with use_seed(seed):
        matches_reference(name, REFERENCE[name])


# There is a change for every kind of result; words are not scaled, and a wide tolerance is wide.
WORDS = {"ps3.classify_run"}
WIDE = {name for name, function in FUNCTIONS.items() if function.tolerance != Tolerance()}
CHANGED = [
    (name, change)
    for name in REFERENCE
    for change in CHANGES
    if name not in WORDS and (change is not a_little_too_large or name not in WIDE)
]


@pytest.mark.sampled
@pytest.mark.parametrize(("name", "change"), CHANGED, ids=[f"{c.__name__}-{name}" for name, c in CHANGED])
def test_wrong_functions_are_refused(name, change):
    refused(name, after(change, name))


@pytest.mark.parametrize(
    "change", [str.upper, lambda word: word + " ", lambda word: "slow", lambda word: None]
)
def test_wrong_words_are_refused(change):
    refused("ps3.classify_run", after(change, "ps3.classify_run"))


@pytest.mark.sampled
@every_name
def test_results_remembered_from_a_call_before_are_refused(name):
    remembered = {}

    def first_of_its_shapes(*args):
        key = str([np.shape(a) for a in args if not isinstance(a, list)])
        return remembered.setdefault(key, REFERENCE[name](*clone(args)))

    refused(name, first_of_its_shapes)


@pytest.mark.sampled
@every_name
def test_no_result_is_refused(name):
    assert "return missing" in refused(name, lambda *_: None)


@every_name
def test_exceptions_pass_through(name):
    def failing(*_):
        raise ZeroDivisionError("the student's")

    with pytest.raises(ZeroDivisionError, match="the student's"):
        matches_reference(name, failing)


@pytest.mark.sampled
@every_name
def test_changed_inputs_are_refused(name):
    def changing(*args):
        result = REFERENCE[name](*args)
        for array in arrays(args)[:1]:  # some calls are about numbers alone
            array[...] += 1
        return result

    assert "was changed" in refused(name, changing)


def seen(name, seed):
    """The arguments of every call, and what was printed is left to the caller."""
    calls = []

    def watching(*args):
        calls.append(clone(args))
        return REFERENCE[name](*args)

    with use_seed(seed):
        matches_reference(name, watching)
    return calls


@pytest.mark.sampled
@every_name
def test_a_seed_repeats_its_inputs_and_another_draws_others(name):
    assert unchanged(seen(name, 5), seen(name, 5))
    assert not unchanged(seen(name, 5), seen(name, 6))


def test_functions_do_not_share_their_inputs():
    # whoever sees those of one function knows nothing of another's
    assert not unchanged(seen("ps1.dC_dyhat", 5), seen("ps1.mse_cost", 5))


@pytest.mark.slow
def test_without_its_name_a_mistake_is_refused_as_well():
    for mistake in MISTAKES["ps1.dC_dW1"]:
        with use_seed(0), mistakes_unnamed(), pytest.raises(WrongAnswer) as raised:
            matches_reference("ps1.dC_dW1", mistake.function)
        assert raised.value.mistake is None
        with use_seed(0), pytest.raises(WrongAnswer) as raised:
            matches_reference("ps1.dC_dW1", mistake.function)
        assert raised.value.mistake == mistake.name


def test_the_seed_is_printed(capsys):
    seen("ps2.deltas", 123456)
    assert capsys.readouterr().out == "ps2.deltas: inputs drawn from seed 123456\n"


def test_an_unknown_name():
    with pytest.raises(KeyError):
        matches_reference("ps1.nothing", print)


def test_shared_memory_is_refused():
    assert "shares memory" in refused("ps1.gradient_descent_step", lambda W1, W2, *_: (W1, W2))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ps1.train", "ps2.train"])
def test_training_of_no_steps_may_return_its_arguments(name):
    def as_a_loop_does(*args):
        result = REFERENCE[name](*args)
        return result if args[-1] else (result[0], *args[2:4])

    with use_seed(0):
        matches_reference(name, as_a_loop_does)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ps0.sigmoid", "ps1.train", "ps2.deltas", "ps2.bce_loss"])
def test_what_a_student_makes_of_warnings_does_not_disturb_the_judge(name):
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        quiet_reference = np.errstate(all="ignore")(REFERENCE[name])
        with use_seed(0):
            matches_reference(name, quiet_reference)
        assert refused(name, lambda *args: negative(quiet_reference(*args)))


ODD = {
    "nothing": lambda result: None,
    "a list of it": lambda result: [result],
    "lists and arrays in a list": lambda result: [np.ones(3), np.ones((2, 2)), [1, [2, 3]]],
    "a text": lambda result: "abc",
    "a dictionary": lambda result: {},
    "items in another order": lambda result: (
        [*result[1:], result[0]] if isinstance(result, (list, tuple)) else 0
    ),
    "a number too large": lambda result: 10**400,
    "not a number": lambda result: mapped(lambda r: "?" if isinstance(r, str) else r * np.nan, result),
    "a function": lambda result: len,
}


@pytest.mark.sampled
@every_name
@pytest.mark.parametrize("odd", ODD)
def test_anything_odd_is_refused_with_a_sentence(name, odd):
    assert refused(name, after(ODD[odd], name))


def nudged(name):
    """The reference `name` with results that no known mistake gives."""

    def nudge(result):
        return result + 1e-3 * np.cos(np.arange(np.size(result))).reshape(np.shape(result))

    return after(lambda result: mapped(nudge, result), name)


@pytest.mark.slow
def test_what_is_built_of_wrong_functions_is_told_so():
    whole, part = "ps1.gradients_end_to_end", "ps1.dC_dW1"
    follows = f"It may follow from what is wrong before it: {part}."
    refused_so_far = []
    with answers_of_one_student(refused_so_far):
        assert "It may follow" not in refused(whole, nudged(whole))
    assert refused_so_far == [whole]
    with answers_of_one_student([]):
        refused(part, nudged(part))
        assert "It may follow" not in refused(part, nudged(part))
        assert follows in refused(whole, nudged(whole))
        assert "It may follow" not in refused("ps1.mse_cost", nudged("ps1.mse_cost"))
    assert "It may follow" not in refused(whole, nudged(whole))


def test_a_mistake_of_its_own_is_named_beside_wrong_functions():
    whole = "ps1.train"
    mistake = MISTAKES[whole][0]
    with answers_of_one_student(["ps1.dC_dW1"]):
        assert mistake.hint in refused(whole, mistake.function)
