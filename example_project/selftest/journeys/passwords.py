"""Changing the password, and forgetting it"""

from urllib.parse import parse_qs, urlsplit

from example_project.selftest.tour import AUTH, PASSWORD

CHANGE = f"{AUTH}/password/change/"
SESSIONS = f"{AUTH}/sessions/"
RESET = f"{AUTH}/password/reset/"
ADDRESS = "ulrike@library.example"
NEW_PASSWORD = " a new one, blanks and all "  # noqa: S105 - of a user that lives for one run


def walk(tour):
    changed(tour)
    forgotten(tour)


def changed(tour):
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
        there.get(SESSIONS).expect(401, code="session_ended")
        here.get(SESSIONS).expect(200)

    with tour.step("the old password is refused"):
        tour.try_login("quirin").expect(401, code="invalid_credentials")

    with tour.step("the new one works exactly as it was sent, and not without its blanks"):
        tour.try_login("quirin", NEW_PASSWORD).expect(200)
        tour.try_login("quirin", NEW_PASSWORD.strip()).expect(401)


def forgotten(tour):
    tour.person("ulrike", email=ADDRESS)
    here = tour.logged_in("ulrike")

    with tour.step("a forgotten password: the answer does not show who has an account"):
        answers = [ask(tour, address).expect(202) for address in (ADDRESS, "no@library.example")]
        for answer in answers:
            answer.that(answer.data == {}, "an empty object")
        here.get(SESSIONS).expect(200)

    with tour.step("the link in the mail leads to the page that the settings name"):
        [address] = tour.mailbox.links_to(ADDRESS)
        link = {name: value for name, [value] in parse_qs(urlsplit(address).fragment).items()}

    with tour.step("a password that the validators refuse does not use it up"):
        confirm(tour, link, "ulrike ulrike").expect(400)

    with tour.step("a good one is 204, and every session is over"):
        confirm(tour, link, NEW_PASSWORD).expect(204)
        here.get(SESSIONS).expect(401, code="session_ended")
        tour.try_login("ulrike").expect(401, code="invalid_credentials")
        tour.try_login("ulrike", NEW_PASSWORD).expect(200)

    with tour.step("the link works once, and the owner is told"):
        confirm(tour, link, PASSWORD).expect(400, code="link_invalid")
        subjects = tour.mailbox.subjects_to(ADDRESS)
        answers[0].that(subjects[-1] == "[The library] Your password has been changed", "a mail")


def ask(tour, address):
    return tour.client.post(RESET, {"email": address})


def confirm(tour, link, new):
    return tour.client.post(f"{RESET}confirm/", {**link, "new_password": new})


def change(client, current, new):
    return client.post(CHANGE, {"current_password": current, "new_password": new})
