"""The teaching kit: predictions, checks of a student's own functions, and their local record.

Each check has a file: the properties that a right answer keeps, the hidden inputs that isolate
them, and an `Exercise` that tells how answers are read. `checking` runs them, `tests/answers` holds
wrong and right answers to each.
"""

from imagegroup.teach.angle import check_centroid_angle
from imagegroup.teach.assigning import check_assign
from imagegroup.teach.bits import check_brief_bits
from imagegroup.teach.corner import check_fast_test
from imagegroup.teach.distortion import check_distortion
from imagegroup.teach.hamming import check_hamming
from imagegroup.teach.knee import check_knee
from imagegroup.teach.matching import check_match_ratio
from imagegroup.teach.misconceptions import MISCONCEPTIONS, Misconception, find_misconception
from imagegroup.teach.prediction import outcome, predict
from imagegroup.teach.record import predictions_file
from imagegroup.teach.result import CheckResult
from imagegroup.teach.score import check_fast_score
from imagegroup.teach.summary import summary
from imagegroup.teach.updating import check_update
from imagegroup.teach.vlad import check_vlad

__all__ = [
    "MISCONCEPTIONS",
    "CheckResult",
    "Misconception",
    "check_assign",
    "check_brief_bits",
    "check_centroid_angle",
    "check_distortion",
    "check_fast_score",
    "check_fast_test",
    "check_hamming",
    "check_knee",
    "check_match_ratio",
    "check_update",
    "check_vlad",
    "find_misconception",
    "outcome",
    "predict",
    "predictions_file",
    "summary",
]
