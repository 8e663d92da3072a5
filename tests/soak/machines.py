"""What the soak starts, and alone may kill: workers of the example, a Redis, a database."""

import os
import random
import secrets
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from pathlib import Path

import psycopg

from tests.core.limits.private_redis import PrivateRedis

ROOT = Path(__file__).resolve().parents[2]
SERVER = {
    "host": os.environ.get("PGHOST", "127.0.0.1"),
    "port": os.environ.get("PGPORT", "5432"),
    "user": os.environ.get("PGUSER", "postgres"),
    "password": os.environ.get("PGPASSWORD", ""),
    "autocommit": True,
}


class Machines:
    """A database, a Redis and the workers, for one soak."""

    def __init__(self, workers, first_port):
        self.folder = tempfile.mkdtemp(prefix="authkit-soak-")
        self.database = f"authkit_soak_{os.getpid()}"
        self.ports = [first_port + number for number in range(workers)]
        self.faults = Counter()
        self._workers = {}

    def __enter__(self):
        with psycopg.connect(**SERVER, dbname="postgres") as server:
            server.execute(f'CREATE DATABASE "{self.database}"')
        self.redis = PrivateRedis(self.folder)
        self.environment = {
            **os.environ,
            "EXAMPLE_DATABASE": "postgresql",
            "EXAMPLE_DEBUG": "0",
            "EXAMPLE_REDIS": self.redis.location,
            "EXAMPLE_SECRET_KEY": secrets.token_urlsafe(48),
            "PGDATABASE": self.database,
        }
        self.manage("migrate", "--verbosity", "0")
        for port in self.ports:
            self.start(port)
        self.wait_for_all()
        return self

    def __exit__(self, *exc_info):
        for worker in self._workers.values():
            worker.kill()
            worker.wait()
        self.redis.stop()
        with psycopg.connect(**SERVER, dbname="postgres") as server:
            server.execute(f'DROP DATABASE "{self.database}" WITH (FORCE)')

    def manage(self, *arguments):
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env=self.environment, check=True)

    def rows(self, statement):
        with psycopg.connect(**SERVER, dbname=self.database) as database:
            return database.execute(statement).fetchall()

    def start(self, port):
        with Path(self.folder, f"{port}.log").open("a") as log:
            self._workers[port] = subprocess.Popen(
                [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    def wait_for_all(self):
        for port in self.ports:
            while not _answers(port):
                assert self._workers[port].poll() is None, f"see {self.folder}/{port}.log"
                time.sleep(0.1)

    def kill_a_worker(self):
        port = random.choice(self.ports)
        self._workers[port].kill()
        self._workers[port].wait()
        self.start(port)

    def restart_redis(self):
        self.redis.stop()
        time.sleep(random.random())
        self.redis.start()

    def cut_the_database(self):
        self.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def make_faults(self, until: threading.Event, pause):
        kinds = [self.kill_a_worker, self.restart_redis, self.cut_the_database]
        while not until.wait(pause):
            fault = random.choice(kinds)
            fault()
            self.faults[fault.__name__.replace("_", " ")] += 1


def _answers(port):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/auth/token/", timeout=2)
    except urllib.error.HTTPError:  # 405: it is there
        return True
    except OSError:
        return False
    return True
