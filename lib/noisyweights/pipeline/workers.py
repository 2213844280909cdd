"""Workers: points computed by children of one process that has loaded TensorFlow, which takes seconds.

The main process of a build starts `serve`. A job of the pipeline calls this module with the arguments of
`noisyweights.experiments`; they go to the server, which forks a child for them: as far from every other point
as a process of its own, and started at once. Where no server answers, as on another machine of a cluster, the
job computes its point itself.
"""

import importlib
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["ONE_THREAD", "VARIABLE", "call", "serve", "serving"]

VARIABLE = "NOISYWEIGHTS_WORKERS"  # holds the server's socket

# Jobs share the cores, so each computes on one; the numbers then do not hang on how many there are. BLAS with
# more threads than free cores takes up to 15 times as long for small matrices.
ONE_THREAD = {
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
}


@contextmanager
def serving(modules: Iterable[str]) -> Iterator[None]:
    """Have a server for the jobs that the block starts; it ends with this process at the latest.

    `modules` are those whose functions the jobs call: the server loads them once.
    """
    with TemporaryDirectory(prefix="workers-") as folder:
        address = str(Path(folder) / "socket")
        # The server reads from this pipe, which closes when this process ends, however it ends.
        server = subprocess.Popen(
            [sys.executable, "-m", __name__, "--serve", address, *modules],
            stdin=subprocess.PIPE,
            env=os.environ | ONE_THREAD,
        )
        os.environ[VARIABLE] = address
        try:
            yield
        finally:
            del os.environ[VARIABLE]
            server.stdin.close()
            server.wait()


def serve(address: str, *modules: str) -> None:
    """Load modules and answer calls at a socket until standard input closes; then end, with all children."""
    os.setpgrp()
    listener = Listener(address, family="AF_UNIX", backlog=256)
    threading.Thread(target=_end_with_input, daemon=True).start()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children that ended leave nothing behind
    for module in modules:
        importlib.import_module(module)
    while True:
        connection = listener.accept()
        if os.fork() == 0:
            listener.close()
            _child(connection)
        connection.close()


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


def _child(connection: Connection) -> None:
    """Do one call and tell its exit status; never returns."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        arguments, log, folder = connection.recv()
        os.chdir(folder)
        with open(log, "ab") as file:
            for stream in (1, 2):
                os.dup2(file.fileno(), stream)
        threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
        status = _status(arguments)
        sys.stdout.flush()
        sys.stderr.flush()
        connection.send(status)
    finally:
        os._exit(status)


def _status(arguments: Sequence[str]) -> int:
    from noisyweights.experiments.__main__ import main

    try:
        main(arguments)
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _end_with(connection: Connection) -> None:
    """End this child when the job that called it is gone."""
    with socket.socket(fileno=os.dup(connection.fileno())) as watched:
        watched.recv(1)
    os._exit(1)


def call(arguments: Sequence[str], *, log: str) -> int:
    """Have a call done, by the server if one answers, and return its exit status."""
    try:
        connection = Client(os.environ[VARIABLE], family="AF_UNIX")
    except (KeyError, OSError):
        with open(log, "ab") as file:
            command = [sys.executable, "-m", "noisyweights.experiments", *arguments]
            return subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, check=False).returncode
    with connection:
        connection.send((list(arguments), log, os.getcwd()))
        try:
            return connection.recv()
        except EOFError:
            return 1  # killed


def main() -> None:
    """Serve at a socket, or call: `--serve ADDRESS MODULE…`, or `LOG ARGUMENT…`."""
    first, *rest = sys.argv[1:]
    if first == "--serve":
        serve(*rest)
    else:
        Path(first).unlink(missing_ok=True)
        sys.exit(call(rest, log=first))


if __name__ == "__main__":
    main()
