"""Accounts: one's own, and those that change behind the API's back"""

from example_project.selftest.tour import AUTH, PASSWORD, expect_token_refused

ME = f"{AUTH}/me/"


def walk(tour):
    looked_after(tour)
    deactivated(tour)
    password_set_elsewhere(tour)
    deleted(tour)


def looked_after(tour):
    tour.person("yara", email="yara@library.example")
    here, there = tour.logged_in("yara"), tour.logged_in("yara")

    with tour.step("people see who they are, and change what they are called"):
        here.patch(ME, {"first_name": "Yara"}).expect(200)
        answer = there.get(ME).expect(200)
        answer.that(answer.data["first_name"] == "Yara", "the new name")

    with tour.step("and nothing else: whatever else is sent is refused by its name"):
        for name in ("is_staff", "is_superuser", "groups", "password", "username", "email", "id"):
            answer = here.patch(ME, {"last_name": "X", name: True}).expect(400)
            answer.that(answer.data.keys() == {name}, f"{name} refused")
        answer = here.get(ME).expect(200)
        answer.that(answer.data["last_name"] == "", "nothing changed")

    with tour.step("leaving takes the password"):
        here.send("DELETE", ME, {"password": "not-it"}).expect(401, code="invalid_credentials")
        here.send("DELETE", ME, {"password": PASSWORD}).expect(204)

    with tour.step("and then everything is over: the sessions, and the log-in"):
        expect_token_refused(there.get(ME))
        tour.try_login("yara").expect(401, code="invalid_credentials")


def deactivated(tour):
    user = tour.person("rosa")
    pair = tour.login("rosa")
    user.is_active = False
    user.save()

    with tour.step("a deactivated user is refused with the next request"):
        expect_token_refused(tour.books(access=pair["access"]))
        tour.refresh(pair["refresh"]).expect(401)

    with tour.step("and cannot log in, with the answer that every wrong log-in gets"):
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
