"""Visible checks: the reference passes, wrong answers are told kindly and never told what is right."""

import re
import traceback
import warnings

import numpy as np
import pytest

from course.checking import hints
from course.checking.check import CheckFailed, Passed, check, checks_of, last_failed
from course.checking.trial import SIZES, describe_arguments
from mlp_ref.functions import REFERENCE
from mlp_ref.mistakes import MISTAKES

ps1 = {name.removeprefix("ps1."): function for name, function in REFERENCE.items() if name.startswith("ps1.")}

CHECKS = {name: entry for number in range(4) for name, entry in checks_of(f"ps{number}").items()}
# of the others an answer is a word or an index
WITH_NUMBERS = [name for name in CHECKS if name not in ("ps0.find_the_bug", "ps3.classify_run")]


def failure(name, function):
    with pytest.raises(CheckFailed) as raised:
        check(name, function)
    assert raised.value.name == name
    assert str(raised.value).startswith(f"{name}: ")
    return raised.value


def scaled(name, factor):
    """The reference `name` with all results scaled; `factor` is a number or a function of the arguments."""

    def wrong(*args):
        by = factor(*args) if callable(factor) else factor
        result = ps1[name](*args)
        return tuple(by * r for r in result) if isinstance(result, tuple) else by * result

    return wrong


def mistaken(name, mistake):
    """The variant of `name` that is known as `mistake`."""
    (function,) = (m.function for m in MISTAKES[f"ps1.{name}"] if m.name == mistake)
    return function


def without_factor(name, k):
    """The chain `name` with ones in place of its factor number k."""
    return lambda *factors: ps1[name](*factors[:k], np.ones_like(factors[k]), *factors[k + 1 :])


def with_bias_column(Z):
    return Z * (1 - Z)


def bias_first(X, W1, W2):
    H, Z, _, _ = ps1["forward"](X, W1, W2)
    Z = np.roll(Z, 1, axis=1)
    return H, Z, Z @ W2, 1 / (1 + np.exp(-Z @ W2))


def N_times(*args):
    return len(args[0])


def one_Nth(*args):
    return 1 / len(args[0])


