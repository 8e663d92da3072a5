"""A project with ``USE_TZ = False``, whose database holds the time of its own zone.

Zones with summer time are an error of the check: tests/checks/test_time_zone.py.
"""

import pytest
from authkit.models import APIKey, SecurityEvent, Session
from django.test import override_settings

from tests.conftest import AUTH, bearer, is_there
from tests.database.prepared import STATEMENTS
from tests.factors.phone import Phone

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _compiled_anew(monkeypatch):
    """The SQL is compiled once in a process, whose USE_TZ does not change but here."""
    for statement in STATEMENTS.values():
        monkeypatch.setattr(statement(), "_plans", {})


@pytest.fixture(params=["UTC", "Asia/Kathmandu", "America/Phoenix"])
def naive(request, _compiled_anew):
    with override_settings(
        USE_TZ=False,
        TIME_ZONE=request.param,
        AUTHKIT={"PASSWORD_RESET_URL": "https://app.example.com/reset#{uid}&{token}"},
    ):
        yield


def test_a_session_is_opened_refreshed_and_ended(naive, client, user):
    pair = client.pair(user)
    again = client.post(AUTH + "token/refresh/", {"refresh": pair["refresh"]})
    assert again.status_code == 200
    assert client.get(AUTH + "sessions/", **bearer(again.json()["access"])).status_code == 200
    assert 0 < again.json()["expires_in"] <= 300
    out = client.post(AUTH + "token/revoke/", {"refresh": again.json()["refresh"]})
    assert out.status_code == 204
    assert Session.objects.get().revoked_at is not None
    assert client.get(AUTH + "sessions/", **bearer(again.json()["access"])).status_code == 401


def test_a_key_ends_with_a_day_of_the_project(naive, client, user):
    headers = bearer(client.pair(user)["access"])
    for end in ("2099-12-31", "2099-12-31T12:00:00", "2099-12-31T12:00:00Z"):
        made = client.post(AUTH + "api-keys/", {"name": "job", "expires_at": end}, **headers)
        assert made.status_code == 201
        assert APIKey.objects.is_valid(made.json()["key"])
    first = APIKey.objects.order_by("created").first()
    assert first.expiry_date.isoformat() == "2100-01-01T00:00:00"


def test_forgotten_and_wrong_passwords_are_counted(naive, client, user):
    if is_there("email/change/"):
        assert client.post(AUTH + "password/reset/", {"email": "a@example.com"}).status_code == 202
    answers = [client.log_in(user, "wrong").status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]


def test_a_factor_is_set_up_and_what_happened_is_listed(naive, client, user):
    headers = bearer(client.pair(user)["access"])
    phone = Phone(client.post(AUTH + "2fa/totp/setup/", **headers).json()["secret"])
    confirmed = client.post(AUTH + "2fa/totp/verify/", {"code": phone.code()}, **headers)
    assert confirmed.status_code == 200
    events = client.get(AUTH + "events/", **headers)
    assert events.status_code == 200
    assert len(events.json()["results"]) == SecurityEvent.objects.of(user).count()
    assert client.log_in(user).status_code == 202
