"""Every figure. Functions take finished data and `ax`, compute nothing and return `ax`."""

from imagegroup.plots.base import Picture, new_axes, picture
from imagegroup.plots.fast import fast_ring, ring_bars
from imagegroup.plots.features import (
    distance_histogram,
    distance_scatter,
    grey_histogram,
    image_row,
    keypoints,
    mark_points,
    matches,
    pixel_values,
    pyramid_strip,
    score_map,
    show_image,
    time_bars,
)
from imagegroup.plots.groups import contact_sheet, score_bars, silhouette_curve, sweep_curve
from imagegroup.plots.patches import (
    angle_curves,
    bit_squares,
    bit_strip,
    brief_pairs,
    centroid_patch,
)

__all__ = [
    "Picture",
    "angle_curves",
    "bit_squares",
    "bit_strip",
    "brief_pairs",
    "centroid_patch",
    "contact_sheet",
    "distance_histogram",
    "distance_scatter",
    "fast_ring",
    "grey_histogram",
    "image_row",
    "keypoints",
    "mark_points",
    "matches",
    "new_axes",
    "picture",
    "pixel_values",
    "pyramid_strip",
    "ring_bars",
    "score_bars",
    "score_map",
    "show_image",
    "silhouette_curve",
    "sweep_curve",
    "time_bars",
]
