import pytest
from django.core.management import call_command

from tests.accounts.calls import HAS_ADDRESSES
from tests.factors.conftest import enrol, owner
from tests.rotation.deployment import STEPS, give_threads_processes

__all__ = ["enrol", "owner"]

collect_ignore = [] if HAS_ADDRESSES else ["test_links.py"]


@pytest.fixture(autouse=True)
def _mailers(mailers):
    """Owners are told what happens."""


@pytest.fixture(autouse=True)
def at_step(settings):
    """A function that deploys a step of the rotation; the first one is deployed."""
    # Tokens are signed with a key of their own: what is tested here is what SECRET_KEY names.
    settings.SIMPLE_JWT = {"SIGNING_KEY": "a signing key of its own, thirty-two bytes and more"}

    def deploy(step):
        settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS = STEPS[step]

    deploy("before")
    return deploy


@pytest.fixture(params=["in one step", "announced"])
def rotate(request, at_step):
    """A function that rotates SECRET_KEY, which the old one is a fallback of then."""

    def rotate():
        if request.param == "announced":
            at_step("announced")
        at_step("rotated")

    return rotate


@pytest.fixture
def remove_old_key(at_step):
    """A function that removes the fallback, after the command that the page names."""

    def remove(*, carried_over):
        if carried_over:
            call_command("authkit_rotate_keys")
        at_step("removed")

    return remove


@pytest.fixture
def processes(monkeypatch, at_step):
    give_threads_processes(monkeypatch)
