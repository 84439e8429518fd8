"""What `imagegroup app` does: serve the app to a browser of this machine until Ctrl-C."""

from __future__ import annotations

import os
import secrets
import socket
import tempfile
from pathlib import Path

from imagegroup.names import display_name

TEMPLATES = Path(__file__).with_name("jupyter")
"""Holds voila's template of ours, which asks no other machine for anything."""
CODE = "from imagegroup.widgets import app\n\napp({root!r})"


def serve_app(folder: Path) -> None:
    """Print the link to the app and serve it until Ctrl-C.

    Everything temporary, of the kernels too, lies in one private folder that is removed at the end.

    Raises
    ------
    NotADirectoryError
        There is no such folder.
    """
    from voila.app import Voila

    if not folder.is_dir():
        raise NotADirectoryError(f"{display_name(folder)}: no such folder; give one of photos.")
    with tempfile.TemporaryDirectory(
        prefix="imagegroup-served-", ignore_cleanup_errors=True
    ) as place:
        notebook = _write_notebook(Path(place), folder.resolve())
        paths = [str(TEMPLATES), os.environ.get("JUPYTER_PATH", "")]
        os.environ.update(JUPYTER_PATH=os.pathsep.join(filter(None, paths)), TMPDIR=place)
        port, token = free_port(), secrets.token_urlsafe(24)
        print(f"open http://127.0.0.1:{port}/?token={token} (Ctrl-C ends)", flush=True)
        Voila.launch_instance(voila_options(notebook, port, token))


def voila_options(notebook: Path, port: int, token: str) -> list[str]:
    """Return the options: this machine only, its own token, our template, no file is served."""
    return [
        str(notebook),
        "--no-browser",
        "--Voila.ip=127.0.0.1",
        f"--Voila.port={port}",
        "--Voila.port_retries=0",
        f"--Voila.token={token}",
        f"--Voila.root_dir={notebook.parent}",
        f"--Voila.connection_dir_root={notebook.parent}",
        "--Voila.log_level=WARN",
        "--VoilaConfiguration.template=imagegroup",
        "--VoilaConfiguration.allow_template_override=NO",
        "--VoilaConfiguration.file_allowlist=^$",
        "--ZMQChannelsWebsocketConnection.limit_rate=False",  # downloads come through it
    ]


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _write_notebook(place: Path, root: Path) -> Path:
    import nbformat

    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(CODE.format(root=str(root)))]
    notebook.metadata = {"title": "imagegroup", "kernelspec": {"name": "python3"}}
    notebook.metadata["kernelspec"]["display_name"] = "Python 3"
    path = place / "imagegroup.ipynb"
    nbformat.write(notebook, path)
    return path
