"""Without credentials"""

from example_project.selftest.tour import expect_token_refused

HEALTH = "/api/v1/health"


def walk(tour):
    with tour.step("the process lives, has started and can take requests, without credentials"):
        for probe in ("live", "startup", "ready"):
            answer = tour.client.get(f"{HEALTH}/{probe}/").expect(200)
            answer.that(answer.data["status"] == "ok", "status ok")
        answer.that(set(answer.data["parts"].values()) == {"ok"}, "every part to be ok")

    with tour.step("probes look at no credential, so a bad one does no harm"):
        tour.client.using(access="not-a-token").get(f"{HEALTH}/ready/").expect(200)

    with tour.step("a protected endpoint is 401, with a challenge"):
        answer = tour.books().expect(401)
        answer.expect_header("WWW-Authenticate", "Bearer")

    with tour.step("a bad bearer token is 401, and the challenge says invalid_token"):
        expect_token_refused(tour.books(access="not-a-token"))

    with tour.step("the public keys are for every service, and no private key is among them"):
        answer = tour.client.get("/.well-known/jwks.json").expect(200)
        answer.expect_header("Content-Type", "application/jwk-set+json")
        answer.that(not any("d" in key for key in answer.data["keys"]), "no private member")
