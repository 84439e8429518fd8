"""Wrong answers to the FAST test and the FAST score."""

import numpy as np
from answers.marks import wrong


def longest_run(flags):
    best = run = 0
    for flag in [*flags, *flags]:
        run = run + 1 if flag else 0
        best = max(best, run)
    return min(best, 16)


@wrong("fast_test", "M1")
def nine_anywhere(differences, threshold):
    return max((differences > threshold).sum(), (differences < -threshold).sum()) >= 9


@wrong("fast_test", "M1")
def more_than_half_anywhere(differences, threshold):
    return (np.abs(differences) > threshold).mean() > 0.5


@wrong("fast_test", "M1")
def ring_not_closed(differences, threshold):
    return any(
        all(d > threshold for d in differences[start : start + 9])
        or all(d < -threshold for d in differences[start : start + 9])
        for start in range(8)
    )


@wrong("fast_test", "M1")
def ring_closed_one_short(differences, threshold):
    ring = np.concatenate([differences, differences[:7]])
    return any(
        (part > threshold).all() or (part < -threshold).all()
        for part in (ring[start : start + 9] for start in range(15))
    )


@wrong("fast_test", "M2")
def twelve_in_a_row(differences, threshold):
    return max(longest_run(differences > threshold), longest_run(differences < -threshold)) >= 12


@wrong("fast_test", "M2")
def more_than_nine(differences, threshold):
    return max(longest_run(differences > threshold), longest_run(differences < -threshold)) > 9


@wrong("fast_test", "M2")
def eight_in_a_row(differences, threshold):
    return max(longest_run(differences > threshold), longest_run(differences < -threshold)) >= 8


@wrong("fast_test", "M2")
def four_pixels_decide(differences, threshold):
    four = differences[[0, 4, 8, 12]]
    return (four > threshold).sum() >= 3 or (four < -threshold).sum() >= 3


@wrong("fast_test", "M2")
def four_pixels_first(differences, threshold):
    four = differences[[0, 4, 8, 12]]
    if max((four > threshold).sum(), (four < -threshold).sum()) < 3:
        return False
    return max(longest_run(differences > threshold), longest_run(differences < -threshold)) >= 9


@wrong("fast_test", "M7")
def only_lighter(differences, threshold):
    return longest_run(differences > threshold) >= 9


@wrong("fast_test", "M7")
def only_darker(differences, threshold):
    return longest_run(differences < -threshold) >= 9


@wrong("fast_test", "M7")
def lighter_or_darker_mixed(differences, threshold):
    return longest_run(np.abs(differences) > threshold) >= 9


@wrong("fast_test", "M3")
def at_least_the_threshold(differences, threshold):
    return max(longest_run(differences >= threshold), longest_run(differences <= -threshold)) >= 9


@wrong("fast_test", "M3")
def dark_side_not_strict(differences, threshold):
    return max(longest_run(differences > threshold), longest_run(differences <= -threshold)) >= 9


@wrong("fast_test", "M2")
def always_no(differences, threshold):
    return False


@wrong("fast_test", "M2")
def always_yes(differences, threshold):
    return True


def arcs(differences):
    ring = np.concatenate([differences, differences[:8]])
    return np.array([ring[start : start + 9] for start in range(16)])


@wrong("fast_score", "M3")
def sum_of_all(differences):
    return int(np.abs(differences).sum())


@wrong("fast_score", "M3")
def sum_of_the_best_arc(differences):
    return int(max(arcs(differences).sum(axis=1).max(), arcs(-differences).sum(axis=1).max()))


@wrong("fast_score", "M3")
def mean_of_the_best_arc(differences):
    return float(np.abs(arcs(differences).mean(axis=1)).max())


@wrong("fast_score", "M3")
def largest_difference(differences):
    return int(np.abs(differences).max()) - 1


@wrong("fast_score", "M3")
def not_less_one(differences):
    return int(max(arcs(differences).min(axis=1).max(), arcs(-differences).min(axis=1).max()))


@wrong("fast_score", "M1")
def ninth_largest_anywhere(differences):
    return int(max(np.sort(differences)[-9], np.sort(-differences)[-9])) - 1


@wrong("fast_score", "M1")
def score_not_closed(differences):
    inside = arcs(differences)[:8], arcs(-differences)[:8]
    return int(max(part.min(axis=1).max() for part in inside)) - 1


@wrong("fast_score", "M1")
def score_one_start_short(differences):
    inside = [np.delete(arcs(d), 11, axis=0) for d in (differences, -differences)]
    return int(max(part.min(axis=1).max() for part in inside)) - 1


@wrong("fast_score", "M2")
def weakest_of_the_whole_run(differences):
    best = -1
    for sign in (1, -1):
        ring = np.tile(sign * differences, 2)
        for start in range(16):
            length = 0
            while length < 16 and ring[start + length] > 0:
                length += 1
            starts_here = length == 16 or ring[start + 15] <= 0
            if length >= 9 and starts_here:
                best = max(best, int(ring[start : start + length].min()) - 1)
    return best


@wrong("fast_score", "M2")
def arcs_of_twelve(differences):
    best = -255
    for sign in (1, -1):
        ring = np.tile(sign * differences, 2)
        best = max(best, *(int(ring[start : start + 12].min()) for start in range(16)))
    return best - 1


@wrong("fast_score", "M7")
def only_light_arcs(differences):
    return int(arcs(differences).min(axis=1).max()) - 1


@wrong("fast_score", "M7")
def only_dark_arcs(differences):
    return int(arcs(-differences).min(axis=1).max()) - 1


@wrong("fast_score", "M7")
def absolute_differences(differences):
    return int(arcs(np.abs(differences)).min(axis=1).max()) - 1


@wrong("fast_score", "M4")
def cut_off_at_zero(differences):
    value = max(arcs(differences).min(axis=1).max(), arcs(-differences).min(axis=1).max()) - 1
    return max(int(value), 0)


@wrong("fast_score", "M4")
def contrast_where_no_corner(differences):
    value = max(arcs(differences).min(axis=1).max(), arcs(-differences).min(axis=1).max()) - 1
    return int(value) if value >= 0 else int(np.std(differences))
