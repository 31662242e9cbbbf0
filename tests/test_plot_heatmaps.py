"""Figures of explanations: what is drawn where, in which colour, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from wiatowski import plot

PHOTO = np.full((40, 60, 3), 200.0)
LEFT = np.array([[1.0, 0.0, -1.0]])  # for the class on the left, against it on the right


def shown(axes) -> np.ndarray:
    """The numbers of an image."""
    return np.asarray(axes.images[0].get_array())


def within(figure, axes):
    """The pixels of the axes, from the top."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = np.asarray(canvas.buffer_rgba())[..., :3].astype(int)
    box = axes.get_window_extent()
    height = len(image)
    rows = slice(height - int(box.y1) + 1, height - int(box.y0) - 1)
    return image[rows, int(box.x0) + 1 : int(box.x1) - 1]


def test_red_is_for_and_blue_against_and_nothing_is_clear():
    figure = plot.overlay(PHOTO, LEFT, "Grad-CAM")
    drawn = within(figure, figure.axes[0])
    left, middle, right = (drawn[len(drawn) // 2, int(s * drawn.shape[1])] for s in (0.1, 0.5, 0.9))
    assert left[0] > left[2] + 50
    assert right[2] > right[0] + 50
    assert np.ptp(middle) < 10
    assert figure.axes[0].get_title() == "Grad-CAM"
    assert figure.axes[1].get_ylabel() == "evidence for the class"


def test_a_heatmap_covers_the_photo_cell_by_cell():
    figure = plot.overlay(PHOTO[..., 0], LEFT)
    photo, heatmap = figure.axes[0].images
    assert tuple(photo.get_extent()) == tuple(heatmap.get_extent()) == (-0.5, 59.5, 39.5, -0.5)


def test_the_bar_has_the_heatmaps_values():
    low, high = plot.overlay(PHOTO, 3 * LEFT).axes[1].get_ylim()
    assert (low, high) == (-3, 3)


def test_a_panel_shows_the_photo_and_every_map():
    gradient = np.random.default_rng(0).standard_normal((3, 40, 60))
    figure = plot.panel(PHOTO, {"CAM": LEFT, "Saliency": gradient, "Grey": gradient[:2]}, columns=3)
    titles = [axes.get_title() for axes in figure.axes[:4]]
    assert titles == ["photo", "CAM", "Saliency", "Grey"]
    assert [len(axes.images) for axes in figure.axes[:6]] == [1, 2, 1, 1, 0, 0]
    assert shown(figure.axes[2]).shape == (40, 60, 3)
    assert shown(figure.axes[3]).shape == (40, 60)
    assert figure.axes[6].get_ylim() == (-1, 1)


def test_the_bar_of_maps_without_negative_values_begins_at_zero():
    figure = plot.panel(PHOTO, {"CAM": np.abs(LEFT)})
    assert figure.axes[-1].get_ylim() == (0, 1)


def test_gradients_alone_need_no_bar():
    assert len(plot.panel(PHOTO, {"Saliency": np.ones((3, 40, 60))}).axes) == 2


def test_gradients_lie_around_grey_and_outliers_do_not_hide_them():
    gradient = np.zeros((3, 40, 60))
    gradient[0, :, :30], gradient[0, :, 30:] = 1, -1
    gradient[:, 0, 0] = 1e6
    drawn = shown(plot.panel(PHOTO, {"g": gradient}).axes[1])
    np.testing.assert_allclose(drawn[5, 5], [1, 0.5, 0.5])
    np.testing.assert_allclose(drawn[5, 50], [0, 0.5, 0.5])


def test_a_map_of_zeros_is_clear():
    figure = plot.panel(PHOTO, {"CAM": np.zeros((3, 3))})
    assert np.ptp(within(figure, figure.axes[1]), axis=-1).max() < 10


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plot.overlay(PHOTO, LEFT[0]), "plot.overlay: the map '' has shape"),
        (lambda: plot.overlay(PHOTO, np.ones((3, 4, 5))), "plot.panel draws gradients"),
        (lambda: plot.overlay(np.ones((3, 40, 60)), LEFT), "plot.overlay: a photo has shape"),
        (lambda: plot.overlay(PHOTO - 201, LEFT), "lie between 0 and 255"),
        (lambda: plot.overlay(PHOTO * np.nan, LEFT), "lie between 0 and 255"),
        (lambda: plot.panel(PHOTO, {}), "at least one map"),
        (lambda: plot.panel(PHOTO, {"CAM": LEFT}, columns=0), "one column"),
        (lambda: plot.panel(PHOTO, {"CAM": np.ones((2, 3, 4, 5))}), "'CAM' has shape"),
        (
            lambda: plot.panel(PHOTO, {"CAM": np.full((3, 3), np.inf)}),
            "'CAM' holds NaN or infinite",
        ),
    ],
)
def test_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
