"""Servers in processes of their own, on the database of the benchmark."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True, slots=True)
class Server:
    pid: int
    port: int

    @property
    def websocket(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/"


@contextmanager
def served(kind: str = "ours", **environment: str) -> Iterator[Server]:
    """Run a server of the one kind or the other; see ``served.py``."""
    database = {"BENCHMARK_DATABASE_NAME": str(connection.settings_dict["NAME"])}
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sockets.served", kind],
        env=os.environ | database | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        said = process.stdout.readline() if process.stdout else ""
        if not said:
            raise RuntimeError("The server did not start")
        yield Server(process.pid, int(said))
    finally:
        process.kill()
        process.communicate()
