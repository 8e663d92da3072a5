"""Sessions"""

from example_project.selftest.tour import AUTH

SESSIONS = f"{AUTH}/sessions/"


def walk(tour):
    tour.person("odile")
    tour.person("pavel")
    here, there, elsewhere = (tour.logged_in("odile") for _ in range(3))
    stranger = tour.logged_in("pavel")

    with tour.step("the list has every session, and marks this one"):
        answer = here.get(SESSIONS).expect(200)
        answer.that(len(answer.data) == 3, "three sessions")
        answer.that(sum(s["current"] for s in answer.data) == 1, "one marked as current")

    with tour.step("each says when, where and by what it was made"):
        told = {
            "id",
            "created_at",
            "last_used_at",
            "replayed_at",
            "ip",
            "user_agent",
            "current",
            "amr",
        }
        answer.that(all(told <= s.keys() for s in answer.data), f"the members {sorted(told)}")
        answer.that(answer.data[0]["user_agent"] == "selftest", "the user agent of this client")

    with tour.step("a stranger's session is a 404"):
        stranger.delete(SESSIONS + current(here)).expect(404)
        here.get(SESSIONS).expect(200)

    with tour.step("one other session can be ended, and only that ends"):
        here.delete(SESSIONS + current(there)).expect(204)
        there.get(SESSIONS).expect(401, code="session_ended")
        elsewhere.get(SESSIONS).expect(200)

    with tour.step("all others can be ended, and this one stays"):
        here.delete(SESSIONS).expect(204)
        elsewhere.get(SESSIONS).expect(401, code="session_ended")
        answer = here.get(SESSIONS).expect(200)
        answer.that([s["current"] for s in answer.data] == [True], "this session alone")

    with tour.step("no session of another user ended with them"):
        stranger.get(SESSIONS).expect(200)


def current(client):
    """Return the path, below the list, of the session that `client` is in."""
    sessions = client.get(SESSIONS).expect(200).data
    return next(f"{session['id']}/" for session in sessions if session["current"])
