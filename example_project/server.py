"""A threaded HTTP server on the loopback address, for the demo and the self-test."""

import errno

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.servers.basehttp import (
    ThreadedWSGIServer,
    WSGIRequestHandler,
    get_internal_wsgi_application,
)

HOST = "127.0.0.1"
ANY_FREE_PORT = 0


class Server(ThreadedWSGIServer):
    # Ctrl-C must not wait for a browser that keeps its connection open.
    daemon_threads = True

    @property
    def url(self):
        return f"http://{HOST}:{self.server_port}"


class SilentRequestHandler(WSGIRequestHandler):
    def log_message(self, *args):
        """Say nothing: the self-test prints its own lines."""


def bind(port=ANY_FREE_PORT, *, handler=WSGIRequestHandler):
    """Return a server that is bound and not yet serving. Raises OSError if the port is taken."""
    server = Server((HOST, port), handler)
    server.set_app(StaticFilesHandler(get_internal_wsgi_application()))
    return server


def bind_or_any(port):
    """Like `bind`, with any free port in place of one that is taken."""
    try:
        return bind(port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return bind()
