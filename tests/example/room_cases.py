"""Rooms over WebSockets, and the identity of who speaks in them. Run by test_project.py."""

import json
from contextlib import asynccontextmanager

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from authkit.models import APIKey
from authkit.testing import client_for
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import SimpleTestCase, TransactionTestCase
from rest_framework.exceptions import ValidationError

from example_project.asgi import application
from example_project.rooms import flows, frames
from example_project.rooms.models import Room, RoomMessage

LOBBY = "/ws/rooms/lobby/"


class Participant(ApplicationCommunicator):
    """A WebSocket without a server: what the application is sent, and what it answers."""

    def __init__(self, path, headers):
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "websocket", "path": path, "headers": raw, "subprotocols": []}
        # As uvicorn has it: a refused handshake is answered, and not accepted and closed.
        extensions = {"websocket.http.response": {}}
        super().__init__(application, {**scope, "extensions": extensions})

    async def connect(self):
        """Return whether the handshake is accepted."""
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(timeout=10))["type"] == "websocket.accept"

    async def send(self, **data):
        await self.send_input({"type": "websocket.receive", **data})

    async def send_json_to(self, frame):
        await self.send(text=json.dumps(frame))

    async def receive_json_from(self):
        return json.loads((await self.receive_output(timeout=10))["text"])

    async def disconnect(self):
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(timeout=10)


@asynccontextmanager
async def joined(path, **headers):
    """A participant; None where the handshake is refused."""
    participant = Participant(path, headers)
    accepted = await participant.connect()
    try:
        yield participant if accepted else None
    finally:
        await participant.disconnect()


async def next_of(socket, kind):
    while (frame := await socket.receive_json_from())["type"] != kind:
        pass
    return frame


class RoomCases(TransactionTestCase):
    def setUp(self):
        cache.clear()
        self.dara, self.eli = (
            get_user_model().objects.create_user(name) for name in ("dara", "eli")
        )
        self.of_dara, self.of_eli = map(bearer, (self.dara, self.eli))

    def test_a_message_is_kept_with_the_sender_of_the_handshake(self):
        async def talk():
            async with joined(LOBBY, **self.of_dara) as dara, joined(LOBBY, **self.of_eli) as eli:
                claim = {"sender": "eli", "sender_id": self.eli.pk, "user": self.eli.pk}
                await dara.send_json_to({"type": "message", "text": "hello", **claim})
                return [await next_of(socket, "message") for socket in (dara, eli)]

        first, second = async_to_sync(talk)()
        assert first == second
        assert (first["sender"], first["text"], first["number"]) == ("dara", "hello", 1)
        kept = RoomMessage.objects.get()
        assert (kept.sender, kept.text, kept.room.name) == (self.dara, "hello", "lobby")

    def test_messages_of_another_room_are_not_heard(self):
        async def talk():
            async with (
                joined(LOBBY, **self.of_dara) as dara,
                joined("/ws/rooms/attic/", **self.of_eli) as eli,
            ):
                await dara.send_json_to({"type": "message", "text": "in the lobby"})
                await next_of(dara, "message")
                await eli.send_json_to({"type": "message", "text": "in the attic"})
                return await next_of(eli, "message")

        assert async_to_sync(talk)()["text"] == "in the attic"

    def test_joining_typing_and_leaving_are_seen_and_not_kept(self):
        async def watch():
            async with joined(LOBBY, **self.of_dara) as dara:
                seen = [await next_of(dara, "joined")]
                async with joined(LOBBY, **self.of_eli) as eli:
                    seen.append(await next_of(dara, "joined"))
                    for _ in range(20):  # no more than one a second is passed on
                        await eli.send_json_to({"type": "typing"})
                    await eli.send_json_to({"type": "message", "text": "done"})
                    seen += [await dara.receive_json_from() for _ in range(2)]
                seen.append(await next_of(dara, "left"))
                return [(frame["type"], frame["sender"]) for frame in seen]

        assert async_to_sync(watch)() == [
            ("joined", "dara"),
            ("joined", "eli"),
            ("typing", "eli"),
            ("message", "eli"),
            ("left", "eli"),
        ]

    def test_who_comes_later_sees_the_last_messages_in_their_order(self):
        room = flows.enter("lobby")
        for number in range(1, 61):
            flows.say(room, self.eli, f"message {number}")

        async def read():
            async with joined(LOBBY, **self.of_dara) as dara:
                return [await next_of(dara, "message") for _ in range(flows.PAGE)]

        numbers = [frame["number"] for frame in async_to_sync(read)()]
        assert numbers == list(range(11, 61))

    def test_what_is_no_frame_is_refused_and_the_participant_stays(self):
        async def send():
            async with joined(LOBBY, **self.of_dara) as dara:
                await dara.send(text="junk")
                refusals = [await next_of(dara, "error")]
                await dara.send(bytes=b"\x00\xff")
                refusals.append(await next_of(dara, "error"))
                await dara.send_json_to({"type": "message", "text": "still here"})
                return [*refusals, await next_of(dara, "message")]

        *refusals, message = async_to_sync(send)()
        assert [one["code"] for one in refusals] == ["invalid"] * 2
        assert message["text"] == "still here"
        assert RoomMessage.objects.count() == 1

    def test_the_thirty_first_message_of_a_minute_is_refused_and_not_kept(self):
        async def talk():
            async with joined(LOBBY, **self.of_dara) as dara:
                for number in range(31):
                    await dara.send_json_to({"type": "message", "text": str(number)})
                return await next_of(dara, "error")

        assert async_to_sync(talk)()["code"] == "throttled"
        assert RoomMessage.objects.count() == 30

    def test_rooms_are_closed_to_keys_and_strangers_and_make_no_room(self):
        _, key = APIKey.objects.create_key(name="machine", owner=self.dara)

        async def knock(path, **headers):
            async with joined(path, **headers) as socket:
                return socket

        for path, headers in [
            (LOBBY, {}),
            (LOBBY, {"Authorization": "Bearer junk"}),
            (LOBBY, {"X-API-Key": key}),
            (f"/ws/rooms/{'x' * 51}/", self.of_dara),
            ("/ws/rooms/a b/", self.of_dara),
            ("/ws/rooms/", self.of_dara),
            ("/", self.of_dara),
        ]:
            assert async_to_sync(knock)(path, **headers) is None, path
        assert not Room.objects.exists()


class FrameCases(SimpleTestCase):
    def test_what_is_no_frame_is_a_validation_error_and_nothing_else(self):
        texts = [
            *(None, "", "junk", "[]", "1", "null", '"text"', "{}", "NaN", "[" * 60_000),
            *map(json.dumps, [{"type": "x"}, {"type": "message"}, {"type": ["message"]}]),
            *(
                json.dumps({"type": "message", "text": text})
                for text in ("", "  ", "x" * 2001, "a\0b", None, [], {}, "\ud800")
            ),
        ]
        for text in texts:
            with self.subTest((text or "")[:40]), pytest.raises(ValidationError):
                frames.read(text)

    def test_what_a_client_claims_beside_is_no_part_of_a_frame(self):
        said = frames.read('{"type": "message", "text": "hi", "sender": "eli", "number": 9}')
        assert said == {"type": "message", "text": "hi"}


def bearer(user):
    return {"Authorization": f"Bearer {client_for(user).access}"}
