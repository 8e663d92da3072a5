"""Rooms, over WebSockets"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from authkit.models import APIKey

from example_project.selftest.client import NotSo
from example_project.selftest.tour import AUTH
from example_project.selftest.websocket import opened, refused

ROOM = "/ws/rooms/lobby/"
NAMES = ("dara", "eli", "finn")
EACH_SAYS = 5


def walk(tour):
    for name in NAMES:
        tour.person(name)
    pairs = {name: tour.login(name) for name in NAMES}
    clients = {name: tour.client.using(access=pair["access"]) for name, pair in pairs.items()}
    handshakes(tour, clients)
    with ExitStack() as stack:
        sockets = joining(tour, clients, stack)
        talking(tour, clients, sockets)
        log_out(tour, pairs, sockets)


def handshakes(tour, clients):
    with tour.step("without a credential the handshake is 401, with a challenge"):
        refused(tour.client, ROOM).expect(401).expect_header("WWW-Authenticate", "Bearer")

    with tour.step("an API key is for machines, and opens no room"):
        owner = tour.person("gwen")
        key = APIKey.objects.create_key(name="rooms", owner=owner)[1]
        refused(tour.client.using(api_key=key), ROOM).expect(403, code="permission_denied")

    with tour.step("a path that leads nowhere is 404"):
        refused(clients["dara"], "/ws/nowhere/").expect(404)

    with tour.step("a browser brings a ticket, which opens one WebSocket"):
        answer = clients["dara"].post(f"{AUTH}/ticket/", {"path": ROOM}).expect(201)
        ticket = answer.data["ticket"]
        with opened(clients["dara"], ROOM, ticket) as socket:
            answer.that(socket.connection.subprotocol == "authkit", "the subprotocol authkit")
            socket.next("joined")
        with opened(clients["dara"], ROOM, ticket) as again:
            again.expect_close(4401, "ticket_invalid")


def joining(tour, clients, stack):
    with tour.step("three users join, and those who are there see it"):
        sockets = {}
        for name, client in clients.items():
            sockets[name] = stack.enter_context(opened(client, ROOM))
            for socket in sockets.values():
                same(socket.next("joined")["sender"], name)
    return sockets


def talking(tour, clients, sockets):
    with tour.step("one types, and the others see it"):
        sockets["dara"].send(type="typing")
        for socket in sockets.values():
            same(socket.next("typing")["sender"], "dara")

    with tour.step("a message has the sender of the handshake, whatever the client claims"):
        claimed = {"sender": "eli", "user": 1, "number": 999}
        sockets["dara"].send(type="message", text="I am eli", **claimed)
        for socket in sockets.values():
            frame = socket.next("message")
            same((frame["sender"], frame["text"], frame["number"]), ("dara", "I am eli", 1))

    with tour.step("what is no frame is refused, and the WebSocket stays open"):
        for text in ("junk", "[]", '{"type": "message", "text": ""}', '{"type": "shout"}'):
            sockets["eli"].connection.send(text)
            same(sockets["eli"].next("error")["code"], "invalid")

    with tour.step("all talk at once, and each sees every message in the same order"):
        with ThreadPoolExecutor(len(sockets)) as pool:
            list(pool.map(lambda each: speak(*each), sockets.items()))
        expected = len(sockets) * EACH_SAYS
        seen = [[said(socket) for _ in range(expected)] for socket in sockets.values()]
        same([number for number, *_ in seen[0]], list(range(2, expected + 2)))
        for others in seen[1:]:
            same(others, seen[0])
        for name in NAMES:
            own = [text for _, sender, text in seen[0] if sender == name]
            same(own, [f"{name} {number}" for number in range(EACH_SAYS)])

    with tour.step("who comes later is shown what was said"):
        with opened(clients["dara"], ROOM) as late:
            same([said(late) for _ in range(expected + 1)][1:], seen[0])
        for socket in sockets.values():
            same(socket.next("left")["sender"], "dara")


def log_out(tour, pairs, sockets):
    with tour.step("a log-out closes the WebSocket with 4401, and the others see who left"):
        tour.revoke(pairs["finn"]["refresh"]).expect(204)
        sockets["finn"].expect_close(4401, "session_ended")
        for name in ("dara", "eli"):
            same(sockets[name].next("left")["sender"], "finn")

    with tour.step("those who stay go on"):
        sockets["dara"].send(type="message", text="still here")
        same(sockets["eli"].next("message")["text"], "still here")


def speak(name, socket):
    for number in range(EACH_SAYS):
        socket.send(type="message", text=f"{name} {number}")


def said(socket):
    frame = socket.next("message")
    return frame["number"], frame["sender"], frame["text"]


def same(came, expected):
    if came != expected:
        raise NotSo(repr(expected), repr(came))
