"""Refreshing, verifying and logging out"""

from example_project.selftest.journeys.login import expect_pair
from example_project.selftest.tour import AUTH, expect_token_refused


def walk(tour):
    tour.person("nils")
    rotation(tour)
    theft(tour)
    verification(tour)
    log_out(tour)


def rotation(tour):
    first = tour.login("nils")

    with tour.step("a refresh gives a new pair"):
        answer = tour.refresh(first["refresh"]).expect(200)
        expect_pair(answer)
        second = answer.data
        answer.that(second["refresh"] != first["refresh"], "another refresh token")
        answer.expect_header("Cache-Control", "no-store")

    with tour.step("the new access token works"):
        tour.books(access=second["access"]).expect(200)

    with tour.step("the same refresh sent again at once gives the same pair"):
        again = tour.refresh(first["refresh"]).expect(200)
        again.that(again.data["refresh"] == second["refresh"], "the same refresh token")

    with tour.step("an access token refreshes nothing"):
        tour.refresh(second["access"]).expect(401, code="token_invalid")


def theft(tour):
    first = tour.login("nils")
    second = tour.refresh(first["refresh"]).expect(200).data
    third = tour.refresh(second["refresh"]).expect(200).data

    with tour.step("a refresh token of two generations ago is 401 token_reused"):
        tour.refresh(first["refresh"]).expect(401, code="token_reused")

    with tour.step("that ended the session: its newest access token is refused"):
        expect_token_refused(tour.books(access=third["access"]))

    with tour.step("and so is its newest refresh token"):
        tour.refresh(third["refresh"]).expect(401)


def verification(tour):
    pair = tour.login("nils")

    with tour.step("verify says yes to both live tokens"):
        for kind in ("access", "refresh"):
            answer = tour.verify(pair[kind]).expect(200)
            answer.that(answer.data == {}, "an empty object")

    with tour.step("verify says no to one with a changed signature"):
        tour.verify(pair["access"][:-6] + "AAAAAA").expect(401, code="token_invalid")


def log_out(tour):
    pair = tour.login("nils")

    with tour.step("logging out is 204"):
        tour.revoke(pair["refresh"]).expect(204)

    with tour.step("the access token is refused from that moment"):
        expect_token_refused(tour.books(access=pair["access"]))
        tour.verify(pair["access"]).expect(401, code="session_ended")

    with tour.step("the refresh token is dead too"):
        tour.refresh(pair["refresh"]).expect(401)

    with tour.step("logging out again, or with rubbish, is 204 all the same"):
        tour.revoke(pair["refresh"]).expect(204)
        tour.client.post(f"{AUTH}/token/revoke/", {"refresh": "rubbish"}).expect(204)
