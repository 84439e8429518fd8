"""Right answers in other styles: loops, vectorised, lists, other dtypes, other libraries."""

import itertools
import math

import cv2
import numpy as np
from answers.marks import fine
from kneed import KneeLocator
from scipy.spatial.distance import cdist
from sklearn.metrics import pairwise_distances_argmin

from imagegroup import vectors
from imagegroup.scratch import fast, kmeans, matching, orientation
from imagegroup.scratch.knee import find_knee


@fine("fast_test")
def by_scratch(differences, threshold):
    return fast.longest_arc(fast.classify(differences, threshold)).length >= 9


@fine("fast_test")
def by_score(differences, threshold):
    return fast.corner_score(differences) >= threshold


@fine("fast_test")
def by_text(differences, threshold):
    kinds = "".join("+" if d > threshold else "-" if d < -threshold else "." for d in differences)
    return int("+" * 9 in kinds * 2 or "-" * 9 in kinds * 2)


@fine("fast_test")
def by_groups(differences, threshold):
    kinds = [int(d > threshold) - int(d < -threshold) for d in [*differences, *differences]]
    return any(kind and len(list(run)) >= 9 for kind, run in itertools.groupby(kinds))


@fine("fast_test")
def by_opencv(differences, threshold):
    image = np.full((7, 7), 120, np.uint8)
    image[3 + fast.RING[:, 1], 3 + fast.RING[:, 0]] = 120 + differences
    detector = cv2.FastFeatureDetector_create(threshold, nonmaxSuppression=False)
    return np.array([len(detector.detect(image)) > 0])


@fine("fast_score")
def score_by_scratch(differences):
    return fast.corner_score(differences.astype(np.int16))


@fine("fast_score")
def score_by_trying(differences):
    passing = [t for t in range(128) if by_groups(differences, t)]
    return float(passing[-1]) if passing else -1


@fine("fast_score")
def score_by_windows(differences):
    ring = np.concatenate([differences, differences[:8]])
    arcs = np.lib.stride_tricks.sliding_window_view(ring, 9)
    return np.int32(max(arcs.min(axis=1).max(), (-arcs).min(axis=1).max()) - 1)


@fine("centroid_angle")
def angle_by_scratch(patch, disc):
    m10, m01 = orientation.moments(patch, np.array([[15, 15]]), 31)[0, 1:]
    return orientation.angle(np.array([m10]), np.array([m01]))


@fine("centroid_angle")
def angle_by_loops(patch, disc):
    x = y = 0
    for row in range(31):
        for column in range(31):
            if disc[row, column]:
                x += (column - 15) * int(patch[row, column])
                y += (row - 15) * int(patch[row, column])
    return math.degrees(math.atan2(y, x)) % 360


@fine("centroid_angle")
def angle_by_complex_number(patch, disc):
    v, u = np.nonzero(disc)
    weights = patch[disc].astype(float)
    return [np.angle((weights * ((u - 15) + 1j * (v - 15))).sum(), deg=True)]


@fine("brief_bits")
def bits_by_loops(patch, pairs):
    return [
        1 if patch[y1 + 15, x1 + 15] < patch[y2 + 15, x2 + 15] else 0
        for (x1, y1), (x2, y2) in pairs
    ]


@fine("brief_bits")
def bits_yielded(patch, pairs):
    for first, second in (pairs + 15).tolist():
        yield bool(patch[first[1], first[0]] < patch[second[1], second[0]])


@fine("brief_bits")
def bits_as_floats(patch, pairs):
    x, y = np.moveaxis(pairs + 15, 2, 0)
    return (np.diff(patch[y, x].astype(float))[:, 0] > 0).astype(np.float32)


@fine("hamming")
def hamming_by_scratch(a, b):
    return matching.hamming(a[None], b[None])


@fine("hamming")
def hamming_by_text(a, b):
    return sum(bin(x ^ y).count("1") for x, y in zip(a.tolist(), b.tolist(), strict=True))


@fine("hamming")
def hamming_by_opencv(a, b):
    return cv2.norm(a, b, cv2.NORM_HAMMING)


