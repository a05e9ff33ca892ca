"""Plots: what is drawn on the Axes, read back from them."""

from __future__ import annotations

import math
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")  # before pyplot is imported: needs no screen

from matplotlib import pyplot

from nn import MLP, blobs, moons
from nn.plots import COLOURS, MARKERS, decision_boundary, loss_curve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Figures stay in memory until they are closed."""
    yield
    pyplot.close("all")


def history(losses: list[float], validation: list[float] | None = None) -> Any:
    return SimpleNamespace(losses=losses, validation_losses=validation or [])


def entries(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def points(ax: Axes) -> list[Any]:
    """The scattered points of each class."""
    return [c for c in ax.collections if str(c.get_label()).startswith("class")]


def lines(ax: Axes) -> Any:
    """All places on the lines between classes."""
    contours = [c for c in ax.collections if not str(c.get_label()).startswith("class")]
    found = np.vstack([path.vertices for c in contours for path in c.get_paths()])
    assert len(found) > 0
    return found


# Decision boundaries ----------------------------------------------------------------------------


def test_the_points_of_each_class_are_drawn_where_they_are() -> None:
    x, y = moons(50, rng=0)
    for label, drawn in enumerate(points(decision_boundary(lambda row: row[0], (x, y)))):
        own = [row for row, target in zip(x, y, strict=True) if target == label]
        assert drawn.get_offsets().tolist() == own


def test_the_line_is_where_the_logit_is_zero() -> None:
    ax = decision_boundary(lambda row: 0.3 - row[1], moons(50, rng=0))
    assert lines(ax)[:, 1] == pytest.approx(0.3)


def test_the_line_between_scores_is_where_two_are_equal() -> None:
    ax = decision_boundary(lambda row: [row[0], 0.4], moons(50, rng=0))
    assert lines(ax)[:, 0] == pytest.approx(0.4)


def test_a_region_has_the_colour_of_its_class_fuller_where_the_model_is_surer() -> None:
    ax = decision_boundary(lambda row: 3.0 * row[0], moons(50, rng=0))
    picture = np.asarray(ax.images[0].get_array())
    left, middle, right = picture[0, 0], picture[0, abs(picture[0, :, 0]).argmax()], picture[0, -1]
    orange, blue = (np.array(mpl.colors.to_rgb(colour)) for colour in COLOURS[:2])
    paleness = 1.0 - (1.0 - left) / (1.0 - orange + 1e-12)
    assert np.ptp(paleness) < 1e-6
    assert np.ptp((1.0 - right) / (1.0 - blue + 1e-12)) < 1e-6
    assert left.sum() < middle.sum() > right.sum()


def test_the_picture_is_the_right_way_up() -> None:
    ax = decision_boundary(lambda row: 100.0 * row[1], moons(50, rng=0))
    (left, right, low, high), picture = ax.images[0].get_extent(), ax.images[0].get_array()
    assert left < right
    assert low < 0.0 < high
    assert picture is not None
    assert ax.images[0].origin == "lower"
    assert picture[-1, 0, 2] > picture[-1, 0, 0]  # at the top blue, which is class 1
    assert picture[0, 0, 0] > picture[0, 0, 2]


def test_every_class_of_many_has_a_colour_a_marker_and_an_entry_in_the_legend() -> None:
    def model(row: list[float]) -> list[float]:
        angles = [2 * math.pi * k / 8 for k in range(8)]
        return [math.cos(a) * row[0] + math.sin(a) * row[1] for a in angles]

    ax = decision_boundary(model, blobs(80, 8, rng=0))
    assert entries(ax) == [f"class {label}" for label in range(8)]
    assert len({tuple(c.get_facecolor()[0]) for c in points(ax)}) == 8
    assert len({c.get_paths()[0].vertices.tobytes() for c in points(ax)}) == 8
    assert len({*COLOURS}) == len({*MARKERS}) == 8


def test_a_plot_goes_onto_axes_that_are_given() -> None:
    _, (first, second) = pyplot.subplots(1, 2)
    assert decision_boundary(lambda row: row[0], moons(20, rng=0), first) is first
    assert loss_curve(history([1.0]), second) is second
    assert len(pyplot.get_fignums()) == 1


def test_units_are_equally_long_unless_one_input_is_much_larger() -> None:
    x, y = moons(20, rng=0)
    wide = [[1000.0 * a, b] for a, b in x]
    assert decision_boundary(lambda row: row[0], (x, y)).get_aspect() == 1.0
    assert decision_boundary(lambda row: row[0], (wide, y)).get_aspect() == "auto"


def test_a_network_in_training_is_in_training_after_its_plot() -> None:
    model = MLP(2, [3, 1], rng=0)
    decision_boundary(model, moons(20, rng=0))
    assert model.training
    assert all(p.grad == 0.0 for p in model.parameters())


def test_a_model_that_names_one_class_everywhere_has_no_line() -> None:
    ax = decision_boundary(lambda row: 5.0, moons(20, rng=0))
    assert len(ax.collections) == len(points(ax)) == 2


def test_scores_may_be_infinite() -> None:
    ax = decision_boundary(lambda row: math.copysign(math.inf, row[0]), moons(20, rng=0))
    assert lines(ax)[:, 0] == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize(
    ("model", "data", "message"),
    [
        (lambda row: 0.0, ([[1.0]], [0]), "a picture is of 2 inputs, not 1"),
        (lambda row: 0.0, ([[1.0, 2.0]], [3]), "target 0 is 3, of classes 0 to 1"),
        (lambda row: [0.0] * 9, moons(4), "shows 8 classes, and the model has 9"),
    ],
    ids=["one input", "label", "classes"],
)
def test_what_cannot_be_drawn_is_refused_before_a_figure_is_made(
    model: Any, data: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        decision_boundary(model, data)
    assert pyplot.get_fignums() == []


# Loss curves ------------------------------------------------------------------------------------


def test_a_chart_goes_through_the_loss_of_each_epoch_from_epoch_one() -> None:
    (line,) = loss_curve(history([3.0, 2.0, 1.0])).lines
    assert np.asarray(line.get_xydata()).tolist() == [[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]]


def test_validation_losses_are_a_second_curve_in_another_style() -> None:
    ax = loss_curve(history([3.0, 2.0], [4.0, 3.0]))
    training, validation = ax.lines
    assert entries(ax) == ["training", "validation"]
    assert np.asarray(validation.get_ydata()).tolist() == [4.0, 3.0]
    assert training.get_color() != validation.get_color()
    assert training.get_linestyle() != validation.get_linestyle()


def test_a_single_epoch_is_a_dot() -> None:
    (line,) = loss_curve(history([3.0])).lines
    assert line.get_marker() == "o"


@pytest.mark.parametrize(
    ("losses", "scale"),
    [([100.0, 1.0], "linear"), ([101.0, 1.0], "log"), ([101.0, 0.0], "linear")],
    ids=str,
)
def test_the_axis_is_logarithmic_beyond_a_factor_of_a_hundred(
    losses: list[float], scale: str
) -> None:
    assert loss_curve(history(losses)).get_yscale() == scale


def test_epochs_are_whole_numbers() -> None:
    ax = loss_curve(history([3.0, 2.0, 1.0]))
    ax.figure.canvas.draw()
    assert all(tick == int(tick) for tick in ax.get_xticks())


def test_a_training_that_ended_in_nan_is_drawn_up_to_there() -> None:
    (line,) = loss_curve(history([3.0, 2.0, math.nan])).lines
    assert np.isfinite(np.asarray(line.get_ydata())).tolist() == [True, True, False]


def test_a_training_of_no_epochs_has_no_curve() -> None:
    with pytest.raises(ValueError, match="loss_curve: of 0 epochs none has a finite loss"):
        loss_curve(history([]))
    assert pyplot.get_fignums() == []


# Without matplotlib -----------------------------------------------------------------------------


def test_a_missing_matplotlib_is_named_with_the_extra_that_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'pencilgrad\[viz\]'"):
        loss_curve(history([1.0]))
