"""What of the process the tests of `process` look at, before and after."""

from __future__ import annotations

import warnings

import cv2
from threadpoolctl import ThreadpoolController, threadpool_info

LOG = cv2 if hasattr(cv2, "setLogLevel") else cv2.utils.logging  # OpenCV 5 moved them


def pools():
    """Threads of each library, as this thread sees them, by file."""
    return {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()}


def state():
    """All that `process` keeps; the list of filters is compared as the object and by content."""
    filters = (id(warnings.filters), tuple(warnings.filters))
    return {
        "pools": pools(),
        "opencv": cv2.getNumThreads(),
        "filters": filters,
        "log": LOG.getLogLevel(),
    }


def set_pools(counts):
    """Set the threads of each library, whichever thread set them before."""
    for library in ThreadpoolController().lib_controllers:
        free = getattr(library, "clear_controlling_thread", lambda force: None)
        free(force=True)
        library.set_num_threads(counts[library.filepath])
        free(force=True)
