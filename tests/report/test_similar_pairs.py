"""Which answers count as alike: the copy with other names does, what everybody has does not."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.grading.gradebook.class_record import CellKey
from course.grading.report.forms import compact
from course.grading.report.normalise import NormalisedAnswer, normalise, released_question
from course.grading.report.similar_pairs import Pair, same_lines, similar_pairs

TEMPLATE = '''def train(X, y, eta):
    """Return the losses."""
    # YOUR CODE HERE
    raise NotImplementedError()
'''
IMPORTS = "import numpy as np\nfrom course import sigmoid"
QUESTION = released_question(TEMPLATE, [IMPORTS, TEMPLATE], "code")
KEY = ("ps", "train")
ANSWER = """def train(X, y, eta):
    losses = []
    for step in range(10):
        error = sigmoid(X) - y
        losses.append(np.sum(error ** 2, axis=0))
    return losses
"""
COPY = """def train(inputs, targets, rate):
    '''My own words.'''
    # all by myself
    history = []

    for k in range( 10 ):
      e = sigmoid(inputs) \\
          - targets
      history.append(np.sum(e**2, axis = 0))
    return history
"""


def pairs_of(answers: dict[CellKey, dict[str, NormalisedAnswer]]) -> list[Pair]:
    """Return the five most similar pairs."""
    return similar_pairs(
        {key: {name: compact(each) for name, each in by_name.items()} for key, by_name in answers.items()}, 5
    )


def words(source: str) -> tuple[str, ...]:
    return normalise(source, QUESTION, "code").words


def test_names_comments_layout_and_texts_do_not_count() -> None:
    assert words(COPY) == words(ANSWER)
    assert len(words(ANSWER)) > 30


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("error ** 2", "error ** 3"),
        ("np.sum", "np.mean"),
        ("axis=0", "keepdims=0"),
        ("sigmoid(X) - y", "y - sigmoid(X)"),
        ("range(10)", "list(10)"),
        ("sigmoid(X)", "np(X)"),
    ],
)
def test_what_is_computed_counts(before: str, after: str) -> None:
    assert before in ANSWER
    assert words(ANSWER.replace(before, after)) != words(ANSWER)


def test_names_that_are_bound_together_do_not_count() -> None:
    assert words("low, high = 0, 1") == words("a, b = 0, 1")


@pytest.mark.parametrize("rest", ["if x:\n    a\n  b", '"""', "f(", "\0", "?", "0x", "\ud800", "\\"])
def test_what_is_no_python_is_read_up_to_there(rest: str) -> None:
    assert words(f"x = 1\n{rest}")[:3] == ("name", "=", "1")


def test_what_was_given_is_taken_out() -> None:
    assert words(TEMPLATE) == ()
    assert words(TEMPLATE + "    return 1") == ("return", "1")
    assert words("def train(a, b, c): return a") == ("return", "argument 0")


def test_lines_lead_back_to_the_source() -> None:
    answer = normalise(COPY, QUESTION, "code")
    lines = COPY.splitlines()
    assert {lines[line].strip().split("(")[0] for line in answer.lines} >= {"history = []", "return history"}
    assert all(lines[line].strip() for line in answer.lines)


def test_a_text_is_compared_by_its_words() -> None:
    question = released_question("YOUR ANSWER HERE", [], "markdown")
    answer = normalise("YOUR ANSWER HERE\nBecause, of *Course*!", question, "markdown")
    assert answer == NormalisedAnswer(("because", "of", "course"), (1, 1, 1))


@pytest.mark.slow
@given(st.text() | st.text("()[]{}:=\"'#\\\n\t ,.x0%def\x00\ud800", max_size=80))
def test_whatever_was_handed_in_can_be_read(source: str) -> None:
    answer = normalise(source, QUESTION, "code")
    assert len(answer.words) == len(answer.lines)
    assert all(0 <= line <= source.count("\n") + source.count("\r") + 1 for line in answer.lines)


def a_class(size: int, seed: int = 0) -> dict[str, NormalisedAnswer]:
    """Return answers of `size` students who all wrote their own."""
    rng = random.Random(seed)
    parts = ("a = X * {}", "b = np.exp(y - {})", "for i in range({}): pass", "c = [eta, {}]", "d = {} / X")
    answers = {}
    for number in range(size):
        lines = [rng.choice(parts).format(rng.randrange(1000)) for _ in range(12)]
        source = "def train(X, y, eta):\n    " + "\n    ".join(lines)
        answers[f"s{number:04d}"] = normalise(source, QUESTION, "code")
    return answers


def test_the_two_who_copied_come_first() -> None:
    answers = {
        **a_class(60),
        "ann": normalise(ANSWER, QUESTION, "code"),
        "bob": normalise(COPY, QUESTION, "code"),
    }
    pairs = pairs_of({KEY: answers})
    assert [pair.students for pair in pairs] == [("ann", "bob")]
    (match,) = pairs[0].matches
    assert match.similarity == 1.0
    assert same_lines(answers["ann"], answers["bob"]) == (
        frozenset(range(1, 6)),
        frozenset({3, 5, 6, 7, 8, 9}),
    )


def test_a_line_put_in_between_hides_nothing_and_is_not_marked() -> None:
    changed = ANSWER.replace("    return losses", "    done = True and not False\n    return losses")
    answers = {
        **a_class(20),
        "ann": normalise(ANSWER, QUESTION, "code"),
        "bob": normalise(changed, QUESTION, "code"),
    }
    (pair,) = pairs_of({KEY: answers})
    assert 0.8 < pair.matches[0].similarity < 1
    assert same_lines(answers["ann"], answers["bob"]) == (frozenset(range(1, 6)), frozenset({1, 2, 3, 4, 6}))


def test_what_many_have_is_nobodys_own() -> None:
    everybody = {f"s{number}": normalise(ANSWER, QUESTION, "code") for number in range(20)}
    assert pairs_of({KEY: everybody}) == []


def test_what_is_short_tells_nothing() -> None:
    short = normalise("def train(X, y, eta):\n    return X - eta * y", QUESTION, "code")
    assert pairs_of({KEY: {**a_class(20), "ann": short, "bob": short}}) == []


def test_answers_add_up() -> None:
    """Who shares two answers comes before who shares one."""
    answer = normalise(ANSWER, QUESTION, "code")
    other = normalise(ANSWER.replace("**", "//"), QUESTION, "code")
    first = {**a_class(30, 1), "ann": answer, "bob": answer, "carl": other, "dora": other}
    second = {**a_class(30, 2), "carl": answer, "dora": answer}
    pairs = pairs_of({("ps", "one"): first, ("ps", "two"): second})
    assert pairs[0].students == ("carl", "dora")
    assert len(pairs[0].matches) == 2
    assert ("ann", "bob") in [pair.students for pair in pairs]


@pytest.mark.slow
def test_two_thousand_answers_of_which_two_are_the_same() -> None:
    answers = a_class(2000)
    answers["s1999"] = answers["s0007"]
    pairs = pairs_of({KEY: answers})
    assert pairs[0].students == ("s0007", "s1999")
    assert pairs[0].matches[0].similarity == 1.0


def test_the_order_is_fixed() -> None:
    answers = a_class(50)
    answers |= {f"t{number}": answers[f"s{number:04d}"] for number in range(8)}
    backwards = dict(reversed(answers.items()))
    assert pairs_of({KEY: answers}) == pairs_of({KEY: backwards})
