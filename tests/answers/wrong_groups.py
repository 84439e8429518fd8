"""Wrong answers to VLAD, K-means' two moves, the distortion and the knee."""

import numpy as np
from answers.marks import wrong


def unit(values):
    length = np.linalg.norm(values)
    return values / length if length else values


def residual_sums(bits, vocabulary):
    parts = np.zeros(vocabulary.shape)
    for bit in bits:
        word = ((vocabulary - bit) ** 2).sum(axis=1).argmin()
        parts[word] += bit - vocabulary[word]
    return parts


def roots(values):
    return np.sign(values) * np.sqrt(np.abs(values))


@wrong("vlad", "M8")
def sums_as_they_are(bits, vocabulary):
    return residual_sums(bits, vocabulary).ravel()


@wrong("vlad", "M8")
def last_scaling_left_out(bits, vocabulary):
    return np.array([roots(unit(part)) for part in residual_sums(bits, vocabulary)]).ravel()


@wrong("vlad", "M8")
def words_not_scaled(bits, vocabulary):
    return unit(roots(residual_sums(bits, vocabulary)).ravel())


@wrong("vlad", "M8")
def roots_left_out(bits, vocabulary):
    return unit(np.array([unit(part) for part in residual_sums(bits, vocabulary)]).ravel())


@wrong("vlad", "M7")
def word_minus_descriptor(bits, vocabulary):
    return -right_vlad(bits, vocabulary)


@wrong("vlad", "M7")
def sign_lost(bits, vocabulary):
    return np.abs(right_vlad(bits, vocabulary))


@wrong("vlad", "M7")
def root_of_negatives(bits, vocabulary):
    parts = [np.sqrt(unit(part)) for part in residual_sums(bits, vocabulary)]
    return unit(np.nan_to_num(np.array(parts)).ravel())


@wrong("vlad", "M10")
def i_th_word_for_i_th_descriptor(bits, vocabulary):
    parts = np.zeros(vocabulary.shape)
    for i, bit in enumerate(bits):
        parts[i % len(vocabulary)] += bit - vocabulary[i % len(vocabulary)]
    return unit(np.array([roots(unit(part)) for part in parts]).ravel())


@wrong("vlad", "M10")
def in_order_of_appearance(bits, vocabulary):
    words = [((vocabulary - bit) ** 2).sum(axis=1).argmin() for bit in bits]
    order = [*dict.fromkeys(words), *sorted(set(range(len(vocabulary))) - set(words))]
    return right_vlad(bits, vocabulary).reshape(len(vocabulary), -1)[order].ravel()


@wrong("vlad", "M12")
def empty_word_is_nan(bits, vocabulary):
    parts = residual_sums(bits, vocabulary)
    parts = parts / np.linalg.norm(parts, axis=1, keepdims=True)
    parts = roots(parts)
    return (parts / np.linalg.norm(parts)).ravel()


@wrong("vlad", "M8")
def no_keypoints_is_nan(bits, vocabulary):
    parts = roots(np.array([unit(part) for part in residual_sums(bits, vocabulary)]))
    return (parts / np.linalg.norm(parts)).ravel()


def right_vlad(bits, vocabulary):
    parts = np.array([roots(unit(part)) for part in residual_sums(bits, vocabulary)])
    return unit(parts.ravel())


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
