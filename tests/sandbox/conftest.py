"""Real kernels in real sandboxes, and after each test proof that nothing of them is left."""

from __future__ import annotations

import tempfile
from functools import partial

import pytest

from course.grading.sandbox.guest import Guest
from tests.sandboxes import Kernels, added_to, belongings, left_of, value_in


@pytest.fixture
def start(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = belongings()
    kernels = Kernels()
    yield kernels
    for kernel in kernels.started:
        kernel.close()
    assert not left_of(kernels.spaces)
    kernels.forget()
    with Guest() as next_one:
        assert next_one.execute("print(1 + 1)").outputs[0].text == "2\n"
    assert not list(tmp_path.iterdir())
    assert not added_to(before)


@pytest.fixture
def kernel(start):
    return start()


@pytest.fixture
def value(kernel):
    """Evaluates an expression in the student's kernel, and returns its text."""
    return partial(value_in, kernel)
