"""Wrong answers to K-means' two moves."""

import numpy as np
from answers.marks import wrong


def table(points, centers):
    return np.linalg.norm(points[:, None] - centers[None], axis=2)


@wrong("assign", "M15")
def two_coordinates(points, centers):
    return table(points[:, :2], centers[:, :2]).argmin(axis=1)


@wrong("assign", "M15")
def first_coordinate(points, centers):
    return np.abs(points[:, :1] - centers[:, 0]).argmin(axis=1)


@wrong("assign", "M15")
def city_blocks(points, centers):
    return np.abs(points[:, None] - centers[None]).sum(axis=2).argmin(axis=1)


@wrong("assign", "M15")
def largest_axis(points, centers):
    return np.abs(points[:, None] - centers[None]).max(axis=2).argmin(axis=1)


@wrong("assign", "M15")
def farthest_centre(points, centers):
    return table(points, centers).argmax(axis=1)


@wrong("assign", "M15")
def largest_product(points, centers):
    return (points @ centers.T).argmax(axis=1)


@wrong("assign", "M11")
def labels_from_one(points, centers):
    return table(points, centers).argmin(axis=1) + 1


@wrong("assign", "M11")
def first_point_is_group_0(points, centers):
    names = {}
    return [names.setdefault(label, len(names)) for label in table(points, centers).argmin(axis=1)]


@wrong("assign", "M11")
def largest_group_is_0(points, centers):
    labels = table(points, centers).argmin(axis=1)
    counts = np.bincount(labels, minlength=len(centers))
    return np.argsort(np.argsort(-counts, kind="stable"))[labels]


@wrong("assign", "M11")
def last_of_ties(points, centers):
    return len(centers) - 1 - table(points, centers[::-1]).argmin(axis=1)


@wrong("assign", "M12")
def equal_shares(points, centers):
    room = np.full(len(centers), -(-len(points) // len(centers)))
    labels = []
    for distances in table(points, centers):
        label = np.where(room > 0, distances, np.inf).argmin()
        room[label] -= 1
        labels.append(label)
    return labels


@wrong("assign", "M12")
def nobody_stays_empty(points, centers):
    distances = table(points, centers)
    labels = distances.argmin(axis=1)
    for group in set(range(len(centers))) - set(labels) if len(points) > len(centers) else ():
        labels[distances[:, group].argmin()] = group
    return labels


@wrong("update", "M13")
def sum_of_points(points, labels, centers):
    return [points[labels == j].sum(axis=0) for j in range(len(centers))]


@wrong("update", "M13")
def median_of_points(points, labels, centers):
    return [
        np.median(points[labels == j], axis=0) if (labels == j).any() else centers[j]
        for j in range(len(centers))
    ]


@wrong("update", "M13")
def medoid(points, labels, centers):
    moved = centers.copy()
    for j in np.unique(labels):
        own = points[labels == j]
        moved[j] = own[table(own, own).sum(axis=1).argmin()]
    return moved


@wrong("update", "M13")
def half_the_way(points, labels, centers):
    moved = centers.copy()
    for j in np.unique(labels):
        moved[j] = (centers[j] + points[labels == j].mean(axis=0)) / 2
    return moved


@wrong("update", "M13")
def sum_over_all_points(points, labels, centers):
    moved = centers.copy()
    for j in np.unique(labels):
        moved[j] = points[labels == j].sum(axis=0) / (len(points) + 1)
    return moved


@wrong("update", "M13")
def centres_of_whole_numbers(points, labels, centers):
    moved = centers.astype(int)
    for j in np.unique(labels):
        moved[j] = points[labels == j].mean(axis=0)
    return moved


@wrong("update", "M13")
def old_centre_counts(points, labels, centers):
    moved = centers.copy()
    for j in np.unique(labels):
        moved[j] = np.vstack([points[labels == j], centers[j]]).mean(axis=0)
    return moved


@wrong("update", "M11")
def in_order_of_first_appearance(points, labels, centers):
    moved = centers.copy()
    for row, label in enumerate(dict.fromkeys(labels.tolist())):
        moved[row] = points[labels == label].mean(axis=0)
    return moved


@wrong("update", "M12")
def empty_group_is_nan(points, labels, centers):
    with np.errstate(all="ignore"):
        sums = [points[labels == j].sum(axis=0) / (labels == j).sum() for j in range(len(centers))]
    return np.array(sums)


@wrong("update", "M12")
def empty_group_is_the_origin(points, labels, centers):
    return [
        points[labels == j].mean(axis=0) if (labels == j).any() else np.full(points.shape[1], -1.0)
        for j in range(len(centers))
    ]


@wrong("update", "M12")
def empty_group_left_out(points, labels, centers):
    return [points[labels == j].mean(axis=0) for j in np.unique(labels)]


@wrong("update", "M15")
def two_coordinates_move(points, labels, centers):
    moved = centers.copy()
    for j in np.unique(labels):
        moved[j, :2] = points[labels == j, :2].mean(axis=0)
    return moved