@fine("hamming")
def hamming_by_euclid_on_bits(a, b):
    return np.sum((np.unpackbits(a).astype(float) - np.unpackbits(b)) ** 2)


@fine("match_ratio")
def match_by_scratch(distances, ratio):
    return matching.ratio_test(distances, ratio)


@fine("match_ratio")
def match_by_lists(distances, ratio):
    found = set()
    for row, line in enumerate(distances.tolist()):
        ranked = sorted(range(len(line)), key=line.__getitem__)
        if len(ranked) >= 2 and line[ranked[0]] < ratio * line[ranked[1]]:
            found.add((row, ranked[0]))
    return found


@fine("match_ratio")
def match_as_zip(distances, ratio):
    if distances.shape[1] < 2:
        return ()
    order = np.argsort(distances, axis=1, kind="stable")
    rows = np.arange(len(distances))
    clear = distances[rows, order[:, 0]] < ratio * distances[rows, order[:, 1]]
    return zip(rows[clear][::-1], order[clear, 0][::-1].astype(float), strict=True)


@fine("vlad")
def vlad_of_the_package(bits, vocabulary):
    packed = np.packbits(bits.astype(bool), axis=1, bitorder="little")
    return vectors.encode_vlad(packed, vocabulary.astype(np.float32))


@fine("vlad")
def vlad_with_means(bits, vocabulary):
    parts = []
    nearest = cdist(bits, vocabulary).argmin(axis=1) if len(bits) else np.array([])
    for j, word in enumerate(vocabulary):
        own = bits[nearest == j]
        part = own.mean(axis=0) - word if len(own) else np.zeros(256)
        length = np.sqrt(part @ part)
        part = part / length if length else part
        parts.extend(np.copysign(np.sqrt(np.abs(part)), part).tolist())
    length = math.sqrt(sum(number**2 for number in parts))
    return [number / length if length else 0 for number in parts]


@fine("assign")
def assign_by_scratch(points, centers):
    return kmeans.assign(points, centers).astype(np.uint8)


@fine("assign")
def assign_by_loops(points, centers):
    labels = []
    for point in points:
        distances = [math.dist(point, center) for center in centers]
        labels.append(float(distances.index(min(distances))))
    return labels


@fine("assign")
def assign_by_sklearn(points, centers):
    return pairwise_distances_argmin(points, centers)


@fine("update")
def update_by_scratch(points, labels, centers):
    return kmeans.move_centers(points, labels, centers)


@fine("update")
def update_in_place(points, labels, centers):
    for label in set(labels.tolist()):
        own = [point for point, other in zip(points, labels, strict=True) if other == label]
        centers[label] = sum(own) / len(own)
    points[:] = 0
    return centers.tolist()


@fine("update")
def update_by_bincount(points, labels, centers):
    counts = np.bincount(labels, minlength=len(centers))
    sums = np.zeros(centers.shape)
    np.add.at(sums, labels, points)
    means = sums / np.maximum(counts, 1)[:, None]
    return np.where(counts[:, None] > 0, means, points[0])


@fine("distortion")
def distortion_of_the_post(points, centers):
    return sum(np.min(cdist(points, centers, "euclidean"), axis=1)) / points.shape[0]


@fine("distortion")
def distortion_by_loops(points, centers):
    nearest = [min(math.dist(point, center) for center in centers) for point in points]
    return math.fsum(nearest) / len(nearest)


@fine("knee")
def knee_by_scratch(ks, values):
    return find_knee(ks, values).knee


@fine("knee")
def knee_by_kneed(ks, values):
    return KneeLocator(ks, values, curve="convex", direction="decreasing").knee


@fine("knee")
def knee_scaled(ks, values):
    x = (ks - ks[0]) / (ks[-1] - ks[0])
    y = (values - values[-1]) / (values[0] - values[-1])
    gap = [1 - a - b for a, b in zip(x, y, strict=True)]
    return int(ks[gap.index(max(gap))]) if max(gap) > 1e-9 else None
