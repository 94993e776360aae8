"""Runs the page's engine in Node, on problems that Python gives, and returns what it computes."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from course.explorer.model import runs
from course.explorer.model.problem import Problem
from course.explorer.view import script

NODE = shutil.which("node") or shutil.which("nodejs")
needs_node = pytest.mark.skipif(
    NODE is None, reason="there is no Node on this machine; `apt-get install nodejs`"
)
# Writes a JSON text; numbers that JSON does not know are null.
RUN = """
const results = jobs.map((job) => {
  const net = new Network(job.settings, source);
  const gradient = new Float64Array(net.size);
  const loss = net.lossAt(net.start);
  net.differentiate(net.batchWeights(0), gradient);
  const curves = job.rates.map((rate) => descend(net, rate, job.steps));
  const codes = curves.map((losses) => regime(losses));
  const ends = curves.map((losses) => end(losses));
  const kept = new Float64Array((job.steps + 1) * net.size);
  if (job.curved !== undefined) descend(net, job.rates[job.curved], job.steps, kept);
  const direction = new Float64Array(net.size).map((_, k) => Math.cos(k));
  const tops = [];
  for (let t = 0; job.curved !== undefined && t <= job.steps; t += 10)
    tops.push(topCurvature(net, kept.subarray(t * net.size, (t + 1) * net.size), direction));
  const list = (values) => Array.from(values);
  return { loss, start: list(net.start), gradient: list(gradient), curves: curves.map(list), codes, ends,
    jumps: landmarks(ends, codes), tops };
});
process.stdout.write(JSON.stringify(results));
"""


def computed(jobs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the engine's results for jobs of `job`."""
    text = "\n".join(
        [
            script.engine(),
            script.constant("source", script.source()),
            script.constant("jobs", list(jobs)),
            RUN,
        ]
    )
    return list(json.loads(node(text)))


def node(text: str) -> str:
    """Return what a module prints in Node."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "engine.mjs"
        path.write_text(text, encoding="utf-8")
        result = subprocess.run([str(NODE), str(path)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def job(
    problem: Problem, rates: np.ndarray | None = None, steps: int = runs.STEPS, **more: Any
) -> dict[str, Any]:
    """Return what the engine is asked for: by default all runs of a problem."""
    rates = runs.learning_rates(problem) if rates is None else rates
    return {"settings": asdict(problem), "rates": [float(rate) for rate in rates], "steps": steps, **more}


def numbers(values: Any) -> np.ndarray:
    """Return an array of what came as JSON, NaN where it is null."""
    return np.array(values, dtype=float)
