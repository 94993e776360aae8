"""The explorer's widget as Python has it: controls, state, files, trouble; no browser."""

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
def explorer():
    made = []

    def make(*args, **settings):
        made.append(LossExplorer(*args, **{"steps": STEPS, **settings}))
        return made[-1]

    yield make
    for one in made:
        one.close()


def control(explorer, name):
    """Return the control of the explorer that has this DOM class."""
    stack = [explorer]
    while stack:
        widget = stack.pop()
        if name in getattr(widget, "_dom_classes", ()):
            return widget
        stack += getattr(widget, "children", ())
    raise AssertionError(f"there is no {name}")


def test_classes_that_tools_look_for(explorer):
    one = explorer()
    assert "loss-explorer" in one._dom_classes
    slider = control(one, "learning-rate")
    assert isinstance(slider, ipywidgets.IntSlider)
    assert (slider.min, slider.max) == (0, 120)


def testcontrols_are_joined_in_the_browser(explorer):
    one = explorer()
    joined = {(link.source[0], link.source[1], link.target[1]) for link in one.controls.links}
    assert (control(one, "learning-rate"), "value", "index") in joined
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


def test_the_state_rebuilds_the_view(explorer):
    pins = [1.0, {"rate": 5.0, "seed": 3, "hidden": 2}]
    view = {"network": "seed 2", "data": "moons", "hidden": 2, "scale": 0.5, "seed": 9}
    one = explorer(**view, rate=0.0123, step=7, log=False, curvature=True, pins=pins)
    code = str(one.state)
    assert repr(one.state) == code
    again = eval(code, {"LossExplorer": explorer})
    assert str(again.state) == code
    for part in ("'seed 2'", "'moons'", "0.0123", "step=7", "log=False", "curvature=True", "'seed': 3"):
        assert part in code
    np.testing.assert_array_equal(again.losses, one.losses)
    assert again.chart.pins == one.chart.pins


def test_an_exact_rate_takes_the_place_of_its_neighbour(explorer):
    one = explorer()
    one.chart.asked = [12.345, 1]
    one.settle()
    assert one.rates[one.chart.index] == 12.345
    assert (np.diff(one.rates) > 0).all()
    assert one.headline.startswith("η = 12.35:")


@pytest.mark.parametrize("asked", [0.0, -1.0, 1e9, float("nan"), float("inf")])
def test_a_rate_that_cannot_be_is_refused_in_the_status_line(explorer, asked):
    one = explorer(rate=1.0)
    one.settle()
    before = one.chart.rates
    one.chart.asked = [asked, 1]
    assert "the learning rates here go from 0.01 to 1000" in one.status
    assert (one.chart.rates, one.chart.answered) == (before, 1)


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


def test_a_control_computes_anew_and_pins_keep_their_curves(explorer):
    one = explorer(pins=[5.0])
    before = one.losses
    k = one.chart.pins[0]["index"]
    control(one, "seed").value = 4
    one.settle()
    assert one.problem.seed == 4
    (pin,) = one.chart.pins
    assert pin["label"] == "η = 5, seed 0"
    np.testing.assert_allclose(pin["losses"], before[k])
    assert not np.allclose(one.losses, before)
    assert np.frombuffer(one.chart.losses, np.float32).reshape(121, -1)[60] == pytest.approx(
        one.losses[60], rel=1e-6
    )


def test_reset_brings_back_the_first_view(explorer):
    one = explorer(seed=2)
    first = str(one.state)
    control(one, "seed").value = 4
    one.chart.index, one.chart.step, one.chart.pins = 3, 1, [{"index": 2}]
    one.chart.resets += 1
    one.settle()
    assert str(one.state) == first


