"""Keeps standard output for the report."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

STDOUT, STDERR = 1, 2


@contextmanager
def diverted_output() -> Iterator[None]:
    """Send to standard error what the project writes, its subprocesses included."""
    with redirect_stdout(sys.stderr), _diverted_descriptor():
        yield


@contextmanager
def _diverted_descriptor() -> Iterator[None]:
    try:
        kept = os.dup(STDOUT)
        os.dup2(STDERR, STDOUT)
    except OSError:  # one of them is closed
        yield
        return
    try:
        yield
    finally:
        os.dup2(kept, STDOUT)
        os.close(kept)
