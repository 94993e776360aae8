"""Mistakes that no table holds: a right formula with one slip or two says what an answer computes."""

import numpy as np
import pytest

from course.checking.compare import agrees
from course.checking.seed import use_seed
from course.checking.trial import WrongAnswer, examine, warnings_ignored
from mlp_ref.cases import cases
from mlp_ref.functions import FUNCTIONS, REFERENCE
from mlp_ref.grading import matches_reference
from mlp_ref.slips import search
from mlp_ref.slips.search import FORMS, slips_of
from mlp_ref.slips.switched import switched

ALL_FORMS = [(name, form) for name, forms in FORMS.items() for form in forms]


def sigmoid(t):
    return 1 / (1 + np.exp(-t))


def refusal(name, function, seed=0):
    with use_seed(seed), pytest.raises(WrongAnswer) as raised:
        matches_reference(name, function)
    return raised.value


@pytest.mark.parametrize(
    ("name", "form"), ALL_FORMS, ids=[f"{name}{form.__name__}" for name, form in ALL_FORMS]
)
def test_a_formula_is_right_until_something_is_switched(name, form):
    formula = switched(form)
    with warnings_ignored():
        for case in cases(name, np.random.default_rng(1)):
            assert agrees(formula(case.args), case.want, FUNCTIONS[name].tolerance)
            assert agrees(form(*case.args), case.want, FUNCTIONS[name].tolerance)


ONE = {
    "the sign of ŷ reversed": ("ps1.dC_dyhat", lambda y, y_hat: -(y + y_hat) / len(y)),
    "1 divided by W2 for W2": (
        "ps1.dC_dW1",
        lambda X, y, p, O, Z, W2: (
            X.T @ ((p - y) * sigmoid(O) * sigmoid(-O) / W2[:-1].T * Z[:, :-1] * (1 - Z[:, :-1])) / len(y)
        ),
    ),
    "f in place of y": (
        "ps2.bce_loss",
        lambda y, f: float(-np.sum(y * np.log(f) + (1 - f) * np.log(1 - f))),
    ),
    "W_{l+1} without its sign": ("ps2.delta_step", lambda d, W, h: d @ abs(W).T * h * (1 - h)),
}


@pytest.mark.slow
@pytest.mark.parametrize("slip", ONE)
def test_one_slip_is_named(slip):
    name, function = ONE[slip]
    error = refusal(name, function)
    assert error.mistake == slip
    assert f"the same numbers come from a formula with {slip}" in str(error)


TWO = [
    (
        "ps2.bce_from_logits",
        lambda y, z: np.sum(np.logaddexp(1, z) + y * z),
        {"the sign of y reversed", "1 for 0"},
    ),
    (
        "ps2.l2_gradients",
        lambda dWs, Ws, lam: [dW - lam * W / 2 for dW, W in zip(dWs, Ws, strict=True)],
        {"the sign of Ws reversed", "half of Ws"},
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "function", "slips"), TWO, ids=[name for name, _, _ in TWO])
def test_two_slips_are_named(name, function, slips):
    assert set(refusal(name, function).mistake.split(" and ")) == slips


def nudged(value):
    if isinstance(value, (list, tuple)):
        return [nudged(item) for item in value]
    return value * (1 + 0.01 * np.cos(np.arange(np.size(value))).reshape(np.shape(value)))


def not_numbers(value):
    if isinstance(value, (list, tuple)):
        return [not_numbers(item) for item in value]
    return value * np.nan


def right_but_in_the_end(value):
    return [*value[:-1], nudged(value[-1])]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ps1.dC_dW1_chain", "ps2.train"])
@pytest.mark.parametrize("wrong", [nudged, not_numbers, right_but_in_the_end])
def test_a_search_computes_no_more_than_it_may(wrong, name, monkeypatch):
    trials = examine(
        lambda *args: wrong(REFERENCE[name](*args)),
        cases(name, np.random.default_rng(0)),
        FUNCTIONS[name].tolerance,
    ).trials
    (form,) = FORMS[name]
    formula = switched(form)
    calls = []
    monkeypatch.setattr(search, "switched", lambda _: counted(formula, calls))
    with warnings_ignored():
        assert slips_of(name, trials, FUNCTIONS[name].tolerance) == ()
    assert len(calls) < (search.MOST_PLACES_OF_LONG + search.MOST_PLACES_OF_TWO) / search.CALL


def counted(formula, calls):
    class Counted(type(formula)):
        def __call__(self, *args):
            calls.append(args)
            return super().__call__(*args)

    return Counted(formula.function, formula.slips, formula.on, formula.places)