WRONG = {
    "sign of (3)": ("dC_dyhat", scaled("dC_dyhat", -1), "value", "sign"),
    "sign of (5)": ("dC_dW2", scaled("dC_dW2", -1), "value", "sign"),
    "sign of both gradients": ("gradients_end_to_end", scaled("gradients_end_to_end", -1), "value", "sign"),
    "1/N missing in (3)": ("dC_dyhat", scaled("dC_dyhat", N_times), "value", "1/N missing"),
    "1/N missing in (10)": ("dC_dW1", scaled("dC_dW1", N_times), "value", "1/N missing"),
    "1/N missing in (1)": ("mse_cost", scaled("mse_cost", N_times), "value", "1/N missing"),
    "1/N twice": ("dC_dW2_chain", scaled("dC_dW2_chain", one_Nth), "value", "was a mean taken"),
    "½ missing": ("mse_cost", scaled("mse_cost", 2), "value", "twice the expected"),
    "½ too many": ("mse_cost", scaled("mse_cost", 0.5), "value", "half the expected"),
    "transposed": ("dC_dW1", lambda *a: ps1["dC_dW1"](*a).T, "shape", "transposed"),
    "transposed column": ("dC_dW2", lambda *a: ps1["dC_dW2"](*a).T, "shape", "transposed"),
    "(N,)": ("dC_dyhat", lambda y, y_hat: ps1["dC_dyhat"](y, y_hat)[:, 0], "shape", "keep the second axis"),
    "(N, N)": ("dC_dyhat", lambda y, y_hat: (y_hat - y[:, 0]) / len(y), "shape", "broadcast to (N, N)"),
    "bias column kept": ("dZ_dH", with_bias_column, "shape", "one column too many"),
    "bias column dropped": ("dO_dW2", lambda Z: Z[:, :-1], "shape", "one column too few"),
    "bias row kept": ("dO_dZ", lambda W2: W2[:, 0], "shape", "one entry too many"),
    "two axes": ("dO_dZ", lambda W2: W2[:-1], "shape", "one axis"),
    "no return": ("dC_dW2", lambda *_: None, "type", "return missing"),
    "float32": ("dyhat_dO", lambda O: ps1["dyhat_dO"](O).astype(np.float32), "type", "float32"),
    "NaN": ("dyhat_dO", lambda O: O * np.nan, "finite", "finite"),
    "σ′ missing in (5)": ("dC_dW2", mistaken("dC_dW2", "σ′ missing"), "value", "(3a), is missing"),
    "σ′ twice in (5)": ("dC_dW2", mistaken("dC_dW2", "σ′ doubled"), "value", "(3a), appears twice"),
    "σ′ of ŷ in (10)": ("dC_dW1", mistaken("dC_dW1", "σ′ of ŷ"), "value", "once too often"),
    "σ′ missing in (10)": ("dC_dW1", mistaken("dC_dW1", "hidden σ′ missing"), "value", "(8), is missing"),
    "σ′ twice in (10)": ("dC_dW1", mistaken("dC_dW1", "hidden σ′ doubled"), "value", "(8), appears twice"),
    "σ′ of Z": ("dZ_dH", mistaken("dZ_dH", "σ′ of Z"), "value", "once too often"),
    "input changed": (
        "gradient_descent_step",
        mistaken("gradient_descent_step", "in place"),
        "inputs",
        "changed",
    ),
    "three of four": ("forward", lambda *args: ps1["forward"](*args)[:3], "shape", "4 are expected"),
    "bias first": (
        "forward",
        lambda X, W1, W2: (lambda H, Z, *rest: (H, Z[:, ::-1], *rest))(*ps1["forward"](X, W1, W2)),
        "value",
        "item 1 (of 4)",
    ),
    "uphill": (
        "gradient_descent_step",
        lambda W1, W2, dW1, dW2, eta: (W1 + eta * dW1, W2 + eta * dW2),
        "value",
        "item 0",
    ),
    "(7) missing": (
        "dC_dW1",
        lambda X, y, y_hat, O, Z, W2: ps1["dC_dW1"](X, y, y_hat, O, Z, np.ones_like(W2)),
        "value",
        "(7), are missing",
    ),
    "Z alone in (8)": ("dZ_dH", lambda Z: Z[:, :-1], "value", "σ stands alone where"),
    "1 − Z alone in (8)": (
        "dZ_dH",
        lambda Z: 1 - Z[:, :-1],
        "value",
        "1 − σ stands alone where",
    ),
    "first unit dropped in (8)": (
        "dZ_dH",
        lambda Z: Z[:, 1:] * (1 - Z[:, 1:]),
        "value",
        "first unit was dropped",
    ),
    "first unit dropped in (7)": ("dO_dZ", lambda W2: W2[1:, 0], "value", "first unit was dropped"),
    "σ′ squared in (3a)": ("dyhat_dO", lambda O: ps1["dyhat_dO"](O) ** 2, "value", "appears twice"),
    "(N, N) in (1)": (
        "mse_cost",
        lambda y, y_hat: ps1["mse_cost"](y, y_hat.T),
        "value",
        "(N, N) before the sum",
    ),
    "bias unit first": ("forward", bias_first, "value", "the bias unit is the first column of Z"),
    **{
        f"factor {k + 1} of {count} missing": (
            name,
            without_factor(name, k),
            "value",
            f"the {hints.ORDINALS[k]} factor is missing",
        )
        for name, count in (("dC_dW2_chain", 3), ("dC_dW1_chain", 5))
        for k in range(count)
    },
    "no new arrays": ("train", lambda *args: (np.zeros(1), *args[2:4]), "inputs", "return new arrays"),
}


@pytest.mark.parametrize("name", REFERENCE)
def test_the_reference_passes(name, capsys):
    check(name, REFERENCE[name])
    assert f"✓ {name}: {CHECKS[name].established}" in capsys.readouterr().out


@pytest.mark.slow
def test_every_function_has_a_check_on_two_sizes():
    assert REFERENCE.keys() == CHECKS.keys()
    for entry in CHECKS.values():
        cases = entry.cases()
        assert len({describe_arguments(case.args) for case in cases}) >= 2
        assert len(cases) >= 2


@pytest.mark.parametrize(("name", "function", "stage", "says"), WRONG.values(), ids=WRONG)
def test_wrong_answers(name, function, stage, says):
    failed = failure(f"ps1.{name}", function)
    assert failed.finding.failed.difference.stage == stage
    assert says in str(failed)


@pytest.mark.parametrize("name", WITH_NUMBERS)
def test_a_message_holds_no_expected_number(name):
    def off_by_a_bit(*args):
        return shifted(REFERENCE[name](*args))

    failed = failure(name, off_by_a_bit)
    arguments = describe_arguments(failed.finding.failed.case.args)
    texts = [text.replace(arguments, "") for text in (str(failed), *failed._render_traceback_())]
    numbers = [float(n) for text in texts for n in re.findall(r"-?\d+\.\d+(?:e-?\d+)?", text)]
    assert numbers, "the student's own value is shown"
    for trial in failed.finding.trials:
        expected = numbers_in(trial.case.want)
        for number in numbers:
            assert not np.isclose(expected, number, rtol=1e-5, atol=0).any()


