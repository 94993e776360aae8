"""Ways of returning the same result: every one of them must be accepted."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

Form = Callable[[Any], Any]


def _nested(change: Form) -> Form:
    """Apply `change` to every array or number in a result, keeping its containers."""

    def changed(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return type(value)(changed(item) for item in value)
        return change(value)

    return changed


def _array(change: Form) -> Form:
    return _nested(lambda value: change(value) if isinstance(value, np.ndarray) and value.ndim else value)


def _number(change: Form) -> Form:
    def changed(value: Any) -> Any:
        return change(value) if isinstance(value, (float, np.floating)) else value

    return _nested(changed)


def _as_integers(value: Any) -> Any:
    """Return integers where all values are whole."""
    array = np.asarray(value)
    if array.dtype.kind == "f" and np.all(np.isfinite(array)) and np.all(array == np.rint(array)):
        return array.astype(np.int64)
    return value


def _sequence(kind: type) -> Form:
    return lambda value: kind(value) if isinstance(value, (list, tuple)) else value


def _with_output(value: Any) -> Any:
    print("step 1 of 1")
    print("looks good", file=sys.stderr)
    warnings.warn("overflow encountered in exp", RuntimeWarning, stacklevel=1)
    return value


FORMS: dict[str, Form] = {
    "as it is": lambda value: value,
    "tuple": _sequence(tuple),
    "list": _sequence(list),
    "Fortran order": _array(np.asfortranarray),
    "not contiguous": _array(lambda a: np.repeat(a, 2, axis=-1)[..., ::2]),
    "read-only": _array(lambda a: np.broadcast_to(a.copy(), a.shape)),
    "list for one axis": _array(lambda a: a.tolist() if a.ndim == 1 else a),
    "list of lists": _array(lambda a: a.tolist()),
    "list of rows": _array(lambda a: list(a)),
    "list of NumPy scalars": _array(lambda a: list(a) if a.ndim == 1 else a),
    "Python number": _number(float),
    "NumPy scalar": _number(np.float64),
    "0-d array": _number(np.array),
    "integers": _nested(_as_integers),
    "prints and warnings": _with_output,
}
