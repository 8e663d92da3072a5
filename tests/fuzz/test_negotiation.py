import pytest

from tests.conftest import bearer
from tests.fuzz import test_endpoints
from tests.fuzz.test_endpoints import ROUTES, address, assert_well_formed, send

pytestmark = [pytest.mark.django_db, pytest.mark.many]

access = test_endpoints.access


@pytest.mark.parametrize("content_type", ["*/*", "application/*"])
def test_a_wildcard_is_no_content_type(access, content_type):
    answer = send("POST", address("token-verify"), b'{"token": "x"}', content_type)
    assert_well_formed(answer, allowed=[415])


@pytest.mark.parametrize("name", ROUTES)
def test_an_unknown_format_is_refused_with_a_code(access, name):
    answer = send("GET", address(name) + "?format=xml", **bearer(access))
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Not found.", "code": "not_found"}


@pytest.mark.parametrize("garbage", ["1", "%00", "6F9619FF-8B86-D011-B42D-00CF4FC964FF"])
def test_what_is_no_session_id_is_not_found_in_json(access, garbage):
    answer = send("DELETE", f"/api/v1/auth/sessions/{garbage}/", **bearer(access))
    assert_well_formed(answer, allowed=[404])
