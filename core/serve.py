"""Start everything: workspace, jobs for the demonstration data, their runner, and in place of this process the Streamlit server."""

import os
import re
import secrets
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from core import disk, workspace
from core.errors import DarkroomError
from core.workflows import demo, run_naming, shipped

CODE = Path(__file__).resolve().parents[1]
HOST = "127.0.0.1"
DEFAULT_PORT = 8501
MAX_PREFIX = 100
SMALL_HEAP = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "131072", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""What keeps the server's memory with the system when a page is done: of many threads' heaps little is ever given back."""


def main(port: int | None = None, prefix: str | None = None) -> NoReturn:
    """Serve on `port` (default: the variable PORT, else 8501) below the path `prefix` (default: the variable DARKROOM_PREFIX, else none); returns only by
    an error.

    The server replaces this process, so a Ctrl-C or a kill reaches it and nothing else: the job runner and
    the jobs have process groups of their own and go on.
    """
    port = checked_port(os.environ.get("PORT") or DEFAULT_PORT if port is None else port)
    path = checked_prefix(os.environ.get("DARKROOM_PREFIX", "") if prefix is None else prefix)
    os.environ["DARKROOM_WORKSPACE"] = str(workspace.root().resolve())
    refuse_busy(port)
    secret = secrets.token_hex(32)  # where nothing can be kept, every start has another
    if trouble := workspace.trouble():
        print(trouble, file=sys.stderr, flush=True)
    else:
        disk.sweep(workspace.root())
        secret = cookie_secret(workspace.root() / ".cookie_secret")
        first_start()
        start_runner()
        run_naming.name_unnamed()
    print(
        f"Darkroom is at http://{HOST}:{port}{path} (workspace {workspace.root()}; Ctrl-C ends it, jobs go on)",
        flush=True,
    )
    os.chdir(CODE)
    command = [sys.executable, "-m", "pages.widgets.server", str(port), path]
    os.execve(sys.executable, command, {**SMALL_HEAP, **os.environ, "STREAMLIT_SERVER_COOKIE_SECRET": secret})


def checked_port(value: int | str) -> int:
    """The port as a number, refused if an unprivileged server cannot have it."""
    if not str(value).isdecimal() or not 1024 <= int(value) <= 65535:
        raise DarkroomError(f"The port is {value!r}: expected a whole number from 1024 to 65535, as in PORT=8502.")
    return int(value)


def checked_prefix(text: str) -> str:
    """The path below which everything is served, as `/darkroom`; '' for none. Letters, digits, `-._` and `/` between them."""
    path = text.strip("/")
    if not path:
        return ""
    if (
        not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*", path)
        or len(path) > MAX_PREFIX
    ):
        raise DarkroomError(
            f"The prefix is {text!r}: expected a path of letters, digits, '-', '_' and '.', as in --prefix /darkroom, at most {MAX_PREFIX} letters."
        )
    return f"/{path}"


def refuse_busy(port: int) -> None:
    """Refuse a port on which something listens already."""
    with socket.socket() as probe:
        # As the server does: without it, connections of a server that just ended would count as busy.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DarkroomError(
                f"Port {port} on {HOST} cannot be used ({error.strerror}): "
                "Darkroom may be running already; end it, or choose another port with PORT=8502."
            ) from None


def cookie_secret(path: Path) -> str:
    """The key that signs this workspace's cookies: made once, readable by its owner only."""
    if not path.exists():
        with workspace.replacing(path, mode=0o600) as temporary:
            temporary.write_text(secrets.token_hex(32), encoding="ascii")
    return path.read_text(encoding="ascii")


def start_runner() -> None:
    """Start the job runner if anything waits for it, as a child of a process that ends at once.

    Were it this process's own child, it would stay a zombie of the server, which does not know of it.
    """
    code = "from core.jobs.runner import ensure_runner; ensure_runner()"
    subprocess.run([sys.executable, "-c", code], cwd=CODE, check=False)


def first_start() -> None:
    """Queue the jobs that prepare the shipped samples and simulate more data, where they are missing, and take the shipped runs over
    of samples that are there.

    What fails here is told and does not keep the server from starting: the pages say what is missing.
    """
    try:
        for job in demo.submit_missing():
            print(f"In the background: {job.title} (see the page 'overview')", flush=True)
        for sentence in shipped.take_over():
            print(sentence, flush=True)
    except DarkroomError as error:
        print(f"The demonstration data are not complete: {error}", file=sys.stderr)
