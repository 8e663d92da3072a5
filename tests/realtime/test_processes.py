"""Two servers, one database, one Redis: a log-out in one closes the socket in the other."""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.conftest import PASSWORD

ROOT = Path(__file__).parents[2]
REDIS = shutil.which("redis-server")

pytestmark = [
    pytest.mark.by_itself,
    pytest.mark.redis,
    pytest.mark.slow,
    pytest.mark.skipif(REDIS is None, reason="redis-server is not installed"),
]

LOG_IN = {"username": "ann", "password": PASSWORD}
AUTH = "/api/v1/auth/"
RUNNING = re.compile(r"running on http://127\.0\.0\.1:(\d+)")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Redis:
    """A server of our own, which can be killed, stopped and started again."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.start()

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self):
        options = ["--port", str(self.port), "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen([REDIS, *options], stdout=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis(tmp_path):
    running = Redis(tmp_path)
    yield running
    running.process.send_signal(signal.SIGCONT)
    running.kill()


@pytest.fixture
def environment(tmp_path):
    variables = {
        **os.environ,
        "AUTHKIT_TEST_DATABASE": "sqlite",
        "AUTHKIT_TEST_USERS": "stock",
        "AUTHKIT_TEST_FILE": str(tmp_path / "database.sqlite3"),
        "AUTHKIT_TEST_PREFIX": secrets.token_hex(4),
        "DJANGO_SETTINGS_MODULE": "tests.realtime.other_process",
    }
    django = [sys.executable, "-m", "django"]
    subprocess.run([*django, "migrate", "-v0"], cwd=ROOT, env=variables, check=True)
    run(variables, f"get_user_model().objects.create_user('ann', password={PASSWORD!r})")
    return variables


def run(environment, code):
    """Run code in a process of its own, with ``user`` in it if there is one."""
    found = (
        "from django.contrib.auth import get_user_model; user = get_user_model().objects.first()"
    )
    command = [sys.executable, "-m", "django", "shell", "-v0", "-c", f"{found}; {code}"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


@contextmanager
def served(environment):
    """Run a server; yield its address."""
    command = ["uvicorn", "--port", "0", "--lifespan", "off", "tests.realtime.served:application"]
    log = Path(environment["AUTHKIT_TEST_FILE"]).with_name(f"{secrets.token_hex(4)}.log")
    with log.open("w") as written:
        server = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=written,
        )
    try:
        while not (found := RUNNING.search(log.read_text())):
            assert server.poll() is None, log.read_text()
            time.sleep(0.05)
        yield f"127.0.0.1:{found[1]}"
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def servers(environment, redis):
    environment = {**environment, "AUTHKIT_TEST_LAYER": redis.url}
    with served(environment) as first, served(environment) as second:
        yield first, second


def log_in(server):
    return httpx.post(f"http://{server}{AUTH}token/", json=LOG_IN, timeout=30).json()


@contextmanager
def opened(server, pair):
    headers = {"Authorization": f"Bearer {pair['access']}"}
    with connect(f"ws://{server}/ws/alone/", additional_headers=headers, proxy=None) as found:
        json.loads(found.recv(timeout=30))
        yield found


def log_out(server, pair):
    url = f"http://{server}{AUTH}token/revoke/"
    answer = httpx.post(url, json={"refresh": pair["refresh"]}, timeout=30)
    assert answer.status_code == 204
    return time.monotonic()


def closed(socket, timeout):
    """Return the code and the time at which a socket was closed."""
    with pytest.raises(ConnectionClosed) as error:
        socket.recv(timeout=timeout)
    return error.value.rcvd.code, time.monotonic()


def round_trips(first, second, rounds):
    """Return how long each socket of one server outlived a log-out at the other."""
    seconds = []
    for _ in range(rounds):
        pair = log_in(first)
        with opened(first, pair) as one:
            answered = log_out(second, pair)
            code, at = closed(one, timeout=40)
            assert code == 4401
            seconds.append(at - answered)
    return seconds


def test_a_log_out_at_another_server_closes_at_once(servers):
    seconds = round_trips(*servers, rounds=20)
    print(f"median {statistics.median(seconds):.3f} s, worst {max(seconds):.3f} s")  # noqa: T201
    assert statistics.median(seconds) < 10  # without a message it would be about fifteen


def test_a_command_tells_before_it_ends(servers, environment, redis):
    pair = log_in(servers[0])
    with opened(servers[0], pair) as one:
        run(
            environment | {"AUTHKIT_TEST_LAYER": redis.url}, "user.set_password('new'); user.save()"
        )
        # The next round would be up to half a minute later.
        assert closed(one, timeout=5)[0] == 4401


def test_without_a_layer_it_closes_with_the_next_revalidation(environment):
    often = environment | {"AUTHKIT_TEST_INTERVAL": "0.5"}  # for half a minute
    with served(often) as first, served(environment) as second:
        assert len(round_trips(first, second, rounds=3)) == 3


def test_redis_is_killed_and_comes_back(servers, redis):
    first, second = servers
    pair, later = log_in(first), log_in(first)
    with opened(first, pair) as one, opened(first, later) as other:
        redis.kill()
        with pytest.raises(TimeoutError):  # nothing closes because of it
            one.recv(timeout=1)
        log_out(second, pair)
        assert closed(one, timeout=40)[0] == 4401
        redis.start()
        other.send("1")
        assert json.loads(other.recv(timeout=10)) == 1
        time.sleep(8)  # both try again every three seconds
        answered = log_out(second, later)
        code, at = closed(other, timeout=40)
        print(f"after a restart {at - answered:.3f} s")  # noqa: T201
        assert code == 4401


def test_while_redis_hangs_nothing_waits_for_it(servers, redis):
    first, second = servers
    pair, later = log_in(first), log_in(first)
    with opened(first, pair) as one, opened(first, later) as other:
        redis.process.send_signal(signal.SIGSTOP)
        log_out(second, pair)
        assert httpx.get(f"http://{second}{AUTH}me/", timeout=10).status_code == 401
        assert closed(one, timeout=40)[0] == 4401
        with pytest.raises(InvalidStatus), connect(f"ws://{first}/ws/alone/", proxy=None):
            pass
        redis.process.send_signal(signal.SIGCONT)
        log_out(second, later)
        assert closed(other, timeout=40)[0] == 4401
