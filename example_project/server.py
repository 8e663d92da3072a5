"""An ASGI server on the loopback address, for the demo and the self-test."""

import errno
import socket

import uvicorn
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

from example_project.asgi import application

HOST = "127.0.0.1"
ANY_FREE_PORT = 0

#: In bytes; the API takes bodies of the same size.
LONGEST_FRAME = 65_536

#: For how many seconds streams that are open may go on after Ctrl-C.
GRACE_SECONDS = 1


class Server(uvicorn.Server):
    """Serves the project on a socket that is bound already, so that its port is known."""

    def __init__(self, listener, *, access_log):
        self.listener = listener
        self.port = listener.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        self.when_started = lambda: None
        super().__init__(
            uvicorn.Config(
                ASGIStaticFilesHandler(application),
                lifespan="off",
                # No proxy is in front, so that no client may name its own IP.
                proxy_headers=False,
                # What LOGGING of the settings says holds here, too.
                log_config=None,
                access_log=access_log,
                timeout_graceful_shutdown=GRACE_SECONDS,
                ws_max_size=LONGEST_FRAME,
            )
        )

    def serve_forever(self, when_started):
        """Serve until `stop()`, or until Ctrl-C, which then raises `KeyboardInterrupt`.

        `when_started` is called when requests are answered and Ctrl-C is waited for.
        """
        self.when_started = when_started
        with self.listener:
            self.run(sockets=[self.listener])

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.when_started()

    def stop(self):
        self.should_exit = True


def bind(port=ANY_FREE_PORT, *, access_log=True):
    """Return a server that is bound and not yet serving. Raises OSError if the port is taken."""
    listener = socket.socket()
    # As after a restart; a port that another process listens on stays taken.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        # From now on connections queue up instead of being refused.
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return Server(listener, access_log=access_log)


def bind_or_any(port):
    """Like `bind`, with any free port in place of one that is taken."""
    try:
        return bind(port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        return bind()
