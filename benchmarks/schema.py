"""What the hook and the audit cost beside drf-spectacular, on a generated API.

``python -m benchmarks.schema [operations ...]``; 400, 2,000 and 10,000 by default. The seconds are
those of the processor, in a process of its own for every run, because a machine that does other
things as well makes the clock on the wall useless.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django

from benchmarks.startup import NO_BYTECODE

SIZES = (400, 2_000, 10_000)
ROUNDS = 3

#: Added to the generation of the document, and beside the whole command of drf-spectacular.
HOOK_RATIO, AUDIT_RATIO = 0.20, 1.0

GENERATE = """
import django, gc, time
django.setup()
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
# What a large heap costs the collector is the same with and without the hook.
gc.freeze(); gc.disable()
with GENERATOR_STATS.silence():
    for _ in range(2):
        start = time.process_time()
        SchemaGenerator().get_schema(request=None, public=True)
        print(time.process_time() - start)
"""

#: The first is what `manage.py spectacular` pays, the import of the hook included.
MADE = ("in a new process", "again")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
    django.setup()
    sizes = [int(size) for size in sys.argv[1:]] or list(SIZES)
    print("\n".join(line for size in sizes for line in verdicts(size)))


def verdicts(operations: int) -> Iterator[str]:
    """Yield what was promised about an API of so many operations, and whether it was kept."""
    # It imports models, so it can be imported only now.
    from benchmarks import targets

    plain: list[list[float]] = []
    hooked: list[list[float]] = []
    commands: dict[bool, tuple[list[float], list[float]]] = {False: ([], []), True: ([], [])}
    with tempfile.TemporaryDirectory(prefix="authkit-benchmark-") as directory:
        document = str(Path(directory) / "schema.yml")
        for _ in range(ROUNDS):
            plain.append(_generated(operations))
            hooked.append(_generated(operations, hook=True))
            for flat, (spectacular, audit) in commands.items():
                write = ("-m", "django", "spectacular", "--file", document)
                spectacular.append(_run(operations, *write, flat=flat)[1])
                audit.append(_run(operations, "-m", "authkit.schema", "--exit-zero", flat=flat)[1])
    for made, *seconds in zip(MADE, _medians(plain), _medians(hooked), strict=True):
        without, with_hook = seconds
        added = (with_hook - without) / without
        yield f"        {operations:,} operations {made}: {without:.2f} s, hooked {with_hook:.2f} s"
        yield targets.verdict(f"hook, {operations:,} operations {made}", added, HOOK_RATIO, "x")
    for flat, (spectacular, audit) in commands.items():
        command, whole = statistics.median(spectacular), statistics.median(audit)
        shape = "at one level" if flat else "nested"
        yield f"        {shape}: manage.py spectacular {command:.2f} s, the audit {whole:.2f} s"
        what = f"audit / spectacular, {operations:,} {shape}"
        yield targets.verdict(what, whole / command, AUDIT_RATIO, "x")


def _generated(operations: int, *, hook: bool = False) -> list[float]:
    """Return the seconds in which a process made the schema, and made it again."""
    return [float(line) for line in _run(operations, "-c", GENERATE, hook=hook)[0].split()]


def _medians(rounds: list[list[float]]) -> Iterator[float]:
    return (statistics.median(seconds) for seconds in zip(*rounds, strict=True))


def _run(
    operations: int, *arguments: str, hook: bool = False, flat: bool = False
) -> tuple[str, float]:
    """Return what the process printed, and the seconds of the processor that it took."""
    # A package that has been installed has its .pyc files.
    environment = {name: each for name, each in os.environ.items() if name not in NO_BYTECODE} | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.schema_settings",
        "BENCHMARK_OPERATIONS": str(operations),
        "BENCHMARK_HOOK": "1" if hook else "0",
        "BENCHMARK_FLAT": "1" if flat else "0",
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return child.stdout, used


if __name__ == "__main__":
    main()
