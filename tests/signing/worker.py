"""A server of its own process, whose keys can be changed while it answers; see test_rollout.py.

Prints the port on which it answers. Then it takes settings, a line of JSON each, and prints a line
once they hold: as if it had been started anew with them.
"""

import json
import os
import sys
import threading
from datetime import UTC, datetime
from wsgiref.simple_server import WSGIRequestHandler

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.signing.worker_settings"

import django

django.setup()

from authkit.passwords.checking import hashing  # noqa: E402
from authkit.signing.configuration import configuration  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.servers.basehttp import ThreadedWSGIServer  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        """Write no line for a request."""


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def with_moments(entry):
    """Return an entry of the ring with its timestamps as datetimes."""
    moments = {name: entry[name] for name in ("not_before", "expires_at") if name in entry}
    return entry | {name: datetime.fromtimestamp(at, UTC) for name, at in moments.items()}


def main():
    # A crowd behind one address, which is what tests/passwords/test_hashing_floods.py limits.
    hashing.PLACES = hashing.PLACES_PER_NETWORK = 1000
    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.daemon_threads = True
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say(server.server_port)
    for line in sys.stdin:
        given = json.loads(line)
        settings.SECRET_KEY_FALLBACKS = given["fallbacks"]
        settings.SECRET_KEY = given["secret"]
        settings.AUTHKIT = {
            "SIGNING_KEYS": [with_moments(entry) for entry in given["keys"]],
            "ENCRYPTION_KEYS": given["encryption"],
        }
        configuration.cache_clear()
        say("set")
    server.shutdown()


main()
