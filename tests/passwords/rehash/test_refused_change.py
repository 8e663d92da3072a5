import pytest
from django.test import override_settings

from tests.conftest import AUTH, PASSWORD, bearer
from tests.passwords.rehash import test_rehash
from tests.sessions.answers import assert_session_lives

pytestmark = pytest.mark.django_db

a_user, before, upgrade = (
    test_rehash.a_user,
    test_rehash.before,
    test_rehash.upgrade,
)


def test_a_refused_password_change_under_better_hashers_ends_no_session(client, a_user, upgrade):
    mine, other = client.pair(a_user), client.pair(a_user)
    body = {"current_password": PASSWORD, "new_password": "short"}
    with override_settings(PASSWORD_HASHERS=upgrade[1]):
        answer = client.post(AUTH + "password/change/", body, **bearer(mine["access"]))
        assert (answer.status_code, list(answer.json())) == (400, ["new_password"])
        assert_session_lives(client, mine)
        assert_session_lives(client, other)
