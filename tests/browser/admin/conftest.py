import pytest

from tests.browser.example import running
from tests.browser.people import make


@pytest.fixture(scope="session")
def example(tmp_path_factory):
    """The example where staff must have a second factor; see the settings beside this file."""
    folder = tmp_path_factory.mktemp("staff")
    with running(folder, DJANGO_SETTINGS_MODULE="tests.browser.admin.settings") as started:
        yield started


@pytest.fixture(scope="session")
def clerks(example):
    """Members of staff without a second factor, each of whom one test takes."""
    made = make(example, [f"clerk{number}" for number in range(1, 21)])
    example.run(
        "from django.contrib.auth import get_user_model\n"
        "get_user_model().objects.filter(username__startswith='clerk').update(is_staff=True)"
    )
    return iter(made)


@pytest.fixture
def clerk(clerks):
    return next(clerks)