def shifted(value):
    return type(value)(map(shifted, value)) if isinstance(value, (list, tuple)) else value + 0.1234567


def numbers_in(value):
    if isinstance(value, (list, tuple)):
        return [number for item in value for number in numbers_in(item)]
    return list(np.ravel(value))


def test_inputs_are_guarded():
    def in_place(y, y_hat):
        y_hat -= y
        return y_hat / len(y)

    failed = failure("ps1.dC_dyhat", in_place)
    assert failed.finding.failed.difference.stage == "inputs"
    assert "argument 1 was changed" in str(failed)


def test_last_failed_can_be_called_again():
    function = scaled("dC_dW1", -1)
    failure("ps1.dC_dW1", function)
    assert last_failed.name == "ps1.dC_dW1"
    assert np.array_equal(function(*last_failed.args), last_failed.got)
    failure("ps1.mse_cost", lambda *_: None)
    assert (last_failed.name, len(last_failed.args), last_failed.got) == ("ps1.mse_cost", 2, None)


def test_gradients_remembered_from_a_call_of_the_same_shapes_are_refused():
    known = {}

    def both_gradients(X, y, W1, W2):
        shapes = X.shape, W1.shape
        if shapes not in known:
            known[shapes] = REFERENCE["ps1.gradients_end_to_end"](X, y, W1, W2)
        return known[shapes]

    with pytest.raises(CheckFailed):
        check("ps1.gradients_end_to_end", both_gradients)


def test_each_check_starts_from_fresh_arguments():
    failure("ps1.dO_dW2", lambda Z: Z.fill(0))
    check("ps1.dO_dW2", REFERENCE["ps1.dO_dW2"])
    failure("ps1.dO_dW2", lambda Z: -Z)
    last_failed.args[0].fill(0)
    check("ps1.dO_dW2", REFERENCE["ps1.dO_dW2"])


def test_a_failure_shows_as_a_block():
    block = "\n".join(failure("ps1.dC_dW2", scaled("dC_dW2", -1))._render_traceback_())
    for part in (
        "ps1.dC_dW2: not yet",
        "stage      value",
        "found      the result",
        "sign is reversed",
        "last_failed",
    ):
        assert part in block
    odd = failure("ps1.dC_dW2", lambda *args: shifted(ps1["dC_dW2"](*args)))
    assert "none of the usual ones" in "\n".join(odd._render_traceback_())


def test_a_pass_shows_as_text_and_html():
    passed = Passed("ps1.<b>", "holds for a < b")
    assert repr(passed) == "✓ ps1.<b>: holds for a < b"
    assert "ps1.&lt;b&gt;" in passed._repr_html_()
    assert "a &lt; b" in passed._repr_html_()


def test_unknown_names():
    with pytest.raises(KeyError, match=r"no check named 'ps1.dC_dW3'.*ps1.dC_dW2"):
        check("ps1.dC_dW3", print)
    assert checks_of("ps99") == {}


def test_exceptions_pass_through():
    with pytest.raises(NotImplementedError, match="equation"):
        check("ps1.dC_dW2", _stub)


def _stub(*_):
    raise NotImplementedError("equation (5)")


def test_a_warning_is_advice_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    """Stock nbgrader's Validate takes stderr for a failure, and the grader does not."""

    def loud(*args):
        warnings.warn("overflow on the way", RuntimeWarning, stacklevel=1)
        return ps1["mse_cost"](*args)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        check("ps1.mse_cost", loud)
    printed = capsys.readouterr()
    assert "RuntimeWarning: overflow on the way" in printed.out
    assert printed.err == ""


def test_what_a_function_raises_is_told_without_the_courses_frames() -> None:
    def inner():
        raise NotImplementedError("mine")

    def outer(*args):
        try:
            return 1 / 0
        except ZeroDivisionError:
            return inner()

    with pytest.raises(NotImplementedError, match="mine") as raised:
        check("ps1.mse_cost", outer)
    frames = [frame.f_code.co_name for frame, _ in traceback.walk_tb(raised.value.__traceback__)]
    assert frames[-3:] == ["check", "outer", "inner"]
    assert isinstance(raised.value.__context__, ZeroDivisionError)


def test_an_answer_that_raises_is_shown_with_its_call():
    def wrong(X, W1, W2):
        return X @ W1.T

    with pytest.raises(ValueError, match="matmul") as raised:
        check("ps1.forward", wrong)
    assert raised.value.__notes__ == [
        "called with shape (2, 3), shape (3, 2), shape (3, 1)",
        f"suspicion: {SIZES}",
    ]
    assert last_failed.name == "ps1.forward"
    assert [a.shape for a in last_failed.args] == [(2, 3), (3, 2), (3, 1)]