def test_an_exception_in_a_callback_is_told(explorer, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(1) as thread:  # with no event loop, as outside of a notebook
        one = thread.submit(explorer).result()
    one.settle()
    monkeypatch.setattr(LossExplorer, "save", lambda self, path: (_ for _ in ()).throw(OSError("disk full")))
    one.chart.saves += 1
    assert "OSError: disk full" in one.status
    assert isinstance(one.error, OSError)


def raising(X, y, W1, W2):
    raise KeyError("W3")


def test_a_gradient_that_raises_is_told_and_the_explorer_goes_on(explorer):
    one = explorer(raising)
    one.settle()
    assert "Your gradient raised KeyError: 'W3'" in one.status
    assert "of raising)" in one.status
    assert isinstance(one.error.__cause__, KeyError)
    control(one, "seed").value = 4
    one.settle()
    assert np.isfinite(one.losses).all()


@pytest.mark.parametrize("network", ["seed 1", "seed 2"])
def test_numpy_told_to_raise_does_not_end_what_is_computed(explorer, network):
    with np.errstate(all="raise"):
        one = explorer(network=network, steps=200, curvature=True)
        one.settle()
    assert (one.error, one.status) == (None, "")
    assert one.chart.known == b"\1" * 121
    curvatures = np.frombuffer(one.chart.curvatures, np.float32).reshape(121, -1)
    assert np.isfinite(curvatures[:, 0]).all()


def test_where_the_runs_part_goes_to_the_browser(explorer):
    one = explorer(lambda X, y, W1, W2: (W1 / 10, W2 / 10))
    one.settle()
    assert one.chart.parts == [1] * 121


def test_a_gradient_s_name_is_in_the_state(explorer):
    one = explorer(gradients_end_to_end)
    assert str(one.state).startswith("LossExplorer(gradient=gradients_end_to_end, network=")


# ---- figures and files


def test_the_figure_shows_the_runs_and_is_not_pyplot_s(explorer):
    one = explorer(gradients_end_to_end, pins=[1.0], curvature=True)
    one.settle()
    figure = one.figure()
    assert isinstance(figure, Figure)
    run, rates, curvature = figure.axes
    lines = {line.get_label(): line.get_ydata() for line in run.get_lines()}
    index = one.chart.index
    np.testing.assert_allclose(lines["true"], one.losses[index])
    np.testing.assert_allclose(lines["yours"], one.losses[index], rtol=1e-9)
    np.testing.assert_allclose(lines["η = 1"], one.losses[np.flatnonzero(one.rates == 1.0)[0]])
    assert sum(len(line.get_xdata()) for line in rates.get_lines() if line.get_label() != "_child0") >= 121
    assert curvature.get_ylabel() == "η · λ_max"
    assert figure.canvas.manager is None, "pyplot would have given it a manager"


def test_every_format_can_be_saved(explorer, tmp_path):
    one = explorer()
    assert one.save(tmp_path / "run.png").read_bytes().startswith(b"\x89PNG")
    assert xml.etree.ElementTree.parse(one.save(tmp_path / "run.svg")).getroot().tag.endswith("svg")
    rows = one.save(tmp_path / "run.csv").read_text().splitlines()
    assert rows[0] == "rate,regime,step,loss"
    assert len(rows) == 1 + 121 * (STEPS + 1)
    rate, regime, step, loss = rows[1 + 5 * (STEPS + 1) + 3].split(",")
    assert (float(rate), int(step), float(loss)) == (one.rates[5], 3, one.losses[5, 3])
    assert regime in REGIMES
    with pytest.raises(ValueError, match=r"saves \.png, \.svg, \.csv and \.html"):
        one.save(tmp_path / "run.pdf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.csv", "run.png", "run.svg"]


def test_the_page_holds_all_and_asks_for_nothing(explorer, tmp_path):
    one = explorer(pins=[1.0])
    text = one.to_html(tmp_path / "page.html").read_text()
    assert not re.findall(r"""(?:src|href)=|url\(["']?http|https?://(?!www\.w3\.org/)""", text)
    state = json.loads(re.search(r'id="state">(.*?)</script>', text, flags=re.DOTALL)[1])
    assert set(state) >= {"losses", "rates", "headlines", "pins"}
    assert state["headlines"][one.chart.index] == one.headline


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    path = tmp_path / "page.html"
    files.write(path, b"old")
    with pytest.raises(TypeError):
        files.write(path, "not bytes")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    assert files.unused(path) == tmp_path / "page-2.html"
    assert files.unused(Path("nothing.png")) == Path("nothing.png")


def test_csv_has_the_student_s_losses(explorer, tmp_path):
    one = explorer(gradients_end_to_end)
    one.settle()
    rows = one.save(tmp_path / "runs.csv").read_text().splitlines()
    assert rows[0].endswith(",own_loss")
    loss, own = map(float, rows[7].split(",")[3:])
    assert own == pytest.approx(loss)
