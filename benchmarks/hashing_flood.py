"""How others fare while one network floods a process with passwords.

    python -m benchmarks.hashing_flood

Eight threads stand for a worker. Eight clients of one network send passwords as fast as they are
answered; another client sends requests that take two milliseconds of the processor.
"""

from __future__ import annotations

import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

from django.conf import settings

settings.configure()

from authkit.core.http.client import Client  # noqa: E402
from authkit.errors import HashingBusy  # noqa: E402
from authkit.passwords.checking.hashing import hashing_place  # noqa: E402
from django.contrib.auth.hashers import make_password  # noqa: E402

THREADS = CONNECTIONS = 8
SECONDS = 8.0
ATTACKER = Client("192.0.2.7", "")


def log_in(bounded: bool) -> None:
    try:
        with hashing_place(ATTACKER) if bounded else nullcontext():
            make_password("a guess")
    except HashingBusy:
        time.sleep(0.001)  # what the answer takes


def other_request() -> None:
    until = time.thread_time() + 0.002
    while time.thread_time() < until:
        pass


def latencies(*, flood: bool, bounded: bool) -> list[float]:
    """Return how long each request of the other client took, in milliseconds."""
    worker, clients = ThreadPoolExecutor(THREADS), ThreadPoolExecutor(CONNECTIONS)
    done = threading.Event()

    def attack() -> None:
        while not done.is_set():
            worker.submit(log_in, bounded).result()

    if flood:
        for _ in range(CONNECTIONS):
            clients.submit(attack)
    took = []
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        began = time.monotonic()
        worker.submit(other_request).result()
        took.append((time.monotonic() - began) * 1000)
        time.sleep(0.01)
    done.set()
    clients.shutdown()
    worker.shutdown()
    return took


def main() -> None:
    for name, flood, bounded in (
        ("no flood", False, True),
        ("flood, no bound", True, False),
        ("flood, bounded", True, True),
    ):
        took = latencies(flood=flood, bounded=bounded)
        worst = statistics.quantiles(took, n=20)[-1]
        print(f"{name:16} median {statistics.median(took):7.1f} ms   p95 {worst:7.1f} ms")


if __name__ == "__main__":
    main()
