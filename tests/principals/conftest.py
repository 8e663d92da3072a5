import pytest


@pytest.fixture
def key(make_key, user):
    return make_key(owner=user, scopes=["books:read"])[1]
