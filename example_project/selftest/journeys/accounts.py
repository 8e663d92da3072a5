"""Accounts that change behind the API's back"""

from example_project.selftest.tour import expect_token_refused


def walk(tour):
    deactivated(tour)
    password_set_elsewhere(tour)
    deleted(tour)


def deactivated(tour):
    user = tour.person("rosa")
    pair = tour.login("rosa")
    user.is_active = False
    user.save()

    with tour.step("a deactivated user is refused with the next request"):
        expect_token_refused(tour.books(access=pair["access"]))
        tour.refresh(pair["refresh"]).expect(401)

    with tour.step("and cannot log in, told no more than anybody else"):
        tour.try_login("rosa").expect(401, code="invalid_credentials")


def password_set_elsewhere(tour):
    user = tour.person("samir")
    pair = tour.login("samir")
    user.set_password("set-in-the-admin-perhaps")
    user.save()

    with tour.step("a password set elsewhere ends the sessions too"):
        expect_token_refused(tour.books(access=pair["access"]))
        tour.refresh(pair["refresh"]).expect(401)


def deleted(tour):
    user = tour.person("tilda")
    pair = tour.login("tilda")
    user.delete()

    with tour.step("the tokens of a deleted user are refused"):
        expect_token_refused(tour.books(access=pair["access"]))
        tour.refresh(pair["refresh"]).expect(401)
