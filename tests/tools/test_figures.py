"""Figures whose parts have fixed places: there is room for all of them."""

import matplotlib.pyplot as plt
import pytest

from course.figures import side_by_side, single


@pytest.mark.parametrize(("log", "smallest"), [("", 0.001), ("y", 0.001), ("xy", 1e-13)])
def test_no_label_is_cut_off_or_covers_another(log, smallest):
    figure, axes = single(6, 3.4, "A title of usual length", log=log)
    axes.plot([smallest, 0.1], [smallest, 0.1])
    axes.set(xlabel="step", ylabel="relative error")
    figure.canvas.draw()
    all_fits(figure)
    plt.close(figure)


@pytest.mark.parametrize("log", ["", "xy"])
@pytest.mark.parametrize(("low", "high"), [(0.011, 97.0), (0.0001, 10.0), (3.0, 4.2)])
def test_no_tick_is_made_that_is_not_drawn(log, low, high):
    figure, axes = single(6, 3.4, "title", log=log)
    axes.set(xlim=(low, high), ylim=(high, low))
    figure.canvas.draw()
    for axis in (axes.xaxis, axes.yaxis):
        places = [tick.get_loc() for tick in axis.get_major_ticks()]
        assert all(low * (1 - 1e-6) <= place <= high * (1 + 1e-6) for place in places)
        assert low == 3.0 or len(places) > 1
    plt.close(figure)


@pytest.mark.parametrize("layers", range(2, 13))
def test_layers_are_counted_in_whole_numbers(layers):
    figure, axes = single(6, 3.4, "title")
    axes.plot(range(1, layers + 1), range(1, layers + 1))
    figure.canvas.draw()
    places = [tick.get_loc() for tick in axes.xaxis.get_major_ticks()]
    assert len(places) > 1
    assert layers < 4 or all(place == round(place) for place in places)
    plt.close(figure)


@pytest.mark.slow
@pytest.mark.parametrize("log", ["", "xy"])
def test_two_panels_do_not_touch(log):
    figure, panels = side_by_side(10, 4, "A title of usual length", "Another one of that length", log=log)
    for axes in panels:
        axes.plot([0.001, 0.1], [0.001, 0.1])
        axes.set(xlabel="step", ylabel="relative error")
    figure.canvas.draw()
    all_fits(figure)
    first, second = (axes.get_tightbbox() for axes in panels)
    assert not first.overlaps(second)
    plt.close(figure)


def all_fits(figure):
    """No label is cut off or covers another."""
    page = figure.bbox
    for axes in figure.axes:
        boxes = [axes.title.get_window_extent()]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = axis.get_view_interval()
            shown = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
            ticks = [tick.label1.get_window_extent() for tick in shown]
            assert len(ticks) > 1
            label = axis.label.get_window_extent()
            assert not any(label.overlaps(tick) for tick in ticks)
            boxes += [label, *ticks]
        assert all(page.x0 <= box.x0 and box.x1 <= page.x1 for box in boxes)
        assert all(page.y0 <= box.y0 and box.y1 <= page.y1 for box in boxes)
