"""Kernels as for the tests of the sandbox."""

from tests.sandbox.conftest import kernel, start, value

__all__ = ["kernel", "start", "value"]
