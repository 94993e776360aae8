"""The explorer's widget without a browser: controls, state, files, errors."""

import json
import re
import xml.etree.ElementTree
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import ipywidgets
import nh3
import numpy as np
import pytest
import traitlets
from matplotlib.figure import Figure

from course import LossExplorer, files
from course.explorer.model.details import weights
from course.explorer.model.runs import REGIMES, nearest
from course.explorer.view import pins, script
from course.explorer.view.saved import saved
from mlp_ref import deep
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


def test_controls_are_joined_in_the_browser(make_explorer):
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


@pytest.mark.slow
def test_the_state_rebuilds_the_view(make_explorer):
    pins = [1.0, {"rate": 5.0, "seed": 3, "hidden": 2}]
    view = {
        "network": "seed 2",
        "data": "moons",
        "hidden": 2,
        "scale": 0.5,
        "seed": 9,
        "momentum": 0.5,
        "batch": 8,
    }
    explorer = make_explorer(
        **view, rate=0.0123, step=7, log_scale=False, panel="deltas", band=True, pins=pins
    )
    code = str(explorer.state)
    assert repr(explorer.state) == code
    again = eval(code, {"LossExplorer": make_explorer})
    assert str(again.state) == code
    for part in ("'seed 2'", "'moons'", "0.0123", "step=7", "log_scale=False", "'seed': 3"):
        assert part in code
    assert "panel='deltas', band=True" in code
    np.testing.assert_array_equal(again.losses, explorer.losses)
    assert again.chart.pins == explorer.chart.pins


def test_traits_move_the_chart_and_can_be_observed(make_explorer):
    explorer = make_explorer(rate=1.0)
    moves = []
    explorer.observe(moves.append, ["rate", "seed"])
    explorer.rate = 12.345
    assert explorer.rates[explorer.chart.index] == explorer.chart.rate == 12.345
    assert (np.diff(explorer.rates) > 0).all()
    assert explorer.headline.startswith("η = 12.35:")
    explorer.seed, explorer.momentum, explorer.pins = 7, 0.9, [1.0, {"rate": 2.0, "seed": 3}]
    assert (explorer.chart.seed, explorer.problem.momentum) == (7, 0.9)
    assert [pin["seed"] for pin in explorer.chart.pins] == [7, 3]
    explorer.chart.index = 24
    assert explorer.rate == 0.1
    assert [(change.name, change.new) for change in moves] == [("rate", 12.345), ("seed", 7), ("rate", 0.1)]


def test_numbers_of_numpy_are_taken_as_numbers(make_explorer):
    explorer = make_explorer(scale=np.float32(0.5), hidden=np.int64(2), pins=[np.float64(3.0)])
    assert (explorer.scale, explorer.hidden, explorer.pins) == (0.5, 2, (3.0,))
    explorer.rate, explorer.scale, explorer.band = np.float32(5.0), np.float32(2.0), np.True_
    explorer.seed, explorer.pins = np.int64(3), [{"rate": np.float32(2.0), "seed": np.int64(4)}]
    assert (explorer.rate, explorer.scale, explorer.band, explorer.seed) == (5.0, 2.0, True, 3)
    pins = json.loads(json.dumps(explorer.chart.pins))
    assert [(pin["rate"], pin["seed"]) for pin in pins] == [(2.0, 4)]
    seen = make_explorer(
        steps=np.int64(9), step=np.int64(7), rate=np.float32(5.0), log_scale=np.False_, predict=np.True_
    )
    assert (seen.step, seen.rate, seen.log_scale, seen.predict) == (7, 5.0, False, True)


def test_pins_that_are_read_cannot_be_changed_in_place(make_explorer):
    explorer = make_explorer(pins=[1.0])
    with pytest.raises(AttributeError):
        explorer.pins.append(2.0)
    explorer.pins = [*explorer.pins, 2.0]
    assert [pin["rate"] for pin in explorer.chart.pins] == [1.0, 2.0]


def test_a_misspelt_trait_raises(make_explorer):
    with pytest.raises(AttributeError, match=r"an explorer has no 'rates2'; what can be set: network,"):
        make_explorer().rates2 = 3


def test_what_a_menu_chooses_is_set_by_its_place(make_explorer):
    explorer = make_explorer(seed=0)
    explorer.chart.data_choice = 1
    assert explorer.data == "moons"
    explorer.data = "xor"
    assert explorer.chart.data_choice == 0


def test_a_seed_whose_numbers_the_page_does_not_hold_is_sent(make_explorer):
    explorer = make_explorer(seed=5)
    assert explorer.chart.draws == ""
    explorer.seed = 1234
    assert explorer.chart.draws == script.draws(1234)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("rate", -1.0, "the learning rates here go from 0.01 to 1000"),
        ("rate", float("nan"), "the learning rates here go from"),
        ("step", STEPS + 1, "a run has the steps 0 to 20"),
        ("network", "seed 9", "choose one of"),
        ("scale", 0.0, "a positive number"),
        ("pins", [1.0] * 5, "at most 4"),
    ],
)
def test_what_cannot_be_shown_is_refused_and_nothing_moves(make_explorer, name, value, said):
    explorer = make_explorer(rate=1.0)
    before = str(explorer.state)
    with pytest.raises(ValueError, match=said):
        setattr(explorer, name, value)
    assert str(explorer.state) == before


