"""Whole refusals of the second factor, as their users read them."""

from tests.sessions.answers import CHALLENGE, assert_refused

INVALID_CODE = {"detail": "The code is not valid.", "code": "invalid_code"}
INVALID_CHALLENGE = {
    "detail": "The challenge is not valid or has expired. Log in again.",
    "code": "invalid_challenge",
}
STEP_UP = {
    "detail": "Confirm your identity again to do this.",
    "code": "step_up_required",
}
ENROLMENT_REQUIRED = {
    "detail": "Set up a second factor first.",
    "code": "second_factor_enrolment_required",
}
NOTHING_PENDING = {
    "detail": "No set-up is in progress. Start the set-up again.",
    "code": "no_pending_setup",
}
LOCKED = {"detail": "This account is locked.", "code": "account_locked"}
UNAVAILABLE = {
    "detail": "The second factor cannot be checked at present.",
    "code": "second_factor_unavailable",
}
STEP_UP_CHALLENGE = 'Bearer realm="api", error="insufficient_user_authentication"'


def assert_code_refused(answer):
    assert_refused(answer, INVALID_CODE, challenge=CHALLENGE)


def assert_challenge_refused(answer):
    assert_refused(answer, INVALID_CHALLENGE, challenge=CHALLENGE)


def assert_enrolment_required(answer):
    assert_refused(answer, ENROLMENT_REQUIRED, status=403, challenge=None)


def assert_step_up_required(answer, max_age=None):
    age = "" if max_age is None else f", max_age={max_age}"
    assert_refused(answer, STEP_UP, challenge=STEP_UP_CHALLENGE + age)


def assert_locked(answer):
    assert_refused(answer, LOCKED, status=423, challenge=None)
    assert int(answer["Retry-After"]) > 0


def assert_too_many(answer):
    body = {"detail": "Too many failed attempts. Try again later.", "code": "too_many_attempts"}
    assert_refused(answer, body, status=429, challenge=None)
    assert 0 < int(answer["Retry-After"]) <= 901


def assert_unavailable(answer):
    assert_refused(answer, UNAVAILABLE, status=503, challenge=None)
    assert int(answer["Retry-After"]) > 0
