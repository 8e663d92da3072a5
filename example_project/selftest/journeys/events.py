"""What happened to an account"""

from example_project.selftest.tour import AUTH

EVENTS = f"{AUTH}/events/"


def walk(tour):
    tour.person("ruth")
    tour.person("stan")
    here, there = tour.logged_in("ruth"), tour.logged_in("ruth")
    stranger = tour.logged_in("stan")
    tour.try_login("ruth", "not-it").expect(401)
    here.delete(f"{AUTH}/sessions/").expect(204)

    with tour.step("people see what happened to their account, newest first"):
        answer = here.get(EVENTS).expect(200)
        kinds = [event["kind"] for event in answer.data["results"]]
        expected = ["session_ended", "login_failed", "session_started", "session_started"]
        answer.that(kinds == expected, f"the events {expected}")

    with tour.step("each says when and from where"):
        told = {"id", "created_at", "ip", "user_agent", "session", "details"}
        answer.that(all(told <= e.keys() for e in answer.data["results"]), f"{sorted(told)}")
        answer.that(answer.data["results"][0]["user_agent"] == "selftest", "this client")

    with tour.step("a stranger sees their own alone"):
        answer = stranger.get(EVENTS).expect(200)
        answer.that(len(answer.data["results"]) == 1, "one event")

    with tour.step("who is not logged in sees none"):
        there.get(EVENTS).expect(401, code="session_ended")
