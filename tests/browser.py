"""A JupyterLab of our own and a real browser, to act in a notebook as a reader does.

Both are isolated: no settings of the machine are read or written, no name is resolved.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import nbformat
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright

PATIENCE = 120_000
"""Longest wait in ms for anything the browser does; two busy cores need it."""

TRACEBACK = '[data-mime-type="application/vnd.jupyter.stderr"]'
"""What JupyterLab marks tracebacks and warnings with."""

expect.set_options(timeout=60_000)

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
LAB_OPTIONS = [
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--LabApp.news_url=",
    "--LabApp.extension_manager=readonly",
]


def chromium() -> str:
    """Return the system's Chromium, or skip the test and say why."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("chromium not found: apt-get install --no-install-recommends chromium")
    return found


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: `url`, its `token`, and the `folder` whose notebooks it opens."""

    url: str
    token: str
    folder: Path

    def api(self, path: str, method: str = "GET") -> list | dict | None:
        """Ask the server itself, not the page."""
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}/api/{path}", headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def end_kernels(self) -> None:
        """End every kernel, so that the next notebook starts afresh."""
        for session in self.api("sessions"):
            self.api(f"sessions/{session['id']}", "DELETE")


@contextlib.contextmanager
def running_lab(folder: Path, state: Path, theme: str = "JupyterLab Light") -> Iterator[Lab]:
    """Serve a folder with JupyterLab; end the server however the test ends.

    Parameters
    ----------
    folder : Path, holds the notebooks
    state : Path, an empty folder for settings and logs
    theme : str, "JupyterLab Light" or "JupyterLab Dark"
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    lab = Lab(f"http://127.0.0.1:{port}", os.urandom(12).hex(), folder)
    command = [sys.executable, "-m", "jupyterlab", *LAB_OPTIONS]
    command += [f"--ServerApp.port={port}", f"--IdentityProvider.token={lab.token}"]
    with (
        (state / "lab.log").open("wb") as log,
        subprocess.Popen(
            command, cwd=folder, env=_environment(state, theme), stdout=log, stderr=log
        ) as server,
    ):
        try:
            wait_for(lambda: _is_up(lab, server), "JupyterLab to start; see lab.log")
            yield lab
        finally:
            server.send_signal(signal.SIGTERM)


def _environment(state: Path, theme: str) -> dict[str, str]:
    names = ["CONFIG_DIR", "RUNTIME_DIR", "DATA_DIR"]
    places = {f"JUPYTER_{name}": state / name.lower() for name in names}
    places |= {
        f"JUPYTERLAB_{name}_DIR": state / name.lower() for name in ("SETTINGS", "WORKSPACES")
    }
    places |= {"IPYTHONDIR": state / "ipython"}
    for place in places.values():
        place.mkdir()
    settings = {
        "themes": {"theme": theme},
        "notification": {"checkForUpdates": False, "fetchNews": "false"},
    }
    for name, values in settings.items():
        path = state / "settings" / "@jupyterlab" / "apputils-extension"
        path.mkdir(parents=True, exist_ok=True)
        (path / f"{name}.jupyterlab-settings").write_text(json.dumps(values))
    switched_off = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    labconfig = state / "config_dir" / "labconfig"
    labconfig.mkdir()
    (labconfig / "page_config.json").write_text(json.dumps(switched_off))
    return {**os.environ, **{name: str(place) for name, place in places.items()}}


def _is_up(lab: Lab, server: subprocess.Popen) -> bool:
    if server.poll() is not None:
        raise RuntimeError(f"JupyterLab ended with code {server.returncode}; see lab.log")
    with contextlib.suppress(OSError):
        return bool(lab.api("status"))
    return False


