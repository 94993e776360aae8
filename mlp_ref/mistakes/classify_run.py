"""What students get wrong in the rule that tells runs apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlp_ref import curves as ref
from mlp_ref.mistakes.mistake import Mistake, Table


def _classify(
    losses: Any,
    *,
    tenfold: float = 10,
    finite: bool = True,
    m: Callable[[int], int] = lambda n: n // 2,
    fifth: float = 1 / 5,
    order: str = "oscillating steady stuck",
    whole_run: bool = False,
    early_run: bool = False,
    base: Callable[[Any], Any] = lambda curve: curve[0],
    half: float = 1 / 2,
    tenth: float = 1 / 10,
    net: bool = False,
    up: Callable[[Any], Any] = lambda steps: steps > 0,
    blown: Callable[[Any], Any] = lambda curve: not np.isfinite(curve).all(),
    above: Callable[[Any], Any] = lambda curve: curve,
    end: Callable[[Any], Any] = lambda curve: curve[-1],
    mean: bool = False,
    of_all: bool = False,
    later: int = 0,
) -> str:
    """The rule of ps3 with parts of it wrong."""
    curve = np.asarray(losses, dtype=float)
    with np.errstate(all="ignore"):
        if finite and blown(curve):
            return "diverged"
        if np.any(above(curve) > tenfold * base(curve)):
            return "diverged"
        steps = np.diff(curve)
        early, late = steps[: m(len(curve))], steps[m(len(curve)) :]
        seen = steps if whole_run else early if early_run else steps[max(m(len(curve)) + later, 0) :]
        size = _net if net else _average if mean else _total
        count = len(steps) if of_all else len(seen)
        holds = {
            "oscillating": np.sum(up(seen)) > fifth * count * (1 + 1e-12),
            "steady": end(curve) <= half * curve[0],
            "stuck": size(late) <= tenth * size(early) * (1 + 1e-12),
        }
    return next((name for name in order.split() if holds[name]), "slow")


def _total(steps: Any) -> Any:
    return np.sum(np.abs(steps))


def _average(steps: Any) -> Any:
    return np.mean(np.abs(steps)) if len(steps) else 0.0


def _swapped(losses: Any) -> str:
    word = ref.classify_run(losses)
    return {"stuck": "slow", "slow": "stuck"}.get(word, word)


def _net(steps: Any) -> Any:
    return abs(np.sum(steps))


def _variant(**wrong: Any) -> Callable[[Any], str]:
    return lambda losses: _classify(losses, **wrong)


def _at_least(losses: Any) -> str:
    """Oscillating from exactly a fifth on."""
    return _classify(losses, fifth=1 / 5 - 1e-9)


MISTAKES: Table = {
    "ps3.classify_run": (
        Mistake(
            "ten times is enough",
            "exactly 10 times the first loss is not yet diverged",
            _variant(tenfold=10 * (1 - 1e-12)),
        ),
        Mistake("NaN overlooked", "a loss that is not finite is a diverged run", _variant(finite=False)),
        Mistake(
            "divergence overlooked",
            "a loss above 10 times the first is a diverged run",
            _variant(tenfold=np.inf),
        ),
        Mistake("a fifth is enough", "exactly a fifth of the steps is not yet oscillating", _at_least),
        Mistake(
            "all steps counted", "only the steps from m on count for oscillating", _variant(whole_run=True)
        ),
        Mistake("flat steps counted", "a step of exactly 0 does not go up", _variant(up=lambda s: s >= 0)),
        Mistake("m one too large", "m is n // 2, not one more", _variant(m=lambda n: n // 2 + 1)),
        Mistake("m one too small", "m is n // 2, not one less", _variant(m=lambda n: max(n // 2 - 1, 0))),
        Mistake("step m left out", "step m counts for oscillating too: from m on", _variant(later=1)),
        Mistake("step before m", "only steps from m on count for oscillating", _variant(later=-1)),
        Mistake("m rounded up", "m is n // 2, rounded down", _variant(m=lambda n: (n + 1) // 2)),
        Mistake(
            "m from the steps",
            "m is half the number of losses, not of steps",
            _variant(m=lambda n: (n - 1) // 2),
        ),
        Mistake("below half", "exactly half the first loss is steady", _variant(half=1 / 2 * (1 - 1e-12))),
        Mistake(
            "steady before oscillating",
            "the order matters: oscillating is asked before steady",
            _variant(order="steady oscillating stuck"),
        ),
        Mistake(
            "stuck before steady",
            "the order matters: steady is asked before stuck",
            _variant(order="oscillating stuck steady"),
        ),
        Mistake(
            "stuck first",
            "the order matters: stuck comes after oscillating and steady",
            _variant(order="stuck oscillating steady"),
        ),
        Mistake("below a tenth", "exactly a tenth is stuck", _variant(tenth=1 / 10 * (1 - 1e-9))),
        Mistake("net change", "the sizes of the steps are summed, |step|, not the steps", _variant(net=True)),
        Mistake(
            "end only",
            "a loss above 10 times the first, anywhere, is diverged",
            _variant(above=lambda c: c[-1:]),
        ),
        Mistake(
            "end finite",
            "a loss that is not finite, anywhere, is a diverged run",
            _variant(blown=lambda c: not np.isfinite(c[-1])),
        ),
        Mistake("inf overlooked", "inf is not finite either", _variant(blown=lambda c: np.isnan(c).any())),
        Mistake(
            "every change counted",
            "only steps that go up count for oscillating",
            _variant(up=lambda s: s != 0),
        ),
        Mistake("lowest for last", "the last loss counts for steady, not the lowest", _variant(end=np.min)),
        Mistake("stuck and slow swapped", "stuck and slow have changed places", _swapped),
        Mistake(
            "another factor for 10",
            "diverged begins at 10 times the first loss",
            _variant(tenfold=2),
            tuple(_variant(tenfold=t) for t in (1, 1.5, 3, 5)),
        ),
        Mistake(
            "another part for a fifth",
            "oscillating begins at a fifth of the steps",
            _variant(fifth=1 / 10),
            tuple(_variant(fifth=f) for f in (0, 1 / 4, 1 / 3, 1 / 2)),
        ),
        Mistake(
            "another part for a half",
            "steady ends at half the first loss or below",
            _variant(half=1 / 4),
            tuple(_variant(half=h) for h in (1 / 10, 1 / 3, 2 / 3, 3 / 4, 9 / 10)),
        ),
        Mistake(
            "another part for a tenth",
            "stuck moves by a tenth or less of what it moved before",
            _variant(tenth=1 / 5),
            tuple(_variant(tenth=t) for t in (1 / 100, 1 / 20, 1 / 4, 1 / 2)),
        ),
        Mistake(
            "means for sums",
            "the sizes of the steps are summed, not averaged",
            _variant(mean=True, tenth=1 / 10 * (1 + 1e-12)),
        ),
        Mistake("a fifth of all steps", "a fifth of the steps from m on is meant", _variant(of_all=True)),
        Mistake("never stuck", "stuck is missing", _variant(order="oscillating steady")),
        Mistake("never steady", "steady is missing", _variant(order="oscillating stuck")),
        Mistake("never oscillating", "oscillating is missing", _variant(order="steady stuck")),
    ),
}
