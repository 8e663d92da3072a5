"""Errors as problem details"""

from django.conf import settings
from django.test import override_settings

from example_project.selftest.tour import AUTH

HANDLER = "authkit.errors.problem_details_handler"


def walk(tour):
    tour.person("paula", is_staff=True)
    staff = tour.logged_in("paula")
    with override_settings(
        REST_FRAMEWORK={**settings.REST_FRAMEWORK, "EXCEPTION_HANDLER": HANDLER}
    ):
        refusals(tour, staff)


def refusals(tour, staff):
    with tour.step("with the handler a refused log-in is a problem, and keeps its challenge"):
        answer = expect_problem(tour.try_login("paula", "a guess"), 401, "invalid_credentials")
        answer.expect_header("WWW-Authenticate", "Bearer").expect_header(
            "Cache-Control", "no-store"
        )

    with tour.step("so is the refusal of a view of the project's own"):
        expect_problem(tour.books(access="not-a-token"), 401, "token_invalid")
        answer = expect_problem(staff.get("/api/v1/books/999999/"), 404, "not_found")
        answer.that("Book" not in answer.data["detail"], "a sentence that names no model")

    with tour.step("wrong fields are pointed at"):
        answer = expect_problem(staff.post("/api/v1/books/", {"authors": ["?"]}), 400, "invalid")
        pointers = {error["pointer"] for error in answer.data["errors"]}
        answer.that(pointers == {"#/title", "#/authors"}, "title and author")

    with tour.step("what the body cannot be is a problem, too"):
        answer = tour.client.send_raw("POST", f"{AUTH}/token/", b"{", "application/json")
        expect_problem(answer, 400, "parse_error")


def expect_problem(answer, status, code):
    answer.expect(status, code=code).expect_header("Content-Type", "application/problem+json")
    return answer.that(answer.data["status"] == status, "the status in the body")
