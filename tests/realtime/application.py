"""An ASGI application as a project writes it: Django beside consumers of Channels."""

from __future__ import annotations

from authkit.authentication import BearerAuthentication
from authkit.permissions import HasScope, RecentlyAuthenticated
from authkit.realtime import AuthkitMiddleware, arequire, athrottle, require, throttle
from authkit.throttling import APIKeyThrottle, UserThrottle
from channels.generic.websocket import (
    AsyncJsonWebsocketConsumer,
    JsonWebsocketConsumer,
)
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path


class TwoPerMinute(UserThrottle):
    scope = "two messages"
    rate = "2/min"


class TwoPerMinuteOfKey(APIKeyThrottle):
    scope = "two messages of a key"
    rate = "2/min"


def described(scope):
    user, auth = scope["user"], scope["auth"]
    return {
        "user": str(user.pk),
        "auth": type(auth).__name__,
        "scopes": getattr(auth, "scopes", None),
        "subprotocols": scope["subprotocols"],
        "headers": {name.decode(): value.decode("latin-1") for name, value in scope["headers"]},
    }


class Echo(AsyncJsonWebsocketConsumer):
    """Says who the client is, then repeats what it sends."""

    async def connect(self):
        await self.accept()
        await self.send_json(described(self.scope))

    async def receive_json(self, content):
        await self.send_json(content)


class Repeating(Echo):
    """Accepts with what the client has offered first."""

    async def connect(self):
        offered = self.scope["headers"]
        first = dict(offered).get(b"sec-websocket-protocol", b"").decode().split(",")[0]
        await self.accept(first or None)


class Scoped(Echo):
    async def connect(self):
        await arequire(self.scope, HasScope("books:read"))
        await super().connect()

    async def receive_json(self, content):
        await arequire(self.scope, HasScope("books:write") & ~RecentlyAuthenticated)
        await super().receive_json(content)


class Recent(JsonWebsocketConsumer):
    def connect(self):
        require(self.scope, RecentlyAuthenticated)
        self.accept()


class Throttled(JsonWebsocketConsumer):
    def receive_json(self, content):
        throttle(self.scope, TwoPerMinute, TwoPerMinuteOfKey)
        self.send_json(content)


class ThrottledAsync(Echo):
    async def receive_json(self, content):
        await athrottle(self.scope, TwoPerMinute, TwoPerMinuteOfKey)
        await self.send_json(content)


class Stubborn(Echo):
    """Does not leave when the client has."""

    async def websocket_disconnect(self, message):
        pass


class Alone(Echo):
    """Needs no channel layer: a consumer that receives from one ends when it fails."""

    channel_layer_alias = None


def routed(consumer, **options):
    return AuthkitMiddleware(consumer.as_asgi(), **options)


by_ticket_alone = {"authenticators": []}

application = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": URLRouter(
            [
                path("ws/", routed(Echo)),
                path("ws/other/", routed(Echo)),
                path("ws/alone/", routed(Alone)),
                path("ws/repeating/", routed(Repeating)),
                path("ws/scoped/", routed(Scoped)),
                path("ws/recent/", routed(Recent)),
                path("ws/throttled/", routed(Throttled)),
                path("ws/throttled-async/", routed(ThrottledAsync)),
                path("ws/stubborn/", routed(Stubborn)),
                path("ws/open/", routed(Echo, required=False)),
                path("ws/first/", routed(Echo, first_message=True)),
                path("ws/first-open/", routed(Echo, first_message=True, required=False)),
                path("ws/listed/", routed(Echo, origins=["https://*.example.com"])),
                path("ws/bearer/", routed(Echo, authenticators=[BearerAuthentication])),
                path("ws/tickets/", routed(Echo, **by_ticket_alone)),
                path("ws/few/", routed(Echo, per_client="3/min")),
                path("ws/few-of-account/", routed(Echo, per_account="2/min")),
            ]
        ),
    }
)
