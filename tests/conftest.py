"""What the tests share: the real image sets where they are, the album, a photo."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# A busy machine may stop for a moment in any example: tests say what is right, benchmarks how fast.
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")

SHARED = Path(
    os.environ.get("IMAGEGROUP_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)

# A shell starts what it puts into the background with Ctrl-C ignored, and every child inherits
# that. Tests that press Ctrl-C ask what it does where it is heard.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Give the folder of a real image set, or skip the test and say why."""

    def find(name: str) -> Path:
        if not (SHARED / name).is_dir():
            pytest.skip(f"real image sets not found: {name} (set IMAGEGROUP_DATA to their folder)")
        return SHARED / name

    return find


@pytest.fixture(scope="session")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the easy sample album, made once a session."""
    from imagegroup.samples import make_album

    return make_album(tmp_path_factory.mktemp("album") / "easy")


@pytest.fixture(scope="session")
def photo() -> np.ndarray:
    """Give a real photo, (360, 480) uint8 grey."""
    import cv2
    import skimage

    rgb = cv2.imread(str(Path(skimage.__file__).parent / "data" / "astronaut.png"))
    return cv2.cvtColor(
        cv2.resize(rgb, (480, 360), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY
    )


@pytest.fixture
def ax():
    """Give axes to draw on, and close all figures afterwards."""
    import matplotlib.pyplot as plt

    from imagegroup import plots

    yield plots.new_axes(6, 4)
    plt.close("all")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skip into a failure in CI, where everything that can be tested must be tested."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if "not on this machine" not in reason:
            report.outcome, report.longrepr = "failed", f"must not be skipped in CI: {reason}"
    return report
