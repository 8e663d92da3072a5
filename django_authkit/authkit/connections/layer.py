"""The channel layer of the project, by which its processes tell each other what has changed.

A message names rows, and says nothing about them: the receiver reads them. So a message that is
forged ends no connection, and one that is lost delays an end until the next re-validation.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

GROUP = "authkit.realtime"
ALIAS = "default"

#: How long a layer may take to accept a message. It may hang; the process does not wait for it.
TIMEOUT_SECONDS = 2


class Layer:
    """The default channel layer, used on one event loop."""

    def __init__(self, backend: Any) -> None:
        self.backend = backend
        self.channel: str | None = None

    async def send(self, targets: Iterable[str]) -> None:
        message = {"type": "authkit.announced", "targets": list(targets)}
        await asyncio.wait_for(self.backend.group_send(GROUP, message), TIMEOUT_SECONDS)

    async def join(self) -> None:
        """Receive from now on. To be repeated: a server that was restarted knows no groups."""
        if self.channel is None:
            self.channel = await self.backend.new_channel()
        await asyncio.wait_for(self.backend.group_add(GROUP, self.channel), TIMEOUT_SECONDS)

    async def received(self) -> AsyncIterator[list[str]]:
        """Yield the targets of each message."""
        while True:
            message = await self.backend.receive(self.channel)
            targets = message.get("targets")
            if isinstance(targets, list):
                yield [one for one in targets if isinstance(one, str)]


def project_layer() -> Layer | None:
    """Return the layer of the project; None without one that reaches other processes.

    It is an instance of its own: layers receive on one event loop.
    """
    if ALIAS not in getattr(settings, "CHANNEL_LAYERS", {}):
        return None
    # Channels is an extra.
    layers = import_string("channels.layers.channel_layers")
    backend = layers.make_backend(ALIAS)
    in_memory = import_string("channels.layers.InMemoryChannelLayer")
    return None if isinstance(backend, in_memory) else Layer(backend)
