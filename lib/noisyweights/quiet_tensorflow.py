"""TensorFlow without its chatter, when it loads and when a process trains many networks.

It logs from C++ before its logger has read any setting, so no environment variable keeps these lines off a
terminal or a page: the file descriptor itself has to be held while it loads.
"""

import importlib.util
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["load_tensorflow", "many_networks"]


def load_tensorflow() -> None:
    """Import TensorFlow and TensorFlow Probability and look for devices, with standard error held back.

    What was held back is printed when loading fails; what they warn of in their own code is not shown.
    Nothing happens if TensorFlow is loaded already, or not installed: binary networks work on another backend
    of Keras. A module that imports Keras and nothing of `networks` before calls this first.
    """
    if "tensorflow_probability" in sys.modules or importlib.util.find_spec("tensorflow") is None:
        return
    with _held_stderr(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tensorflow = importlib.import_module("tensorflow")
        tensorflow.config.list_physical_devices()  # the search for a GPU has its say too
        importlib.import_module("tensorflow_probability")


@contextmanager
def many_networks() -> Iterator[None]:
    """Work on several networks in turn: TensorFlow takes them for one traced too often, and says so."""
    logger = logging.getLogger("tensorflow")
    logger.addFilter(_not_of_traces)
    try:
        yield
    finally:
        logger.removeFilter(_not_of_traces)


def _not_of_traces(record: logging.LogRecord) -> bool:
    return "triggered tf.function retracing" not in record.getMessage()


@contextmanager
def _held_stderr() -> Iterator[None]:
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(terminal, held.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
