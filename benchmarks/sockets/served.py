"""A server that says its port: ``python -m benchmarks.sockets.served ours``, or ``stock``."""

from __future__ import annotations

import socket
import sys
from typing import Any

import django
import uvicorn

django.setup()

from authkit.realtime import AuthkitMiddleware  # noqa: E402
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402

from benchmarks.sockets.handshakes import UNLIMITED  # noqa: E402


class Idle(AsyncJsonWebsocketConsumer):
    """Accepts a user whom it knows, and waits; what is measured does not receive from a layer."""

    channel_layer_alias = None

    async def connect(self) -> None:
        if not self.scope["user"].is_authenticated:
            raise RuntimeError("The user is not known")
        await self.accept()


def _application(kind: str) -> Any:
    consumer = Idle.as_asgi()
    if kind == "stock":
        return AuthMiddlewareStack(consumer)
    return AuthkitMiddleware(consumer, per_client=UNLIMITED, per_account=UNLIMITED)


def main() -> None:
    application = ProtocolTypeRouter(
        {"http": get_asgi_application(), "websocket": _application(sys.argv[1])}
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        config = uvicorn.Config(application, lifespan="off", log_level="error")
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
