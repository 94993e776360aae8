"""The explorer's JavaScript as one module: the files of `js/` joined, with what only Python knows.

A module that is imported from text cannot import its neighbours, so they are joined here. There is nothing
else to build: each file is a module by itself too, which Node and a type checker read as it is.
"""

from __future__ import annotations

import base64
import functools
import json
import re
from typing import Any

from course import data
from course.explorer.model.problem import DATA, MOONS, WIDTHS
from course.explorer.view.files import HERE

SEEDS = range(100)
"""whose first weights the page holds"""
ENGINE = ("operations", "tape", "network", "runs", "details", "sweep")
"""what runs in a Web Worker too"""
VIEW = (
    "words", "asked_details", "table", "play", "state", "dom", "dragging", "control_names", "contour",
    "panel", "run_panel", "rates_panel", "curvature_panel", "deltas_panel", "output_panel", "path_panel",
    "pins", "predict", "pen", "legend", "listen", "chart",
)  # fmt: skip
DRAWS = max(4 * WIDTHS[-1] + 1, 2 * WIDTHS[-1] + WIDTHS[-1] ** 2 + WIDTHS[-1])
"""how many normal numbers the first weights take at most: those of the widest net of seed 2"""


@functools.cache
def source() -> dict[str, Any]:
    """Return the data sets, and for each seed the normal numbers of which its first weights are made."""
    examples = {name: data.xor() if name == "xor" else data.two_moons(MOONS) for name in DATA}
    return {
        "draws": {str(seed): draws(seed) for seed in SEEDS},
        "examples": {
            name: {"X": X[:, :2].tolist(), "y": y[:, 0].tolist()} for name, (X, y) in examples.items()
        },
    }


def draws(seed: int) -> str:
    """Return the normal numbers of which a seed's first weights are made, as base64 of float64."""
    numbers, _ = data.initial_weights(DRAWS, 1, seed)
    return base64.b64encode(numbers.astype("<f8").tobytes()).decode("ascii")


@functools.cache
def engine() -> str:
    """Return the engine, without the source of its data."""
    return joined(ENGINE)


@functools.cache
def module() -> str:
    """Return the module of the widget: engine, view, and what both are told by Python."""
    return shared() + "\nexport default { initialize, render };\n"


def shared() -> str:
    """Return what the widget and a page have in common."""
    constants = constant("SOURCE", source()) + constant("ENGINE", engine())
    return constants + engine() + joined(VIEW)


def joined(names: tuple[str, ...]) -> str:
    """Return these files of `js/` as one text, without imports and exports, which a worker cannot read."""
    texts = [(HERE / "js" / f"{name}.js").read_text(encoding="utf-8") for name in names]
    return re.sub(
        r'^import [^;]*? from "\./[^"]*";\n|^export (?!default)', "", "\n".join(texts), flags=re.MULTILINE
    )


def constant(name: str, value: Any) -> str:
    """Return a line of JavaScript that gives a constant this value."""
    text = json.dumps(value).replace("</", "<\\/")  # "</script" in a text would end a page's script element
    return f"const {name} = {text};\n"
