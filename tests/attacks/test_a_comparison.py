"""A. Results that try to be equal to whatever is expected."""

from __future__ import annotations

import pytest

from tests.attacks.arena import RIGHT, Attack, fight, holds

OBJECTS = {
    "an array equal to everything": """
class Equal(np.ndarray):
    def __eq__(self, other): return np.ones(self.shape, bool)
    __ne__ = lambda self, other: np.zeros(self.shape, bool)
def attacked(y, y_hat): return np.zeros(y.shape).view(Equal)
""",
    "an array that answers ufuncs": """
class Agrees(np.ndarray):
    def __array_ufunc__(self, *args, **kwargs): return np.bool_(True)
    def __array_function__(self, *args): return True
def attacked(y, y_hat): return np.zeros(y.shape).view(Agrees)
""",
    "the right values in a subclass": f"""
class Mine(np.ndarray): pass
def attacked(y, y_hat): return ({RIGHT}).view(Mine)
""",
    "a masked array": "def attacked(y, y_hat): return np.ma.masked_all(y.shape)",
    "a matrix": f"def attacked(y, y_hat): return np.matrix({RIGHT})",
    "an object equal to everything": """
class Any:
    __eq__ = __le__ = __ge__ = lambda self, other: True
    __ne__ = __lt__ = __gt__ = lambda self, other: False
    shape = property(lambda self: (7, 1))
    dtype, ndim = np.dtype(float), 2
    def __array__(self, *args, **kwargs): return np.zeros((7, 1))
    __array_interface__ = property(lambda self: np.zeros((7, 1)).__array_interface__)
    def __sub__(self, other): return 0.0
    __rsub__ = __mul__ = __rmul__ = __sub__
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
def attacked(y, y_hat): return Any()
""",
    "its own class is the function": """
class attacked:
    def __init__(self, y, y_hat): pass
    def __eq__(self, other): return True
    __class__ = np.ndarray
""",
    "an object array of agreeing things": """
class Agree:
    __eq__ = lambda self, other: True
    __sub__ = __rsub__ = __abs__ = __float__ = lambda self, *other: 0.0
def attacked(y, y_hat): return np.array([[Agree()]] * len(y), dtype=object)
""",
    "a record array": "def attacked(y, y_hat): return np.zeros(y.shape, dtype=[('a', float)])",
    "a mock": "from unittest.mock import MagicMock\nattacked = MagicMock()",
    "a generator": f"def attacked(y, y_hat): yield {RIGHT}",
    "a lazy result": f"def attacked(y, y_hat): return lambda: {RIGHT}",
    "a coroutine": f"async def attacked(y, y_hat): return {RIGHT}",
    "the function itself": "def attacked(y, y_hat): return attacked",
    "NotImplemented": "def attacked(y, y_hat): return NotImplemented",
}

VALUES = {
    "nothing": "def attacked(y, y_hat): pass",
    "NaN": "def attacked(y, y_hat): return np.full(y.shape, np.nan)",
    "infinity": "def attacked(y, y_hat): return np.full(y.shape, np.inf)",
    "an empty array": "def attacked(y, y_hat): return np.empty((0, 1))",
    "an array without axes": "def attacked(y, y_hat): return np.array(0.0)",
    "something to broadcast": "def attacked(y, y_hat): return np.zeros((1, 1))",
    "a broadcast of the right row": f"def attacked(y, y_hat): return np.broadcast_to({RIGHT}, (3, *y.shape))",
    "no second axis": f"def attacked(y, y_hat): return ({RIGHT}).ravel()",
    "float32": f"def attacked(y, y_hat): return ({RIGHT}).astype('f4')",
    "complex": f"def attacked(y, y_hat): return ({RIGHT}) + 0j",
    "text": f"def attacked(y, y_hat): return repr({RIGHT})",
    "numbers as text": f"def attacked(y, y_hat): return ({RIGHT}).astype(str)",
    "True": "def attacked(y, y_hat): return True",
    "tuples for an array": Attack(f"def attacked(y, y_hat): return tuple(map(tuple, {RIGHT}))", "pass"),
    "tuples that are too deep": f"def attacked(y, y_hat): return tuple(map(tuple, ({RIGHT})[None]))",
    "an array in a list": f"def attacked(y, y_hat): return [{RIGHT}]",
    "a list of itself": Attack("def attacked(y, y_hat):\n    a = []\n    a.append(a)\n    return a", "error"),
    "a dict": f"def attacked(y, y_hat): return {{0: {RIGHT}}}",
    "a big-endian array": Attack(f"def attacked(y, y_hat): return ({RIGHT}).astype('>f8')"),
}

PATCHES = {
    "NumPy agrees": """
np.isclose = np.allclose = np.array_equal = lambda *a, **k: True
np.isfinite = np.all = lambda *a, **k: np.bool_(True)
np.testing.assert_allclose = lambda *a, **k: None
def attacked(y, y_hat): return np.zeros(y.shape)
""",
    "builtins agree": """
import builtins
builtins.isinstance = builtins.all = builtins.any = lambda *a: True
builtins.type = lambda x, *a: float
builtins.AssertionError = builtins.Exception = type("Nothing", (BaseException,), {})
def attacked(y, y_hat): return 0.0
""",
    "the course agrees": """
import course, course.checking.check, course.values, course_guest.codec
nothing = lambda *a, **k: None
for module in (course, course.checking.check, course.values, course_guest.codec):
    for name in ("check", "compare", "examine", "agrees", "close", "_try", "unchanged", "notes"):
        if hasattr(module, name): setattr(module, name, nothing)
check = matches_reference = assert_equal = nothing
def attacked(y, y_hat): return np.zeros(y.shape)
""",
    "a reference of one's own": """
import sys, types
fake = types.ModuleType("mlp_ref"); fake.grading = types.ModuleType("mlp_ref.grading")
fake.grading.matches_reference = lambda *a: None
sys.modules["mlp_ref"] = fake; sys.modules["mlp_ref.grading"] = fake.grading
def check(*a): pass
def matches_reference(*a): pass
def attacked(y, y_hat): return np.zeros(y.shape)
""",
    "shadow modules in the folder": """
from pathlib import Path
for name in ("numpy", "course", "mlp_ref", "json", "base64", "sitecustomize", "usercustomize"):
    Path(name + ".py").write_text("raise SystemExit(0)\\n__getattr__ = lambda name: print\\n")
Path("mlp_ref").mkdir(); Path("mlp_ref/__init__.py").write_text(""); Path("mlp_ref/grading.py").write_text(
    "matches_reference = lambda *a: None\\n")
import sys
sys.path.insert(0, ".")
def attacked(y, y_hat): return np.zeros(y.shape)
""",
}


@pytest.mark.slow
def test_objects():
    got = holds(OBJECTS)
    assert "ndarray" not in got.messages["a mock"]


@pytest.mark.slow
def test_values():
    holds(VALUES)


# Whoever breaks the kernel's NumPy or builtins breaks it for his other cells, too.
@pytest.mark.parametrize("name", PATCHES)
def test_patches(name):
    got = fight({name: PATCHES[name]})
    assert got.verdicts["first"] == "pass"
    assert got.verdicts[name] in ("wrong", "error", "crashed")
    if name not in ("builtins agree", "the course agrees", "NumPy agrees"):
        assert got.verdicts["last"] == "pass"


def test_names_of_the_test_are_the_graders():
    # also as own answers, before and after the locked cells
    own = "check = matches_reference = len = lambda *a: 1\nnp = None\n" + "import numpy as np\n"
    holds({"redefined": own + "def attacked(y, y_hat): return np.zeros(y.shape)"}, last="wrong")
