"""The teaching kit: predictions, checks of a student's own functions, and their local record."""

from imagegroup.teach.corner import check_fast_test
from imagegroup.teach.misconceptions import MISCONCEPTIONS, Misconception, find_misconception
from imagegroup.teach.prediction import outcome, predict
from imagegroup.teach.record import predictions_file
from imagegroup.teach.result import CheckResult
from imagegroup.teach.score import check_fast_score

__all__ = [
    "MISCONCEPTIONS",
    "CheckResult",
    "Misconception",
    "check_fast_score",
    "check_fast_test",
    "find_misconception",
    "outcome",
    "predict",
    "predictions_file",
]
