"""Workers: points computed by children of one process that has loaded TensorFlow, which takes seconds.

The main process of a build starts `serve`. A job of the pipeline calls this module with the arguments of
`noisyweights.experiments`; they go to the server, which forks a child for them: as far from every other point
as a process of its own, and started at once. Where no server answers, as on another machine of a cluster, the
job computes its point itself.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
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

_GPU = Path("/dev/nvidiactl")  # what a process has learnt of a GPU is of no use to its children


@contextmanager
def serving(experiments: Iterable[str]) -> Iterator[None]:
    """Have a server for the jobs that the block starts, which ends with this process at the latest.

    With the first job it loads these experiments. Beside a GPU there is none: each job then goes alone.
    """
    if _GPU.exists():
        yield
        return
    with TemporaryDirectory(prefix="workers-") as folder:
        address = Path(folder) / "socket"
        # The server reads from this pipe, which closes when this process ends, however it ends.
        server = subprocess.Popen(
            [sys.executable, "-m", __name__, "--serve", str(address), *experiments],
            stdin=subprocess.PIPE,
            env=os.environ | ONE_THREAD,
        )
        while not address.exists() and server.poll() is None:
            time.sleep(0.01)  # a job that came before it would go alone
        os.environ[VARIABLE] = str(address)
        try:
            yield
        finally:
            del os.environ[VARIABLE]
            server.stdin.close()
            server.wait()


def serve(address: str, *experiments: str) -> None:
    """Answer calls at a socket until standard input closes, then end with all children.

    Experiments are loaded when the first call comes.
    """
    os.setpgrp()
    threading.Thread(target=_end_with_input, daemon=True).start()
    listener = Listener(address, family="AF_UNIX", backlog=256)
    first = listener.accept()
    _load(experiments)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children that ended leave nothing behind
    # Newer versions of Python warn of threads; the one of this process waits outside of all locks.
    warnings.filterwarnings("ignore", category=DeprecationWarning, message=".*fork")
    for connection in chain([first], iter(listener.accept, None)):
        if os.fork() == 0:
            listener.close()
            _child(connection)
        connection.close()


def _load(experiments: Iterable[str]) -> None:
    from noisyweights.experiments import points

    for name in experiments:
        with suppress(Exception):  # the jobs of an experiment that cannot be loaded say why
            points.prepare(name)


def _end_with_input() -> None:
    os.read(sys.stdin.fileno(), 1)
    os.killpg(0, signal.SIGKILL)


def _child(connection: Connection) -> None:
    """Do one call and tell its exit status; never returns."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        arguments, log, folder = connection.recv()
        threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
        os.chdir(folder)
        status = _status(arguments, log=log)
        connection.send(status)
    finally:
        os._exit(status)


def _end_with(connection: Connection) -> None:
    """End this child when the job that called it is gone."""
    with socket.socket(fileno=os.dup(connection.fileno())) as watched:
        watched.recv(1)
    os._exit(1)


def _status(arguments: Sequence[str], *, log: str) -> int:
    """Do a call in this process, whose output goes to a file from here on, and return its exit status."""
    from noisyweights.experiments.__main__ import main

    with open(log, "ab") as file:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(file.fileno(), stream.fileno())
    try:
        main(arguments)
        status = 0
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def call(arguments: Sequence[str], *, log: str) -> int:
    """Have a call done, by the server if one answers and else in this process; return its exit status."""
    try:
        connection = Client(os.environ[VARIABLE], family="AF_UNIX")
    except (KeyError, OSError):
        return _status(arguments, log=log)
    with connection:
        try:
            connection.send((list(arguments), log, os.getcwd()))
            return connection.recv()
        except (EOFError, OSError):
            with open(log, "a", encoding="utf-8") as file:
                file.write("error: the process that computed this was killed, as for want of memory\n")
            return 1


def main() -> None:
    """Serve at a socket, or call: `--serve ADDRESS EXPERIMENT…`, or `LOG ARGUMENT…`."""
    first, *rest = sys.argv[1:]
    if first == "--serve":
        serve(*rest)
    else:
        Path(first).unlink(missing_ok=True)
        sys.exit(call(rest, log=first))


if __name__ == "__main__":
    main()
