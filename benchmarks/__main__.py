"""Measures authkit and its peers, interleaved in one process, and compares with the targets."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import django


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="authkit-benchmark-") as directory:
        os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
        os.environ["BENCHMARK_DATABASE"] = options.database
        os.environ["BENCHMARK_SYNC"] = "0" if options.no_sync else "1"
        os.environ["BENCHMARK_PREPARED"] = "1" if options.prepared else "0"
        os.environ["BENCHMARK_SQLITE_FILE"] = str(Path(directory) / "benchmark.sqlite3")
        django.setup()
        _run(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--rounds", type=int, default=1000, help="requests of each kind")
    parser.add_argument(
        "--no-sync",
        action="store_true",
        help="commit without waiting for the disk, which leaves what the libraries cost",
    )
    parser.add_argument(
        "--prepared",
        action="store_true",
        help="let PostgreSQL keep statements prepared, for all of the libraries",
    )
    parser.add_argument(
        "--no-sockets", action="store_true", help="leave out what is measured of WebSockets"
    )
    parser.add_argument(
        "--sessions", type=int, default=0, help="refresh once more beside so many sessions"
    )
    parser.add_argument(
        "--keys",
        type=int,
        nargs="*",
        default=[10, 10_000, 1_000_000],
        help="how many API keys there are; what one costs is compared with the first of these",
    )
    parser.add_argument("--processes", type=int, default=20, help="fresh processes per start-up")
    parser.add_argument(
        "--operations",
        type=int,
        nargs="*",
        default=[400, 2_000, 10_000],
        help="sizes of the generated APIs whose schemas are made and audited",
    )
    parser.add_argument(
        "--redis",
        metavar="URL",
        help="the channel layer that tells other processes of a log-out; one that is named here"
        " has to answer, that of REDIS_URL or of this machine need not",
    )
    options = parser.parse_args()
    if options.prepared and options.database != "postgresql":
        parser.error("--prepared is of PostgreSQL: add --database postgresql")
    return options


def _run(options: argparse.Namespace) -> None:
    # They import models, so they can be imported only now.
    from django.db import connection

    from benchmarks import growth, report, schema, startup, targets
    from benchmarks.cases import all_cases, build_rows
    from benchmarks.measure import measure
    from benchmarks.sockets import endings, handshakes, idle

    redis = options.redis or os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
    if options.redis and not endings.answers(redis):
        raise SystemExit(f"No Redis answers at {redis}.")
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        users = build_rows()
        cases = all_cases(users)
        results = measure(cases, options.rounds)
        connected = (
            []
            if options.no_sockets
            else [
                *handshakes.verdicts(users, options.rounds),
                *idle.verdicts(users, options.rounds),
                *endings.verdicts(users, options.rounds, redis),
            ]
        )
        grown = [
            *growth.refresh_beside(options.sessions, cases, options.rounds),
            *growth.key_among(options.keys, users, cases, options.rounds),
        ]
    finally:
        connection.creation.destroy_test_db("", verbosity=0)
    without, with_authkit, added = startup.added_milliseconds(options.processes)

    disk = "commits do not wait for the disk" if options.no_sync else "commits wait for the disk"
    prepared = ", statements are prepared" if options.prepared else ""
    print(
        f"{options.database}, {disk}{prepared}, {options.rounds} rounds, microseconds per request\n"
    )
    print("\n".join(report.table(results)))
    print(f"\nstart-up: {without:.1f} ms without authkit, {with_authkit:.1f} ms with it")
    print(f"start-up: {added:.1f} ms is the median of the differences\n")
    lines = [
        *targets.verdicts(results, options.database),
        *connected,
        *grown,
        targets.verdict("start-up", added, targets.STARTUP_MILLISECONDS, "ms"),
        *(line for size in options.operations for line in schema.verdicts(size)),
    ]
    print("\n".join(lines))
    facts = {
        "sync": not options.no_sync,
        "prepared": options.prepared,
        "startup_milliseconds": [without, with_authkit],
        "verdicts": lines,
    }
    print(f"\nwritten: {report.write_json(options.database, options.rounds, results, facts)}")


if __name__ == "__main__":
    main()
