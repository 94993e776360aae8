"""What students get wrong in the rule that tells runs apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlp_ref import curves as ref
from mlp_ref.mistakes.mistake import Mistake, Table
from mlp_ref.mistakes.recipe import Recipe, WrongPart

FLAT = "a step of exactly 0 does not go up"
ALL_COUNTED = "only the steps from m on count for oscillating"
FIFTH_OF_ALL = "a fifth of the steps from m on is meant"
FIFTH_ENOUGH = "exactly a fifth of the steps is not yet oscillating"
BELOW_HALF = "exactly half the first loss is steady"
BELOW_TENTH = "exactly a tenth is stuck"
TEN_TIMES_ENOUGH = "exactly 10 times the first loss is not yet diverged"
NET = "the sizes of the steps are summed, |step|, not the steps"
NEVER = "no run is called {}: is its rule there, and can it hold?"
MEANS = "the sizes of the steps are summed, not averaged"


def _total(steps: Any) -> Any:
    return np.sum(np.abs(steps))


def _average(steps: Any) -> Any:
    return np.mean(np.abs(steps)) if len(steps) else 0.0


def _plain_mean(steps: Any) -> Any:
    """Return the mean size, NaN of none, which compares as false."""
    return np.mean(np.abs(steps)) if len(steps) else np.nan


def _tenth(tenth: float, moved: Any) -> Any:
    return tenth * moved * (1 + 1e-12)


def _still(
    size: Callable[[Any], Any], tenth_of: Callable[[float, Any], Any] = _tenth
) -> Callable[[Any, Any, float], Any]:
    """Return the rule of stuck with another size of a part of the run; a tenth may be rounded otherwise."""
    return lambda late, early, tenth: size(late) <= tenth_of(tenth, size(early))


_RIGHT = _still(_total)


def _net(steps: Any) -> Any:
    return abs(np.sum(steps))


def _tenfold_of_last(curve: Any) -> Any:
    """Return, for each loss, the one before it; for the first itself."""
    return np.append(curve[:1], curve[:-1])


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
    up: Callable[[Any], Any] = lambda steps: steps > 0,
    blown: Callable[[Any], Any] = lambda curve: not np.isfinite(curve).all(),
    above: Callable[[Any], Any] = lambda curve: curve,
    end: Callable[[Any], Any] = lambda curve: curve[-1],
    still: Callable[[Any, Any, float], Any] = _RIGHT,
    of_all: bool = False,
    later: int = 0,
    later_too: bool = False,
    middle_lost: bool = False,
    enough: Callable[[Any, Any], Any] = np.greater,
    half_of: Callable[[Any], Any] = lambda curve: curve[0],
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
        early = early[:-1] if middle_lost else early
        count = len(steps) if of_all else len(seen)
        late = seen if later_too else late
        holds = {
            "oscillating": enough(np.sum(up(seen)), fifth * count * (1 + 1e-12)),
            "steady": end(curve) <= half * half_of(curve),
            "stuck": still(late, early, tenth),
        }
    return next((name for name in order.split() if holds[name]), "slow")


def _swapped(losses: Any) -> str:
    word = ref.classify_run(losses)
    return {"stuck": "slow", "slow": "stuck"}.get(word, word)


def _short_is(word: str, n: int) -> Callable[[Any], str]:
    """Return the rule but for runs of fewer than n losses, which it calls `word` unless they diverge."""

    def classify(losses: Any) -> str:
        right = ref.classify_run(losses)
        return word if len(losses) < n and right != "diverged" else right

    return classify


def _variant(**wrong: Any) -> Callable[[Any], str]:
    return lambda losses: _classify(losses, **wrong)


def _about(enough: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return the comparison with a part that is a little less."""
    return lambda count, part: enough(count, part * (1 - 1e-8))


