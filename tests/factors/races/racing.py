"""A process that races others for a code; run by test_processes.py.

Gets its settings, the moment and one request per line as JSON, a path and a body; says "ready",
waits for a line, sends all the requests from threads of their own, and prints the answers:
statuses and bodies as JSON.
"""

import json
import os
import sys
import warnings
from functools import partial

warnings.simplefilter("error")
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.factors.races.racing_settings"

import django  # noqa: E402

django.setup()

import time_machine  # noqa: E402
from django.db import connection  # noqa: E402

from tests.conftest import Client  # noqa: E402
from tests.database.isolation import level_in_force  # noqa: E402
from tests.sessions.crowd import Crowd  # noqa: E402


def main():
    moment, requests = json.loads(sys.stdin.readline())
    time_machine.travel(moment, tick=False).start()
    with Crowd(len(requests)) as crowd:
        levels = set(crowd.at_once([level_in_force] * len(requests)))
        say("ready")
        sys.stdin.readline()
        answers = crowd.at_once([partial(send, *request) for request in requests])
    connection.close()
    say([os.getpid(), sorted(levels), [(a.status_code, a.json()) for a in answers]])


def send(path, body):
    client = Client(raise_request_exception=False)
    return client.post(path, body, format="json")


def say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


main()
