"""A mistake that the visible checks and the hidden tests both know is called the same by both."""

from functools import cache

import pytest

from course.checking.check import checks_of
from course.checking.diagnose import AVERAGING
from course.checking.trial import examine, warnings_ignored
from mlp_ref.mistakes import MISTAKES


@cache
def cases_of(name):
    with warnings_ignored():
        return checks_of(name.partition(".")[0])[name].cases()


def suspected(name, function):
    """What the visible check suspects, where it is in the table of this function."""
    check, cases = checks_of(name.partition(".")[0])[name], cases_of(name)
    try:
        finding = examine(function, cases, check.tolerance, check.withheld, name in AVERAGING)
    except Exception:  # mistakes that raise are told by what they raise
        return None
    return finding.suspicion if finding and finding.suspicion in cases[0].wrong else None


WITH_SUSPECTS = [name for name in MISTAKES if cases_of(name)[0].wrong]


@pytest.mark.sampled
@pytest.mark.parametrize("name", WITH_SUSPECTS)
def test_both_judges_use_the_same_words(name):
    with warnings_ignored():
        words = {m.name: (suspected(name, m.function), m.hint) for m in MISTAKES[name]}
    known_to_both = {mistake: pair for mistake, pair in words.items() if pair[0]}
    assert known_to_both
    assert {m: (visible, hint) for m, (visible, hint) in known_to_both.items() if visible not in hint} == {}
