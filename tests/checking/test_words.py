"""A word that is none of those asked for is told from a wrong one, in both judges."""

import pytest

from course.checking.check import CheckFailed, check
from course.checking.seed import use_seed
from course.checking.trial import WrongAnswer
from mlp_ref.functions import REFERENCE
from mlp_ref.grading import matches_reference

THE_WORDS = (
    'Suspicion: the words are "diverged", "oscillating", "slow", "steady" and "stuck": is one misspelt?'
)


def named(words):
    def classify_run(losses):
        word = REFERENCE["ps3.classify_run"](losses)
        return words.get(word, word)

    return classify_run


@pytest.mark.parametrize(
    "words",
    [{"oscillating": "oscillate"}, {"stuck": "Stuck"}, {"steady": ""}, {"slow": "steady ", "stuck": "slow"}],
)
def test_the_words_are_told_where_another_one_comes_back(words):
    for judge, refused in ((check, CheckFailed), (matches_reference, WrongAnswer)):
        with use_seed(0), pytest.raises(refused) as raised:
            judge("ps3.classify_run", named(words))
        assert str(raised.value).endswith(THE_WORDS)


def test_they_are_not_told_where_it_is_one_of_them():
    for judge, refused in ((check, CheckFailed), (matches_reference, WrongAnswer)):
        with use_seed(0), pytest.raises(refused) as raised:
            judge("ps3.classify_run", named({"stuck": "diverged"}))
        assert "misspelt" not in str(raised.value)
