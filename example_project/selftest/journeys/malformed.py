"""Requests that are not well made"""

from example_project.selftest.tour import AUTH

TOKEN = f"{AUTH}/token/"


def walk(tour):
    with tour.step("a form instead of JSON is 415"):
        form = b"username=nobody&password=nothing"
        tour.client.send_raw("POST", TOKEN, form, "application/x-www-form-urlencoded").expect(415)

    with tour.step("broken JSON is 400"):
        tour.client.send_raw("POST", TOKEN, b'{"username": ', "application/json").expect(400)

    with tour.step("JSON nested 100,000 deep is 400"):
        deep = b"[" * 100_000
        tour.client.send_raw("POST", TOKEN, deep, "application/json").expect(400)

    with tour.step("missing fields are 400, and named"):
        answer = tour.client.post(TOKEN, {}).expect(400)
        answer.that({"username", "password"} <= answer.data.keys(), "both fields named")

    with tour.step("a password that is no string is 400"):
        tour.client.post(TOKEN, {"username": "nobody", "password": 12345678}).expect(400)

    with tour.step("a method that is not there is 405"):
        tour.client.get(TOKEN).expect(405)
