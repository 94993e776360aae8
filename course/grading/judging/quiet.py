"""Running the instructor's own cells without their noise."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator


class _Nowhere(io.StringIO):
    """Keeps nothing of what is written to it."""

    def write(self, text: str) -> int:
        """Drop `text`."""
        return len(text)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drop what is printed, and warnings."""
    with (
        contextlib.redirect_stdout(_Nowhere()),
        contextlib.redirect_stderr(_Nowhere()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield
