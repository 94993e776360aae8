"""What students get wrong in gradient descent, of ps1 and of ps2."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from course.checking import hints, trainings
from course.checking.trial import Trial
from course.values import arrays
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.recipe import Recipe, WrongPart
from mlp_ref.mistakes.rules import at_the_start, moved, with_rates
from mlp_ref.mistakes.training import PS1, PS2, did_not_move, loss_of_f
from mlp_ref.training import gradients_end_to_end, gradients_end_to_end_deep, train_deep, train_one_hidden

Train = Callable[..., Any]
"""Takes X, y, two arrays or lists of weights, eta and steps; returns the losses and the new weights."""
LAST_MISSING = "the loss after the last step is missing"
FIRST_MISSING = "the loss before the first step is missing"
ONE_MORE = "there is one step too many"


def _stale(losses: Any) -> Any:
    return np.append(losses[:-1], losses[-2:-1]) if len(losses) > 1 else losses


def _unfilled(losses: Any) -> Any:
    return np.append(losses[:-1], 0)


def _of_any_net(train: Train) -> tuple[Mistake, ...]:
    """Return the mistakes that have nothing to do with what is trained."""

    def losses_cut(part: slice) -> Train:
        return lambda *a: _losses_changed(train, lambda losses: losses[part])(*a)

    def one_loss_more(*a: Any) -> Any:
        return train(*a[:-1], a[-1] + 1)[0], *train(*a)[1:]

    def one_step_more(*a: Any) -> Any:
        return train(*a)[0], *train(*a[:-1], a[-1] + 1)[1:]

    def in_place(*a: Any) -> Any:
        losses, *ends = train(*a)
        for old, new in zip(arrays(a[2:4]), arrays(ends), strict=True):
            old[...] = new
        return losses, *a[2:4]

    def stopped(*a: Any, goes_on: Callable[[float, float], bool]) -> Any:
        losses = train(*a)[0]
        steps = next((t for t in range(1, len(losses)) if not goes_on(losses[t - 1], losses[t])), a[-1])
        return train(*a[:-1], steps)

    def noted_twice(*a: Any, goes_on: Callable[[float, float], bool]) -> Any:
        """Return training that stops before a step and then notes the last loss again."""
        losses, *ends = stopped(*a, goes_on=goes_on)
        again = losses[-1:] if len(losses) <= a[-1] else losses[:0]
        return np.append(losses, again), *ends

    def filled_up(*a: Any, goes_on: Callable[[float, float], bool]) -> Any:
        """Return training that stops before a step and then notes the last loss to the end."""
        losses, *ends = stopped(*a, goes_on=goes_on)
        return np.append(losses, np.repeat(losses[-1:], a[-1] + 1 - len(losses))), *ends

    def best_weights(*a: Any) -> Any:
        losses = train(*a)[0]
        return losses, *train(*a[:-1], int(np.argmin(losses)))[1:]

    def rejected(*a: Any) -> Any:
        """Return training that takes no step after which the loss is higher."""
        (losses, first, second) = train(*a[:-1], 0)
        for _ in range(a[-1]):
            (*_, loss), *ends = train(*a[:2], first, second, a[-2], 1)
            first, second = ends if loss <= losses[-1] else (first, second)
            losses = np.append(losses, min(loss, losses[-1]))
        return losses, first, second

    def halved(*a: Any) -> Any:
        """Return training that halves η whenever the loss has risen."""
        (losses, first, second), eta = train(*a[:-1], 0), a[-2]
        for _ in range(a[-1]):
            (*_, loss), first, second = train(*a[:2], first, second, eta, 1)
            losses = np.append(losses, loss)
            eta = eta / 2 if losses[-1] > losses[-2] else eta
        return losses, first, second

    return (
        Mistake(
            "last loss missing",
            LAST_MISSING,
            losses_cut(slice(-1)),
            (lambda *a: losses_cut(slice(max(a[-1], 1)))(*a),),
        ),
        Mistake("first loss missing", FIRST_MISSING, losses_cut(slice(1, None))),
        Mistake(
            "first loss missing, last twice",
            f"{FIRST_MISSING}, and the last one is there twice",
            _losses_changed(train, lambda losses: np.append(losses[1:], losses[-1:])),
        ),
        Mistake("one loss too many", "there is one loss too many: steps + 1 are asked for", one_loss_more),
        Mistake("one step more", ONE_MORE, one_step_more),
        Mistake("in place", "the arguments were changed in place", in_place),
        Mistake(
            "stops when the loss rises",
            f"{hints.STOPS_EARLY}, also where it rises",
            lambda *a: stopped(*a, goes_on=lambda before, loss: loss <= before),
            (lambda *a: noted_twice(*a, goes_on=lambda before, loss: loss <= before),),
        ),
        Mistake(
            "stops early",
            hints.STOPS_EARLY,
            lambda *a: stopped(*a, goes_on=lambda before, loss: abs(before - loss) > 1e-8),
            seen=lambda trials: trainings.ends_early(_runs(trials)),
        ),
        Mistake(
            "best weights",
            "the weights of the lowest loss came back: return those after the last step",
            best_weights,
            (_as_passed(best_weights),),
        ),
        Mistake(
            "last loss stale",
            hints.LAST_LOSS_STALE,
            _losses_changed(train, _stale),
            seen=lambda trials: trainings.last_is_stale(_runs(trials)),
        ),
        Mistake(
            "last loss never stored",
            hints.LAST_LOSS_UNFILLED,
            _losses_changed(train, _unfilled),
            seen=lambda trials: trainings.last_is_unfilled(_runs(trials)),
        ),
        Mistake("steps rejected", "steps are taken also where the loss rises: do all of them", rejected),
        Mistake(
            "lowest losses",
            "the losses are those of each step, however they move, not the lowest so far",
            _losses_changed(train, np.minimum.accumulate),
        ),
        Mistake(
            "stops and fills up",
            hints.STOPS_EARLY,
            lambda *a: filled_up(*a, goes_on=lambda before, loss: abs(before - loss) > 1e-3),
            seen=lambda trials: trainings.is_filled_up(_runs(trials)),
        ),
        Mistake(
            "losses last",
            "the losses come first",
            lambda *a: (lambda losses, first, second: (first, second, losses))(*train(*a)),
        ),
        Mistake("η halved", "η was changed on the way: it stays as it is, also where the loss rises", halved),
    )


def _as_passed(train: Train) -> Train:
    """Return training that hands back the arguments themselves where weights have not moved."""

    def passed(old: Any, new: Any) -> Any:
        if isinstance(new, list):
            return [passed(*pair) for pair in zip(old, new, strict=True)]
        return old if np.array_equal(old, new) else new

    def trained(*a: Any) -> Any:
        losses, *ends = train(*a)
        return losses, *(passed(*pair) for pair in zip(a[2:4], ends, strict=True))

    return trained


def _with_records(recipe: Recipe) -> Recipe:
    """Return the recipe of two slips, one of which may be in what is noted and returned."""

    def cut(part: slice) -> Callable[[Train], Train]:
        return lambda train: _losses_changed(train, lambda losses: losses[part])

    def one_step_more(train: Train) -> Train:
        return lambda *a: (train(*a)[0], *train(*a[:-1], a[-1] + 1)[1:])

    def losses_last(train: Train) -> Train:
        return lambda *a: (lambda losses, first, second: (first, second, losses))(*train(*a))

    records = (
        WrongPart("last loss missing", LAST_MISSING, cut(slice(-1))),
        WrongPart("first loss missing", FIRST_MISSING, cut(slice(1, None))),
        WrongPart("last loss stale", hints.LAST_LOSS_STALE, lambda train: _losses_changed(train, _stale)),
        WrongPart(
            "last loss unfilled", hints.LAST_LOSS_UNFILLED, lambda train: _losses_changed(train, _unfilled)
        ),
        WrongPart("one step more", ONE_MORE, one_step_more),
        WrongPart("losses last", "the losses come first", losses_last),
    )
    return replace(recipe, wrong_parts={**recipe.wrong_parts, "record": records}, forms=(_as_passed,))


def _runs(trials: Sequence[Trial]) -> list[trainings.Run]:
    return [(trial.got, trial.case.want, trial.case.args[-1]) for trial in trials]


def _unmoved(recipe: Recipe, names: tuple[str, str]) -> tuple[Mistake, ...]:
    """Return the mistakes in which weights do not move, and come back as they were passed."""

    def kept(*groups: int) -> Train:
        rates = [0 if k in groups else 1 for k in range(2)]
        train = recipe.make(rule=with_rates(lambda eta, n, t: (rates[0] * eta, rates[1] * eta)))

        def as_passed(*a: Any) -> Any:
            losses, *ends = train(*a)
            return losses, *(a[2 + k] if k in groups else end for k, end in enumerate(ends))

        return as_passed

    still = recipe.make(rule=with_rates(lambda eta, n, t: (0, 0)))
    return (
        *(Mistake(f"{names[k]} as passed", did_not_move(names[k]), kept(k)) for k in range(2)),
        Mistake(
            "nothing moves",
            did_not_move(*names),
            still,
            (kept(0, 1),),
        ),
    )


def _starts_anew(train: Train) -> Mistake:
    def change(losses: Any) -> Any:
        return np.append(losses[:1], np.full_like(losses[1:], losses[min(1, len(losses) - 1)]))

    return Mistake(
        "each step from the start",
        hints.STARTS_ANEW,
        lambda *a: (change(train(*a)[0]), *train(*a[:-1], min(a[-1], 1))[1:]),
        seen=lambda trials: trainings.stays_after_one_step(_runs(trials)),
    )


def _forward_once(recipe: Recipe) -> Mistake:
    def change(losses: Any) -> Any:
        return np.append(np.full_like(losses[:-1], losses[0]), losses[-1])

    return Mistake(
        "forward pass once",
        hints.FORWARD_ONCE,
        _losses_changed(recipe.make(rule=at_the_start), change),
        seen=lambda trials: trainings.stays_at_the_start(_runs(trials)),
    )


def _losses_changed(train: Train, change: Callable[..., Any]) -> Train:
    def changed(*a: Any) -> Any:
        losses, *ends = train(*a)
        return change(losses), *ends

    return changed


def _one_hidden(step: Callable[..., Any]) -> Train:
    return PS1.make(rule=lambda gradients: lambda X, y, W1, W2, eta, t: step(X, y, W1, W2, eta))


def _W1_at_new_W2(X: Any, y: Any, W1: Any, W2: Any, eta: Any) -> Any:
    W2 = W2 - eta * gradients_end_to_end(X, y, W1, W2)[1]
    return W1 - eta * gradients_end_to_end(X, y, W1, W2)[0], W2


def _deep(step: Callable[..., Any]) -> Train:
    return PS2.make(rule=lambda gradients: lambda X, y, Ws, bs, eta, t: step(X, y, Ws, bs, eta))


def _last_layer_only(X: Any, y: Any, Ws: Any, bs: Any, eta: Any) -> Any:
    dWs, dbs = gradients_end_to_end_deep(X, y, Ws, bs)
    return [*Ws[:-1], Ws[-1] - eta * dWs[-1]], [*bs[:-1], bs[-1] - eta * dbs[-1]]


def _last_weights_only(X: Any, y: Any, Ws: Any, bs: Any, eta: Any) -> Any:
    return _last_layer_only(X, y, Ws, bs, eta)[0], moved(bs, gradients_end_to_end_deep(X, y, Ws, bs)[1], eta)


def _also_from_f(recipe: Recipe) -> Iterator[Mistake]:
    """Yield the mistakes of ps2's training, also with losses made of f, which may have no logarithm."""
    rules = {slip.name: slip.part for slip in recipe.wrong_parts["rule"]}
    for mistake in recipe.mistakes():
        rule = rules.get(mistake.name)
        yield replace(mistake, variants=(recipe.make(rule=rule, loss=loss_of_f),)) if rule else mistake


RECIPES = {"ps1.train": _with_records(PS1), "ps2.train": _with_records(PS2)}
MISTAKES: Table = {
    "ps1.train": (
        *_of_any_net(train_one_hidden),
        *_unmoved(PS1, ("W1", "W2")),
        _forward_once(PS1),
        _starts_anew(train_one_hidden),
        *PS1.mistakes(),
        Mistake(
            "W1 at the new W2",
            "the gradient for W1 was taken at the new W2: both belong to the old point",
            _one_hidden(_W1_at_new_W2),
        ),
    ),
    "ps2.train": (
        *_of_any_net(train_deep),
        *_unmoved(PS2, ("weights", "biases")),
        _forward_once(PS2),
        _starts_anew(train_deep),
        *_also_from_f(PS2),
        Mistake(
            "last layer only",
            "all layers move, not the last alone",
            _deep(_last_layer_only),
            (
                _deep(_last_weights_only),
                _as_passed(_deep(_last_layer_only)),
                _as_passed(_deep(_last_weights_only)),
            ),
        ),
    ),
}