def wait_for(condition: Callable[[], object], what: str, seconds: float = 120) -> None:
    """Ask again and again until `condition` holds; fail after a while and say what was waited for.

    Playwright's own waits are better where they apply: this one does not serve the page.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain for {what}"
        time.sleep(0.1)


@dataclass
class Visit:
    """A browser, its one page, and every address that the page asked for."""

    page: Page
    lab: Lab
    asked: list[str] = field(default_factory=list)

    @property
    def strangers(self) -> list[str]:
        """The addresses that do not lead to this machine."""
        own = ("http://127.0.0.1:", "ws://127.0.0.1:", "blob:", "data:", "about:")
        return [address for address in self.asked if not address.startswith(own)]


@contextlib.contextmanager
def open_browser(lab: Lab, zoom: float = 1) -> Iterator[Visit]:
    """Open Chromium with a fresh profile; at `zoom` 2 the page has half the width, as in life."""
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            context = browser.new_context(
                viewport={"width": round(1280 / zoom), "height": round(900 / zoom)},
                device_scale_factor=zoom,
            )
            context.set_default_timeout(PATIENCE)
            visit = Visit(context.new_page(), lab)
            visit.page.on("request", lambda request: visit.asked.append(request.url))
            visit.page.on("websocket", lambda socket: visit.asked.append(socket.url))
            yield visit
        finally:
            browser.close()


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook of these code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)
    return path


def run_notebook(visit: Visit, name: str) -> None:
    """Open a notebook of the lab's folder in the page and run all its cells."""
    page, lab = visit.page, visit.lab
    quoted = urllib.parse.quote(name)
    page.goto(f"{lab.url}/lab/tree/{quoted}?token={lab.token}&reset")
    page.locator(".jp-Notebook").wait_for()
    # The page says "Idle" before there is a kernel, and running then opens a dialog.
    wait_for(lambda: _kernel_is_ready(page, lab, name), "a kernel")
    page.locator('.lm-MenuBar-itemLabel:text-is("Run")').click()
    page.locator('.lm-Menu-itemLabel:text-is("Run All Cells")').click()


def _kernel_is_ready(page: Page, lab: Lab, name: str) -> bool:
    page.wait_for_timeout(100)
    kernels = [session["kernel"] for session in lab.api("sessions") if session["path"] == name]
    return any(k["execution_state"] == "idle" and k["connections"] for k in kernels)


def decoded(canvas: Locator) -> np.ndarray:
    """Return the pixels that a canvas shows, (H, W, 3) uint8, blue first."""
    text = canvas.evaluate("canvas => canvas.toDataURL('image/png')").partition(",")[2]
    return cv2.imdecode(np.frombuffer(base64.b64decode(text), np.uint8), cv2.IMREAD_COLOR)


def expect_pixels(canvas: Locator, frame: np.ndarray, tolerance: int = 0) -> None:
    """Wait until a canvas shows a frame, (H, W, 3) uint8; each value may be off by `tolerance`."""

    def shown() -> bool:
        canvas.page.wait_for_timeout(100)
        seen = decoded(canvas).astype(int)
        return seen.shape == frame.shape and abs(seen - frame).max() <= tolerance

    wait_for(shown, "the picture that Python draws")


def errors_shown(page: Page) -> list[str]:
    """Return the tracebacks and warnings that the notebook shows."""
    return page.locator(TRACEBACK).all_inner_texts()


_STOPWATCH = """
([asked, shown]) => {
  window.igTimes = [];
  let since = 0;
  asked.addEventListener("pointermove", () => { since = performance.now(); }, true);
  const answer = () => since && window.igTimes.push(performance.now() - since) && (since = 0);
  new MutationObserver(answer) // a picture that nobody asked for since is an old one
    .observe(shown, { attributes: true, attributeFilter: ["data-drawn"] });
}
"""


def pointer_latencies(page: Page, asked: Locator, shown: Locator, moves: int = 50) -> list[float]:
    """Move the mouse over one picture and wait each time until another is redrawn.

    Returns
    -------
    list of float
        For each move the ms from the pointer event to the new picture, both told by the page.
    """
    box = asked.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.wait_for_timeout(500)
    page.evaluate(_STOPWATCH, [asked.element_handle(), shown.element_handle()])
    for i in range(moves):
        x, y = (0.1 + 0.8 * (i * step % moves) / moves for step in (7, 11))
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_function("count => window.igTimes.length > count", arg=i)
    return page.evaluate("window.igTimes")
