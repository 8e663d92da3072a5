"""A chat with the assistant"""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from example_project.selftest.client import NotSo

API = "/api/v1"
SESSIONS = f"{API}/chat/sessions"
LONGEST_TEXT = 2000
MOST_PER_MINUTE = 30


def walk(tour):
    for name in ("amal", "bela", "caro"):
        tour.person(name)
    owner, other = tour.logged_in("amal"), tour.logged_in("bela")

    with tour.step("a user begins two sessions, and the newest is listed first"):
        first, second = begin(owner), begin(owner)
        listed = owner.get(f"{SESSIONS}/").expect(200)
        ids = [session["id"] for session in listed.data["results"]]
        listed.that(ids == [second, first], "the second before the first")

    with tour.step("of eight clients that open its thread at once, one makes it"):
        answers = at_once(lambda _: owner.post(f"{SESSIONS}/{first}/threads/"), range(8))
        made = sorted(answer.expect(200, 201).status for answer in answers)
        answers[0].that(made == [200] * 7 + [201], "201 once")
        answers[0].that(len({answer.data["id"] for answer in answers}) == 1, "one thread")

    talking(tour, owner, first)
    together(tour, owner, other, first)
    refusals(tour, owner, other, first)

    with tour.step("a session is deleted with everything in it"):
        owner.delete(f"{SESSIONS}/{first}/").expect(204)
        owner.get(f"{SESSIONS}/{first}/").expect(404)
        owner.post(f"{SESSIONS}/{first}/messages/", {"text": "list"}).expect(404)

    limit(tour, tour.logged_in("caro"))


def talking(tour, owner, session):
    with tour.step("the assistant answers as a stream, and does what it is asked"):
        events = ask(owner, session, "add Paint the door\ncomplete paint the door\nlist")
        expect(events[0][0] == "message", "the message first", events)
        expect(events[-1][0] == "done", "and done last", events)
        tasks = owner.get(f"{API}/tasks/").expect(200)
        tasks.that(tasks.data["results"][0]["done_at"], "a task that is done")

    with tour.step("the history has both messages in order, and every call of a tool"):
        history = owner.get(f"{SESSIONS}/{session}/").expect(200)
        roles = [message["role"] for message in history.data["messages"]]
        history.that(roles == ["user", "assistant"], "a question and its answer")
        history.that(history.data["messages"][1] == events[-1][1], "what the stream said")
        calls = [call["name"] for call in history.data["messages"][1]["tool_calls"]]
        history.that(calls == ["add_task", "complete_task", "list_tasks"], "three calls")
        history.that(history.data["message_count"] == 2, "a count of 2")

    with tour.step("a client that goes away in the middle leaves a history that can be read"):
        path = f"{SESSIONS}/{session}/messages/"
        stream = owner.stream(path, {"text": "\n".join(["add One"] * 10)})
        expect(next(stream)[0] == "message", "a message", [])
        stream.close()
        history = owner.get(f"{SESSIONS}/{session}/").expect(200)
        history.that(len(history.data["messages"]) >= 3, "the message that was sent")


def together(tour, owner, other, session):
    with tour.step("two users talk at the same time, each with tasks of their own"):
        talks = [(owner, session, "amal"), (other, begin(other), "bela")] * 4
        streams = at_once(
            lambda talk: ask(talk[0], talk[1], f"add Tea with {talk[2]}\nlist"), talks
        )
        for events, (*_, name) in zip(streams, talks, strict=True):
            stranger = "bela" if name == "amal" else "amal"
            expect(f"Tea with {name}" in events[-1][1]["text"], "their own task", events)
            expect(f"Tea with {stranger}" not in events[-1][1]["text"], "no other", events)


def refusals(tour, owner, other, session):
    path = f"{SESSIONS}/{session}"

    with tour.step("a text that is empty or too long is 400"):
        for text in ("", "   ", "x" * (LONGEST_TEXT + 1)):
            owner.post(f"{path}/messages/", {"text": text}).expect(400)

    with tour.step("another user's session is 403, to read, continue and delete"):
        other.get(f"{path}/").expect(403, code="permission_denied")
        other.post(f"{path}/threads/").expect(403, code="permission_denied")
        other.post(f"{path}/messages/", {"text": "list"}).expect(403, code="permission_denied")
        other.delete(f"{path}/").expect(403, code="permission_denied")

    with tour.step("after log-out the token opens no stream"):
        pair = tour.login("bela")
        tour.revoke(pair["refresh"]).expect(204)
        gone = tour.client.using(access=pair["access"])
        gone.post(f"{path}/messages/", {"text": "list"}).expect(401, code="session_ended")


def limit(tour, client):
    session = begin(client)
    path = f"{SESSIONS}/{session}/messages/"

    with tour.step(f"{MOST_PER_MINUTE} messages a minute are answered, and the next is 429"):
        at_once(lambda _: ask(client, session, "hello"), range(MOST_PER_MINUTE))
        refused = client.post(path, {"text": "hello"}).expect(429, code="throttled")
        refused.that(int(refused.headers["Retry-After"]) > 0, "seconds to wait")


def begin(client):
    return client.post(f"{SESSIONS}/", {"title": "Tasks"}).expect(201).data["id"]


def ask(client, session, text):
    """Return every event of an answer."""
    return list(client.stream(f"{SESSIONS}/{session}/messages/", {"text": text}))


def at_once(do, inputs):
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(do, inputs))


def expect(condition, expected, events):
    if not condition:
        raise NotSo(expected, "\n".join(map(str, islice(events, 20))))
