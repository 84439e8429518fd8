"""One right answer for each check, as a student might write it."""

import numpy as np


def is_corner(differences, threshold):
    for kind in (differences > threshold, differences < -threshold):
        twice = np.concatenate([kind, kind])
        if any(twice[start : start + 9].all() for start in range(16)):
            return True
    return False


def fast_score(differences):
    best = -255
    for sign in (1, -1):
        ring = np.tile(sign * differences, 2)
        for start in range(16):
            best = max(best, ring[start : start + 9].min())
    return best - 1


def centroid_angle(patch, disc):
    y, x = np.mgrid[-15:16, -15:16]
    mass = patch * disc.astype(float)
    return np.degrees(np.arctan2((y * mass).sum(), (x * mass).sum()))


def brief_bits(patch, pairs):
    x, y = pairs[:, :, 0] + 15, pairs[:, :, 1] + 15
    grey = patch[y, x]
    return grey[:, 0] < grey[:, 1]


def hamming(a, b):
    return np.unpackbits(a ^ b).sum()


def match(distances, ratio):
    pairs = []
    for row, line in enumerate(distances):
        if len(line) > 1:
            nearest, second = np.sort(line)[:2]
            if nearest < ratio * second:
                pairs.append((row, np.argmin(line)))
    return pairs


def vlad(bits, vocabulary):
    parts = np.zeros(vocabulary.shape)
    for bit in bits:
        word = ((vocabulary - bit) ** 2).sum(axis=1).argmin()
        parts[word] += bit - vocabulary[word]
    lengths = np.linalg.norm(parts, axis=1, keepdims=True)
    parts = parts / np.where(lengths == 0, 1, lengths)
    parts = np.sign(parts) * np.sqrt(np.abs(parts))
    return parts.ravel() / max(np.linalg.norm(parts), 1e-12)


def assign(points, centers):
    distances = np.linalg.norm(points[:, None] - centers[None], axis=2)
    return distances.argmin(axis=1)


def update(points, labels, centers):
    moved = centers.copy()
    for label in range(len(centers)):
        if (labels == label).any():
            moved[label] = points[labels == label].mean(axis=0)
    return moved


def distortion(points, centers):
    distances = np.linalg.norm(points[:, None] - centers[None], axis=2)
    return distances.min(axis=1).mean()


def knee(ks, values):
    line = np.interp(ks, ks[[0, -1]], values[[0, -1]])
    gap = line - values
    return ks[gap.argmax()] if gap.max() > 1e-9 * np.ptp(values) else None
