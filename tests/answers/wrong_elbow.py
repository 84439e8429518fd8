"""Wrong answers to the distortion and the knee."""

import numpy as np
from answers.marks import wrong


def table(points, centers):
    return np.linalg.norm(points[:, None] - centers[None], axis=2)


@wrong("distortion", "M13")
def sum_of_distances(points, centers):
    return table(points, centers).min(axis=1).sum()


@wrong("distortion", "M13")
def inertia(points, centers):
    return (table(points, centers).min(axis=1) ** 2).sum()


@wrong("distortion", "M13")
def squared(points, centers):
    return (table(points, centers).min(axis=1) ** 2).mean()


@wrong("distortion", "M13")
def root_of_the_mean_square(points, centers):
    return np.sqrt((table(points, centers).min(axis=1) ** 2).mean())


@wrong("distortion", "M13")
def divided_by_k(points, centers):
    return table(points, centers).min(axis=1).sum() / len(centers)


@wrong("distortion", "M13")
def mean_over_all_centres(points, centers):
    return table(points, centers).mean()


@wrong("distortion", "M13")
def farthest_point(points, centers):
    return table(points, centers).min(axis=1).max()


@wrong("distortion", "M13")
def divided_by_n_minus_1(points, centers):
    return table(points, centers).min(axis=1).sum() / (len(points) - 1)


@wrong("distortion", "M15")
def distortion_of_the_picture(points, centers):
    return table(points[:, :2], centers[:, :2]).min(axis=1).mean()


@wrong("knee", "M13")
def lowest(ks, values):
    return ks[values.argmin()]


@wrong("knee", "M13")
def highest_k(ks, values):
    return max(ks)


@wrong("knee", "M14")
def place_in_the_list(ks, values):
    gap = np.interp(ks, ks[[0, -1]], values[[0, -1]]) - values
    return int(gap.argmax()) + 1 if gap.max() > 1e-9 else None


@wrong("knee", "M14")
def always_one(ks, values):
    gap = np.interp(ks, ks[[0, -1]], values[[0, -1]]) - values
    return ks[gap.argmax()]


@wrong("knee", "M14")
def sharpest_bend(ks, values):
    bends = np.diff(values, 2)
    return ks[1 + bends.argmax()] if bends.max() > 1e-9 else None


@wrong("knee", "M14")
def largest_step(ks, values):
    return ks[1 + (-np.diff(values)).argmax()]


@wrong("knee", "M14")
def first_step_below_a_tenth(ks, values):
    falls = -np.diff(values) / values[0]
    small = np.flatnonzero(falls < 0.1)
    return ks[small[0]] if len(small) else None


@wrong("knee", "M14")
def ninety_per_cent_explained(ks, values):
    done = (values[0] - values) / (values[0] - values[-1])
    return ks[np.flatnonzero(done >= 0.9)[0]]


@wrong("knee", "M14")
def above_the_line(ks, values):
    gap = np.interp(ks, ks[[0, -1]], values[[0, -1]]) - values
    return ks[np.abs(gap).argmax()] if np.abs(gap).max() > 1e-9 else None


@wrong("knee", "M14")
def gap_of_at_least_one(ks, values):
    gap = np.interp(ks, ks[[0, -1]], values[[0, -1]]) - values
    return ks[gap.argmax()] if gap.max() > 1 else None
