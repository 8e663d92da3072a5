"""Logging in"""

from example_project.selftest.tour import expect_token_refused


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


def expect_pair(answer):
    pair = answer.data
    answer.that(
        pair.keys() == {"access", "refresh", "token_type", "expires_in"},
        "access, refresh, token_type, expires_in and nothing else",
    )
    kind, seconds = pair["token_type"], pair["expires_in"]
    answer.that(kind == "Bearer", "token_type Bearer")
    answer.that(seconds > 0, "expires_in above 0")
