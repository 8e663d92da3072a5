"""Logging in"""

from io import StringIO

from django.core.management import call_command

from example_project.selftest.tour import AUTH, PASSWORD, expect_token_refused


def walk(tour):
    tour.person("mara")

    with tour.step("a wrong password is 401 invalid_credentials, with a challenge"):
        wrong = tour.try_login("mara", "not-the-password").expect(401, code="invalid_credentials")
        wrong.expect_header("WWW-Authenticate", "Bearer")

    with tour.step("an unknown name is refused with the very same words"):
        unknown = tour.try_login("nobody", "not-the-password").expect(401)
        unknown.that(unknown.body == wrong.body, f"the body {wrong.body!r}")

    with tour.step("a password with a blank added is another password"):
        tour.try_login("mara", "a-long-walk-through-everything ").expect(401)

    with tour.step("the right password is a pair of tokens"):
        answer = tour.try_login("mara").expect(200)
        expect_pair(answer)

    with tour.step("no cache may keep the pair"):
        answer.expect_header("Cache-Control", "no-store")

    with tour.step("the access token opens a protected endpoint"):
        tour.books(access=answer.data["access"]).expect(200)

    with tour.step("the refresh token does not"):
        expect_token_refused(tour.books(access=answer.data["refresh"]))

    inside = tour.client.using(access=answer.data["access"])
    with tour.step("after ten wrong passwords the right one is 429, with the time to come back"):
        for _ in range(10):
            tour.try_login("mara", "not-the-password").expect(401, code="invalid_credentials")
        known = tour.try_login("mara").expect(429, code="too_many_attempts")
        known.that(0 < int(known.headers["Retry-After"]) <= 900, "a quarter of an hour at most")

    with tour.step("for a name without an account the answer is the same"):
        for _ in range(10):
            tour.try_login("somebody", "not-the-password").expect(401)
        unknown = tour.try_login("somebody", "not-the-password").expect(429)
        unknown.that(unknown.body == known.body, f"the body {known.body!r}")

    with tour.step("a user who is logged in stays so, and can reauthenticate"):
        proof = {"password": PASSWORD}
        inside.post(f"{AUTH}/reauthenticate/", proof).expect(200)

    with tour.step("manage.py authkit_unlock opens the account at once"):
        call_command("authkit_unlock", "mara", stdout=StringIO())
        tour.try_login("mara").expect(200)


def expect_pair(answer):
    pair = answer.data
    answer.that(
        pair.keys() == {"access", "refresh", "token_type", "expires_in"},
        "access, refresh, token_type, expires_in and nothing else",
    )
    kind, seconds = pair["token_type"], pair["expires_in"]
    answer.that(kind == "Bearer", "token_type Bearer")
    answer.that(seconds > 0, "expires_in above 0")
