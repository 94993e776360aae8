"""The explorer's widget without a browser: controls, state, files, errors."""

import json
import re
import xml.etree.ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ipywidgets
import numpy as np
import pytest
from matplotlib.figure import Figure

from course import LossExplorer, files
from course.explorer.model.runs import REGIMES
from mlp_ref.training import gradients_end_to_end

STEPS = 20


@pytest.fixture
def make_explorer():
    made = []

    def make(*args, **settings):
        made.append(LossExplorer(*args, **{"steps": STEPS, **settings}))
        return made[-1]

    yield make
    for explorer in made:
        explorer.close()


def control(explorer, name):
    """Return the control of the explorer that has this DOM class."""
    stack = [explorer]
    while stack:
        widget = stack.pop()
        if name in getattr(widget, "_dom_classes", ()):
            return widget
        stack += getattr(widget, "children", ())
    raise AssertionError(f"there is no {name}")


def test_classes_that_tools_look_for(make_explorer):
    explorer = make_explorer()
    assert "loss-explorer" in explorer._dom_classes
    slider = control(explorer, "learning-rate")
    assert isinstance(slider, ipywidgets.IntSlider)
    assert (slider.min, slider.max) == (0, 120)


def testcontrols_are_joined_in_the_browser(make_explorer):
    explorer = make_explorer()
    joined = {(link.source[0], link.source[1], link.target[1]) for link in explorer.controls.links}
    assert (control(explorer, "learning-rate"), "value", "index") in joined
    assert {target for _, _, target in joined} >= {
        "index",
        "step",
        "rate",
        "jump",
        "pinned",
        "playing",
        "log",
        "ending",
        "saving",
        "resetting",
    }


def test_the_state_rebuilds_the_view(make_explorer):
    pins = [1.0, {"rate": 5.0, "seed": 3, "hidden": 2}]
    view = {"network": "seed 2", "data": "moons", "hidden": 2, "scale": 0.5, "seed": 9}
    explorer = make_explorer(**view, rate=0.0123, step=7, log=False, curvature=True, pins=pins)
    code = str(explorer.state)
    assert repr(explorer.state) == code
    again = eval(code, {"LossExplorer": make_explorer})
    assert str(again.state) == code
    for part in ("'seed 2'", "'moons'", "0.0123", "step=7", "log=False", "curvature=True", "'seed': 3"):
        assert part in code
    np.testing.assert_array_equal(again.losses, explorer.losses)
    assert again.chart.pins == explorer.chart.pins


def test_an_exact_rate_takes_the_place_of_its_neighbour(make_explorer):
    explorer = make_explorer()
    explorer.chart.asked = [12.345, 1]
    explorer.settle()
    assert explorer.rates[explorer.chart.index] == 12.345
    assert (np.diff(explorer.rates) > 0).all()
    assert explorer.headline.startswith("η = 12.35:")


