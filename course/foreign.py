"""What stands for a value that cannot be sent between the grader and a student's process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NoReturn

_UNARY = "iter next len neg pos abs invert int float complex index round trunc floor ceil enter await aiter"
_BINARY = "add sub mul matmul truediv floordiv mod divmod pow lshift rshift and xor or"
_OTHERS = "getitem setitem delitem contains reversed lt le gt ge exit array"


@dataclass(frozen=True)
class Foreign:
    """A value of a kind that cannot be sent, as the process in which it is describes it.

    Whatever is done with it raises a TypeError that says so, in words that name none of our classes.
    """

    description: str
    """`of type set`, say"""

    def __repr__(self) -> str:
        """Return what the value is."""
        return f"<{self.description}>"

    def __format__(self, form: str) -> str:
        """Return what the value is, where no form of a number is asked for."""
        return _refuse(self) if form else repr(self)

    def __getattr__(self, name: str) -> NoReturn:
        """Refuse an attribute."""
        if name.startswith("__") or name == "description":
            raise AttributeError(name)
        raise AttributeError(_sentence(self))


def _sentence(value: Foreign) -> str:
    return (
        f"This value ({value.description}) cannot be used here: numbers, texts, arrays, lists, tuples and "
        "dictionaries can."
    )


def _refuse(self: Foreign, *_: Any, **__: Any) -> NoReturn:
    raise TypeError(_sentence(self))


def _make_useless() -> None:
    names = f"{_UNARY} {_BINARY} {_OTHERS}".split()
    names += [f"{side}{name}" for side in "ri" for name in _BINARY.split()]
    for name in names:
        setattr(Foreign, f"__{name}__", _refuse)
    # arrays then leave arithmetic to it, which refuses; mypy knows no attribute that is set from outside
    Foreign.__array_ufunc__ = None  # type: ignore[attr-defined]
    Foreign.__name__ = Foreign.__qualname__ = "object"
    Foreign.__module__ = "builtins"


_make_useless()