def test_an_observed_view_is_the_chart_s(make_explorer):
    explorer = make_explorer()
    explorer.chart.panel = "path"
    assert explorer.panel == "path"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"gradient": 3}, "gradient must be a function, and is a int"),
        ({"network": "seed 9"}, "choose one of 'seed 1', 'seed 2'"),
        ({"rate": -1.0}, "the learning rates here go from"),
        ({"step": STEPS + 1}, "a step among them"),
        ({"rate": "x"}, "the learning rates here go from"),
        ({"steps": 2.5}, "steps=2.5: a whole number"),
        ({"seed": "a"}, "seed='a'"),
        ({"scale": "1"}, "scale='1': the scale of the first weights is a positive number"),
        ({"momentum": "0.5"}, "momentum='0.5': a number from 0 to less than 1"),
        ({"pins": 5.0}, "pins=5.0: a list of learning rates"),
        ({"pins": ["a"]}, "a pin with rate='a': a learning rate is a positive number"),
        ({"pins": [{"seed": 1}]}, "a pin with rate=None: a learning rate is a positive number"),
        ({"pins": [{"rate": 1.0, "sed": 1}]}, "a pin with sed: it has a rate and of network,"),
        ({"pins": [1.0] * 5}, "at most 4"),
    ],
)
def test_an_explorer_that_cannot_be_is_refused(wrong, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        LossExplorer(**{"steps": STEPS, **wrong})


def test_pins_stay_what_they_are_when_the_problem_changes(make_explorer):
    explorer = make_explorer(seed=0, pins=[5.0])
    before = explorer.losses
    control(explorer, "seed").value = explorer.chart.seed = 4  # as the browser does
    assert explorer.problem.seed == 4
    assert explorer.pins == ({"rate": 5.0, "seed": 0},)
    label, losses = pins.curve(explorer.chart.pins[0], explorer.problem, STEPS)
    assert label == "η = 5, seed 0"
    np.testing.assert_allclose(losses, before[nearest(explorer.rates, 5.0)], rtol=0.2)
    assert not np.allclose(explorer.losses, before)


def test_reset_brings_back_the_first_view(make_explorer):
    explorer = make_explorer(seed=2)
    first = str(explorer.state)
    explorer.seed, explorer.rate, explorer.step, explorer.pins = 4, 0.3, 1, [2.0]
    explorer.chart.resets += 1
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


@pytest.mark.slow
@pytest.mark.parametrize("network", ["seed 1", "seed 2"])
def test_numpy_told_to_raise_does_not_end_what_is_computed(make_explorer, network):
    with np.errstate(all="raise"):
        explorer = make_explorer(network=network, steps=200, panel="curvature")
        assert explorer.losses.shape == (121, 201)
        explorer.figure()
    assert (explorer.error, explorer.status) == (None, "")


@pytest.mark.slow
def test_where_the_runs_part_goes_to_the_browser(make_explorer):
    explorer = make_explorer(lambda X, y, W1, W2: (W1 / 10, W2 / 10))
    explorer.settle()
    assert explorer.chart.parts == [1] * 121


@pytest.mark.slow
def test_a_gradient_s_name_is_in_the_state_where_it_stands_for_it(make_explorer, monkeypatch):
    def raising(X, y, W1, W2):  # another function of this name is the cell's
        return W1, W2

    class Answers:
        def gradient(self, X, y, W1, W2):
            return W1, W2

    monkeypatch.setattr("__main__.gradients_end_to_end", gradients_end_to_end, raising=False)
    monkeypatch.setattr("__main__.raising", globals()["raising"], raising=False)
    explorer = make_explorer(gradients_end_to_end)
    assert str(explorer.state).startswith("LossExplorer(gradient=gradients_end_to_end, network=")
    for nameless in (lambda X, y, W1, W2: (W1, W2), raising, Answers().gradient):
        code = str(make_explorer(nameless).state)
        assert code.endswith("# and gradient=…: yours has no name here")
        eval(code, {"LossExplorer": make_explorer})


def test_another_gradient_is_for_another_explorer(make_explorer):
    with pytest.raises(
        AttributeError, match=r"make a new one to follow another: LossExplorer\(my_gradient\)"
    ):
        make_explorer(gradients_end_to_end).gradient = raising


# ---- figures and files


@pytest.mark.slow
def test_the_figure_shows_the_runs_and_is_not_pyplot_s(make_explorer):
    explorer = make_explorer(gradients_end_to_end, pins=[1.0], panel="curvature")
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


@pytest.mark.parametrize("data", ["xor", "moons"])
@pytest.mark.parametrize(
    ("panel", "label"),
    [("output", "x₂"), ("deltas", "‖δ‖"), ("path", "across it"), ("curvature", "η · λ_max")],
)
def test_the_figure_shows_the_panel_that_is_open(make_explorer, data, panel, label):
    explorer = make_explorer(network="seed 2", data=data, panel=panel, rate=0.01, step=7)
    _, _, inside = explorer.figure().axes
    assert inside.get_ylabel() == ("" if (data, panel) == ("xor", "output") else label)
    lines = {line.get_label(): line.get_xydata() for line in inside.get_lines()}
    problem = explorer.problem
    theta = weights(problem, 0.01, STEPS)[7]
    if panel == "deltas":
        Ws, bs = problem.arguments(theta)
        X, y = problem.examples
        want = [np.linalg.norm(delta) for delta in deep.deltas(y, deep.forward(X, Ws, bs), Ws)]
        np.testing.assert_allclose([lines[f"layer {k}"][7, 1] for k in (1, 2, 3)], want)
    elif panel == "path":
        assert len(lines["the run"]) == 8
        np.testing.assert_allclose(
            np.linalg.norm(lines["the run"][-1]), np.linalg.norm(theta - problem.theta), rtol=0.05
        )
    elif (panel, data) == ("output", "xor"):
        X, _ = problem.examples
        Ws, bs = problem.arguments(theta)
        np.testing.assert_allclose(lines["output"][:, 0], deep.forward(X, Ws, bs)[-1][:, 0])


@pytest.mark.slow
@pytest.mark.parametrize("panel", ["output", "deltas", "path", "curvature"])
def test_the_figure_shows_a_run_that_diverges(make_explorer, panel, tmp_path):
    explorer = make_explorer(network="seed 2", momentum=0.9, panel=panel, rate=100.0, step=STEPS)
    assert explorer.regimes[-1] == "diverged"
    assert explorer.save(tmp_path / "run.png").stat().st_size > 10_000


@pytest.mark.slow
def test_the_figure_shows_the_band(make_explorer):
    explorer = make_explorer(band=True, seed=3, rate=10.0)
    curves = [make_explorer(seed=seed, rate=10.0).losses[explorer.chart.index] for seed in range(10)]
    lines = {line.get_label(): line.get_ydata() for line in explorer.figure().axes[0].get_lines()}
    np.testing.assert_allclose(lines["seeds 0–9"], np.median(curves, axis=0))


def test_an_unknown_panel_is_refused(make_explorer):
    explorer = make_explorer(panel="path")
    with pytest.raises(traitlets.TraitError, match="deltas"):
        explorer.panel = "delta"
    assert explorer.chart.panel == explorer.panel == "path"
    with pytest.raises(ValueError, match="panel='delta': choose one of 'none', 'curvature'"):
        make_explorer(panel="delta")


@pytest.mark.slow
def test_what_is_saved_does_not_tell_of_a_run_that_is_to_be_predicted(make_explorer, tmp_path):
    explorer = make_explorer(predict=True, panel="deltas", rate=1.0, pins=[1.0, 2.0])
    run, rates = explorer.figure().axes
    assert [line.get_label() for line in run.get_lines()] == ["η = 2"]
    assert not rates.get_legend_handles_labels()[1]
    page = explorer.to_html(tmp_path / "page.html").read_text()
    noscript = re.search("<noscript>(.*)</noscript>", page)[1]
    picture = re.search(
        '<div class="picture">.*?alt="([^"]*)"', saved(explorer.chart, explorer._table, "key")
    )[1]
    for text in (repr(explorer), noscript, picture):
        assert text.endswith("η = 1: what will the loss do?")


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_saved_notebook_shows_the_page_and_without_scripts_its_picture(make_explorer):
    explorer = make_explorer()
    text = saved(explorer.chart, explorer._table, "key")
    assert 'sandbox="allow-scripts"' in text
    assert "const STATE" in re.search(r'srcdoc="([^"]*)"', text)[1]
    harmless = nh3.clean(
        text, tags={"p", "img", "div"}, attributes={"img": {"src", "alt"}}, url_schemes={"data"}
    )
    assert 'src="data:image/png;base64,' in harmless
    assert explorer.headline in harmless
    assert "const" not in harmless


def test_the_page_holds_all_and_asks_for_nothing(make_explorer, tmp_path):
    explorer = make_explorer(pins=[1.0])
    text = explorer.to_html(tmp_path / "page.html").read_text()
    assert not re.findall(r"""(?:src|href)=|url\(["']?http|https?://(?!www\.w3\.org/)""", text)
    state = json.loads(re.search(r"const STATE = (.*);\n", text)[1])
    assert state["pins"][0]["rate"] == 1.0
    assert state["seed"] == explorer.seed


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    path = tmp_path / "page.html"
    files.write(path, b"old")
    with pytest.raises(TypeError):
        files.write(path, "not bytes")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
    assert files.unused(path) == tmp_path / "page-2.html"
    assert files.unused(Path("nothing.png")) == Path("nothing.png")


@pytest.mark.slow
def test_csv_has_the_student_s_losses(make_explorer, tmp_path):
    explorer = make_explorer(gradients_end_to_end)
    explorer.settle()
    rows = explorer.save(tmp_path / "runs.csv").read_text().splitlines()
    assert rows[0].endswith(",own_loss")
    loss, own = map(float, rows[7].split(",")[3:])
    assert own == pytest.approx(loss)
