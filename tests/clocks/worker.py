"""A process that answers requests by a clock of its own; run by test_two_clocks.py.

Gets one request per line as JSON: method, path, body and headers. Prints the answer: status, code
of a refusal, headers, body, the mails that were sent and what the log said of clocks.
"""

import json
import logging
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.clocks.worker_settings"

import django

django.setup()

from authkit.core import counted_log  # noqa: E402
from django.core import mail  # noqa: E402
from django.db import connection  # noqa: E402

from tests.conftest import Client  # noqa: E402


class Lines(logging.Handler):
    def __init__(self):
        super().__init__()
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())


def main():
    lines = Lines()
    logging.getLogger("authkit.clock").addHandler(lines)
    client = Client(raise_request_exception=False)
    mail.outbox = []
    for line in sys.stdin:
        counted_log._counts.clear()  # each request may have its line
        method, path, body, headers = json.loads(line)
        response = client.generic(
            method, path, json.dumps(body), content_type="application/json", **headers
        )
        answer = {
            "status": response.status_code,
            "body": json.loads(response.content or b"null"),
            "wait": response.headers.get("Retry-After"),
            "mails": [message.body for message in mail.outbox],
            "lines": lines.texts,
        }
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
        mail.outbox.clear()
        lines.texts = []
    connection.close()


main()
