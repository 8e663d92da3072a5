"""Two processes behind one address"""

from dataclasses import replace

from django.conf import settings

from example_project.selftest.journeys.rooms import said, same
from example_project.selftest.second import second_process
from example_project.selftest.websocket import opened

ROOM = "/ws/rooms/hall/"


def walk(tour):
    if not settings.REDIS:
        tour.say("--      not without a Redis: EXAMPLE_REDIS=redis://127.0.0.1:6379")
        return
    with second_process() as port:
        pairs = {name: tour.login(tour.person(name).username) for name in ("hana", "ivo")}
        here = tour.client.using(access=pairs["hana"]["access"])
        there = replace(tour.client, port=port, access=pairs["ivo"]["access"])
        both(tour, here, there)
        log_out(tour, here, there, pairs)


def both(tour, here, there):
    with tour.step("a token of one process is good in the other"):
        there.get("/api/v1/auth/sessions/").expect(200)

    with (
        tour.step("users of both talk in one room, and see the same in the same order"),
        opened(here, ROOM) as hana,
        opened(there, ROOM) as ivo,
    ):
        same(hana.next("joined")["sender"], "hana")
        same(hana.next("joined")["sender"], "ivo")
        for number in range(3):
            hana.send(type="message", text=f"here {number}")
            ivo.send(type="message", text=f"there {number}")
        seen = [[said(socket) for _ in range(6)] for socket in (hana, ivo)]
        same(seen[0], seen[1])
        same([number for number, *_ in seen[0]], list(range(1, 7)))


def log_out(tour, here, there, pairs):
    with tour.step("a log-out in one process closes the WebSocket in the other"):
        with opened(there, ROOM) as ivo:
            ivo.next("joined")
            here.post("/api/v1/auth/token/revoke/", {"refresh": pairs["ivo"]["refresh"]})
            ivo.expect_close(4401, "session_ended")
        there.get("/api/v1/auth/sessions/").expect(401, code="session_ended")