@pytest.mark.parametrize("asked", [0.0, -1.0, 1e9, float("nan"), float("inf")])
def test_a_rate_that_cannot_be_is_refused_in_the_status_line(make_explorer, asked):
    explorer = make_explorer(rate=1.0)
    explorer.settle()
    before = explorer.chart.rates
    explorer.chart.asked = [asked, 1]
    assert "the learning rates here go from 0.01 to 1000" in explorer.status
    assert (explorer.chart.rates, explorer.chart.answered) == (before, 1)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"gradient": 3}, "gradient must be a function, and is a int"),
        ({"network": "seed 9"}, "choose one of 'seed 1', 'seed 2'"),
        ({"rate": -1.0}, "the learning rates here go from"),
        ({"step": STEPS + 1}, "a step among them"),
        ({"pins": [1.0] * 5}, "at most 4"),
    ],
)
def test_an_explorer_that_cannot_be_is_refused(wrong, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        LossExplorer(**{"steps": STEPS, **wrong})


def test_a_control_computes_anew_and_pins_keep_their_curves(make_explorer):
    explorer = make_explorer(pins=[5.0])
    before = explorer.losses
    k = explorer.chart.pins[0]["index"]
    control(explorer, "seed").value = 4
    explorer.settle()
    assert explorer.problem.seed == 4
    (pin,) = explorer.chart.pins
    assert pin["label"] == "η = 5, seed 0"
    np.testing.assert_allclose(pin["losses"], before[k])
    assert not np.allclose(explorer.losses, before)
    assert np.frombuffer(explorer.chart.losses, np.float32).reshape(121, -1)[60] == pytest.approx(
        explorer.losses[60], rel=1e-6
    )


def test_reset_brings_back_the_first_view(make_explorer):
    explorer = make_explorer(seed=2)
    first = str(explorer.state)
    control(explorer, "seed").value = 4
    explorer.chart.index, explorer.chart.step, explorer.chart.pins = 3, 1, [{"index": 2}]
    explorer.chart.resets += 1
    explorer.settle()
    assert str(explorer.state) == first


def test_an_exception_in_a_callback_is_told(make_explorer, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(1) as thread:  # with no event loop, as outside of a notebook
        explorer = thread.submit(make_explorer).result()
    explorer.settle()
    monkeypatch.setattr(LossExplorer, "save", lambda self, path: (_ for _ in ()).throw(OSError("disk full")))
    explorer.chart.saves += 1
    assert "OSError: disk full" in explorer.status
    assert isinstance(explorer.error, OSError)


def raising(X, y, W1, W2):
    raise KeyError("W3")


def test_a_gradient_that_raises_is_told_and_the_explorer_goes_on(make_explorer):
    explorer = make_explorer(raising)
    explorer.settle()
    assert "Your gradient raised KeyError: 'W3'" in explorer.status
    assert "of raising)" in explorer.status
    assert isinstance(explorer.error.__cause__, KeyError)
    control(explorer, "seed").value = 4
    explorer.settle()
    assert np.isfinite(explorer.losses).all()


@pytest.mark.parametrize("network", ["seed 1", "seed 2"])
def test_numpy_told_to_raise_does_not_end_what_is_computed(make_explorer, network):
    with np.errstate(all="raise"):
        explorer = make_explorer(network=network, steps=200, curvature=True)
        explorer.settle()
    assert (explorer.error, explorer.status) == (None, "")
    assert explorer.chart.known == b"\1" * 121
    curvatures = np.frombuffer(explorer.chart.curvatures, np.float32).reshape(121, -1)
    assert np.isfinite(curvatures[:, 0]).all()


def test_where_the_runs_part_goes_to_the_browser(make_explorer):
    explorer = make_explorer(lambda X, y, W1, W2: (W1 / 10, W2 / 10))
    explorer.settle()
    assert explorer.chart.parts == [1] * 121


def test_a_gradient_s_name_is_in_the_state(make_explorer):
    explorer = make_explorer(gradients_end_to_end)
    assert str(explorer.state).startswith("LossExplorer(gradient=gradients_end_to_end, network=")


# ---- figures and files


def test_the_figure_shows_the_runs_and_is_not_pyplot_s(make_explorer):
    explorer = make_explorer(gradients_end_to_end, pins=[1.0], curvature=True)
    explorer.settle()
    figure = explorer.figure()
    assert isinstance(figure, Figure)
    run, rates, curvature = figure.axes
    lines = {line.get_label(): line.get_ydata() for line in run.get_lines()}
    index = explorer.chart.index
    np.testing.assert_allclose(lines["true"], explorer.losses[index])
    np.testing.assert_allclose(lines["yours"], explorer.losses[index], rtol=1e-9)
    np.testing.assert_allclose(lines["η = 1"], explorer.losses[np.flatnonzero(explorer.rates == 1.0)[0]])
    assert sum(len(line.get_xdata()) for line in rates.get_lines() if line.get_label() != "_child0") >= 121
    assert curvature.get_ylabel() == "η · λ_max"
    assert figure.canvas.manager is None, "pyplot would have given it a manager"


def test_every_format_can_be_saved(make_explorer, tmp_path):
    explorer = make_explorer()
    assert explorer.save(tmp_path / "run.png").read_bytes().startswith(b"\x89PNG")
    assert xml.etree.ElementTree.parse(explorer.save(tmp_path / "run.svg")).getroot().tag.endswith("svg")
    rows = explorer.save(tmp_path / "run.csv").read_text().splitlines()
    assert rows[0] == "rate,regime,step,loss"
    assert len(rows) == 1 + 121 * (STEPS + 1)
    rate, regime, step, loss = rows[1 + 5 * (STEPS + 1) + 3].split(",")
    assert (float(rate), int(step), float(loss)) == (explorer.rates[5], 3, explorer.losses[5, 3])
    assert regime in REGIMES
    with pytest.raises(ValueError, match=r"saves \.png, \.svg, \.csv and \.html"):
        explorer.save(tmp_path / "run.pdf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.csv", "run.png", "run.svg"]


def test_the_page_holds_all_and_asks_for_nothing(make_explorer, tmp_path):
    explorer = make_explorer(pins=[1.0])
    text = explorer.to_html(tmp_path / "page.html").read_text()
    assert not re.findall(r"""(?:src|href)=|url\(["']?http|https?://(?!www\.w3\.org/)""", text)
    state = json.loads(re.search(r'id="state">(.*?)</script>', text, flags=re.DOTALL)[1])
    assert set(state) >= {"losses", "rates", "headlines", "pins"}
    assert state["headlines"][explorer.chart.index] == explorer.headline


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    path = tmp_path / "page.html"
    files.write(path, b"old")
    with pytest.raises(TypeError):
        files.write(path, "not bytes")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    assert files.unused(path) == tmp_path / "page-2.html"
    assert files.unused(Path("nothing.png")) == Path("nothing.png")


def test_csv_has_the_student_s_losses(make_explorer, tmp_path):
    explorer = make_explorer(gradients_end_to_end)
    explorer.settle()
    rows = explorer.save(tmp_path / "runs.csv").read_text().splitlines()
    assert rows[0].endswith(",own_loss")
    loss, own = map(float, rows[7].split(",")[3:])
    assert own == pytest.approx(loss)