RULE = Recipe(
    _variant,
    {
        "up": (
            WrongPart("flat steps counted", FLAT, lambda steps: steps >= 0),
            WrongPart(
                "every change counted", "only steps that go up count for oscillating", lambda s: s != 0
            ),
        ),
        "whole_run": (WrongPart("all steps counted", ALL_COUNTED, True),),
        "of_all": (WrongPart("a fifth of all steps", FIFTH_OF_ALL, True),),
        "enough": (
            WrongPart("a fifth is enough", FIFTH_ENOUGH, _about(np.greater), (_about(np.greater_equal),)),
        ),
        "half": (WrongPart("below half", BELOW_HALF, 1 / 2 * (1 - 1e-12)),),
        "tenfold": (WrongPart("ten times is enough", TEN_TIMES_ENOUGH, 10 * (1 - 1e-12)),),
        "still": (
            WrongPart("net change", NET, _still(_net)),
            WrongPart(
                "below a tenth",
                BELOW_TENTH,
                _still(_total, lambda tenth, moved: tenth * moved * (1 - 1e-9)),
                (lambda late, early, tenth: _total(late) < tenth * _total(early) * (1 - 1e-9),),
            ),
            WrongPart(
                "means for sums",
                MEANS,
                _still(_average),
                tuple(
                    _still(size, tenth_of)
                    for size in (_average, _plain_mean)
                    for tenth_of in (lambda _, mean: mean / 10, lambda _, mean: 0.1 * mean)
                ),
            ),
        ),
        "m": (
            WrongPart("m one too large", "m is n // 2, not one more", lambda n: n // 2 + 1),
            WrongPart("m rounded up", "m is n // 2, rounded down", lambda n: (n + 1) // 2),
            WrongPart(
                "m from the steps", "m is half the number of losses, not of steps", lambda n: (n - 1) // 2
            ),
        ),
        "order": (
            WrongPart(
                "steady before oscillating",
                "the order matters: oscillating is asked before steady",
                "steady oscillating stuck",
            ),
            WrongPart(
                "stuck before steady",
                "the order matters: steady is asked before stuck",
                "oscillating stuck steady",
            ),
            WrongPart(
                "stuck first",
                "the order matters: stuck comes after oscillating and steady",
                "stuck oscillating steady",
            ),
        ),
        "blown": (
            WrongPart("inf overlooked", "inf is not finite either", lambda c: np.isnan(c).any()),
            WrongPart(
                "end finite",
                "a loss that is not finite, anywhere, is a diverged run",
                lambda c: not np.isfinite(c[-1]),
            ),
        ),
        "finite": (WrongPart("NaN overlooked", "a loss that is not finite is a diverged run", False),),
        "above": (
            WrongPart("end only", "a loss above 10 times the first, anywhere, is diverged", lambda c: c[-1:]),
        ),
        "end": (WrongPart("lowest for last", "the last loss counts for steady, not the lowest", np.min),),
    },
)
RECIPES = {"ps3.classify_run": RULE}
MISTAKES: Table = {
    "ps3.classify_run": (
        *RULE.mistakes(),
        Mistake(
            "divergence overlooked",
            "a loss above 10 times the first is a diverged run",
            _variant(tenfold=np.inf),
        ),
        Mistake("m one too small", "m is n // 2, not one less", _variant(m=lambda n: max(n // 2 - 1, 0))),
        Mistake(
            "step m left out",
            "step m counts for oscillating too: from m on",
            _variant(later=1),
            (_variant(later=1, later_too=True),),
        ),
        Mistake(
            "step across the middle lost",
            "the step into loss m is left out: take the steps of the whole run, then cut them at m",
            _variant(middle_lost=True),
        ),
        Mistake(
            "one loss apart",
            "a single loss goes by the rules as well: 0 is at most a tenth of 0",
            _short_is("slow", 2),
            tuple(_short_is(word, n) for n in (2, 3) for word in ("slow", "steady", "oscillating")),
        ),
        Mistake("step before m", "only steps from m on count for oscillating", _variant(later=-1)),
        Mistake(
            "only NaN at the end",
            "a loss that is not finite, anywhere, is a diverged run, inf as well as NaN",
            _variant(blown=lambda c: np.isnan(c[-1])),
            (_variant(blown=lambda c: np.isnan(c[0])),),
        ),
        Mistake(
            "tenfold of the smallest",
            "diverged compares with 10 times the first loss, not the smallest",
            _variant(base=np.min),
        ),
        Mistake(
            "tenfold of the loss before",
            "diverged compares with 10 times the first loss, not the loss before",
            _variant(base=_tenfold_of_last),
        ),
        Mistake(
            "a number for ten times the first",
            "diverged compares with 10 times the first loss, not with a number",
            _variant(base=lambda c: 1),
            tuple(_variant(base=lambda c, at=at: at) for at in (0.1, 10)),
        ),
        Mistake(
            "a number for half the first",
            "steady compares with half the first loss, not with a number",
            _variant(half_of=lambda c: 1),
            tuple(_variant(half_of=lambda c, at=at: 2 * at) for at in (0.1, 0.01, 0.25, 1e-3, 1, 0.2, 0.05)),
        ),
        Mistake(
            "half of the largest",
            "steady compares with half the first loss, not the largest",
            _variant(half_of=np.max),
        ),
        Mistake("stuck and slow swapped", "stuck and slow have changed places", _swapped),
        Mistake(
            "another factor for 10",
            "diverged begins at 10 times the first loss",
            _variant(tenfold=2),
            tuple(_variant(tenfold=t) for t in (1, 1.5, 3, 5)),
        ),
        Mistake(
            "another part for a fifth",
            "oscillating begins above a fifth of the steps from m on",
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
            "never stuck",
            NEVER.format("stuck"),
            _variant(order="oscillating steady"),
        ),
        Mistake(
            "never steady",
            NEVER.format("steady"),
            _variant(order="oscillating stuck"),
        ),
        Mistake(
            "never oscillating",
            NEVER.format("oscillating"),
            _variant(order="steady stuck"),
        ),
    ),
}
