"""Runs all cases in turn, round after round, so that a slow minute hits all alike."""

from __future__ import annotations

import gc
import random
from dataclasses import dataclass
from time import perf_counter_ns

from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.cases import Case
from benchmarks.wsgi import call


@dataclass(frozen=True, slots=True)
class Result:
    """Microseconds of whole requests; ``added`` is p10 above the p10 of the floor."""

    group: str
    name: str
    median: float
    p10: float
    p99: float
    added: float
    statements: int
    rows: int


def measure(cases: list[Case], rounds: int) -> list[Result]:
    counted = {case.name: _count(case) for case in cases}
    _run(cases, rounds=max(10, rounds // 10))  # warms up caches, and is not kept
    samples = _run(cases, rounds)
    return [_result(case, samples, *counted[case.name]) for case in cases]


def _count(case: Case) -> tuple[int, int]:
    """Return statements, those of transaction control included, and rows added, of one request."""
    _once(case)  # what is compiled or cached at first use is not counted
    environ = case.prepare()
    before = _rows()
    with CaptureQueriesContext(connection) as queries:
        answer = call(environ)()
    _check(case, answer.status)
    case.done(answer)
    return len(queries), _rows() - before


def _rows() -> int:
    return sum(model._base_manager.count() for model in apps.get_models())


def _run(cases: list[Case], rounds: int) -> dict[str, list[float]]:
    samples: dict[str, list[float]] = {case.name: [] for case in cases}
    order = list(cases)
    gc.disable()
    try:
        for number in range(rounds):
            random.shuffle(order)
            for case in order:
                samples[case.name].append(_once(case))
            if number % 10 == 0:
                gc.collect()
    finally:
        gc.enable()
    return samples


def _once(case: Case) -> float:
    send = call(case.prepare())
    start = perf_counter_ns()
    answer = send()
    elapsed = perf_counter_ns() - start
    _check(case, answer.status)
    case.done(answer)
    return elapsed / 1000


def _check(case: Case, status: int) -> None:
    if status != case.status:
        raise RuntimeError(f"{case.name} answered {status} instead of {case.status}")


def _result(case: Case, samples: dict[str, list[float]], statements: int, rows: int) -> Result:
    own = sorted(samples[case.name])
    floor = sorted(samples[case.floor])
    return Result(
        group=case.group,
        name=case.name,
        median=percentile(own, 50),
        p10=percentile(own, 10),
        p99=percentile(own, 99),
        added=percentile(own, 10) - percentile(floor, 10),
        statements=statements,
        rows=rows,
    )


def percentile(ordered: list[float], share: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * share // 100)]
