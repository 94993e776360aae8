"""nbgrader's own tests pass: the other half, in a file of its own so that it can run beside the first."""

from __future__ import annotations

import pytest

from tests.nbgrader_steps.conformance import NAMES, passes


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("first", [1, 3, 5])
def test_nbgraders_own(first: int, tmp_path) -> None:
    passes(NAMES[first::6], tmp_path)
