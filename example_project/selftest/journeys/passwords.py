"""Changing the password"""

from example_project.selftest.tour import AUTH, PASSWORD

CHANGE = f"{AUTH}/password/change/"
SESSIONS = f"{AUTH}/sessions/"
NEW_PASSWORD = " a new one, blanks and all "  # noqa: S105 - of a user that lives for one run


def walk(tour):
    tour.person("quirin")
    here, there = tour.logged_in("quirin"), tour.logged_in("quirin")

    with tour.step("without the current password nothing changes"):
        change(here, "not-the-password", NEW_PASSWORD).expect(401, code="invalid_credentials")
        there.get(SESSIONS).expect(200)

    with tour.step("a password that the validators refuse is 400"):
        change(here, PASSWORD, "12345678").expect(400)

    with tour.step("the change is 204"):
        change(here, PASSWORD, NEW_PASSWORD).expect(204)

    with tour.step("the other session is over, this one is not"):
        there.get(SESSIONS).expect(401, code="token_invalid")
        here.get(SESSIONS).expect(200)

    with tour.step("the old password is refused"):
        tour.try_login("quirin").expect(401, code="invalid_credentials")

    with tour.step("the new one works exactly as it was sent, and not without its blanks"):
        tour.try_login("quirin", NEW_PASSWORD).expect(200)
        tour.try_login("quirin", NEW_PASSWORD.strip()).expect(401)


def change(client, current, new):
    return client.post(CHANGE, {"current_password": current, "new_password": new})
