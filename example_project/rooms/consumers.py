import time

from authkit.realtime import arequire, athrottle
from authkit.throttling import RateThrottle
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.utils.functional import cached_property
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.permissions import BasePermission

from example_project.rooms import flows, frames
from example_project.rooms.models import Room

LONGEST_NAME = Room._meta.get_field("name").max_length
SECONDS_BETWEEN_TYPING = 1


class IsPerson(BasePermission):
    """Rooms are for people: a key is refused, whatever its scopes."""

    def has_permission(self, request, view):
        return hasattr(request.auth, "session")


class MessageThrottle(RateThrottle):
    """Messages of a room and those to the assistant count together."""

    scope = "chat"


class RoomConsumer(AsyncJsonWebsocketConsumer):
    """One participant of a room: connecting is joining, closing is leaving.

    The channel layer carries no message, only that there is one. Each participant reads from the
    database what comes after the last one it has sent. So all have the same messages in the same
    order, also where the layer drops something.
    """

    async def __call__(self, scope, receive, send):
        # Before the channel layer is asked: what `connect` raises waits until Redis lets go.
        await arequire(scope, IsPerson)
        if len(scope["url_route"]["kwargs"]["name"]) > LONGEST_NAME:
            raise NotFound
        await super().__call__(scope, receive, send)

    async def connect(self):
        name = self.scope["url_route"]["kwargs"]["name"]
        self.room = await database_sync_to_async(flows.enter)(name)
        self.seen = max(0, self.room.last_number - flows.PAGE)
        self.typed_at = -SECONDS_BETWEEN_TYPING
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()
        await self.room_changed()
        await self.tell("joined")

    async def disconnect(self, code):
        if hasattr(self, "room"):
            await self.channel_layer.group_discard(self.group, self.channel_name)
            await self.tell("left")

    async def receive(self, text_data=None, bytes_data=None):
        try:
            frame = frames.read(text_data)
            if frame["type"] == "message":
                await self.say(frame["text"])
            else:
                await self.type()
        except (ValidationError, APIException) as error:
            await self.send_json(frames.of_refusal(error))

    async def say(self, text):
        await athrottle(self.scope, MessageThrottle)
        await database_sync_to_async(flows.say)(self.room, self.scope["user"], text)
        await self.channel_layer.group_send(self.group, {"type": "room.changed"})

    async def type(self):
        now = time.monotonic()
        if now - self.typed_at >= SECONDS_BETWEEN_TYPING:
            self.typed_at = now
            await self.tell("typing")

    async def tell(self, kind):
        frame = frames.of_event(kind, self.scope["user"].get_username())
        await self.channel_layer.group_send(self.group, {"type": "room.event", "frame": frame})

    # --- from the channel layer -----------------------------------------------------------

    async def room_event(self, event):
        await self.send_json(event["frame"])

    async def room_changed(self, event=None):
        while found := await database_sync_to_async(flows.since)(self.room, self.seen):
            for message in found:
                await self.send_json(frames.of_message(message))
            self.seen = found[-1].number

    @cached_property
    def group(self):
        return f"room.{self.room.pk}"


class NowhereConsumer(AsyncJsonWebsocketConsumer):
    """Of paths that lead nowhere, which would be an error of the server otherwise."""

    channel_layer_alias = None

    async def connect(self):
        raise NotFound
