import pytest

from tests.accounts.calls import HAS_ADDRESSES
from tests.factors.conftest import enrol, owner, reachable_user, told

# Without addresses there is nothing to verify; test_document.py says what is answered then.
NEEDS_ADDRESSES = [
    "test_registration.py",
    "test_confirmation.py",
    "test_email_change.py",
    "test_first_password.py",
    "test_link_actions.py",
    "test_mail_language.py",
    "test_slow_mail.py",
    "test_takeover.py",
    "test_unverified.py",
]
collect_ignore = [] if HAS_ADDRESSES else NEEDS_ADDRESSES

__all__ = ["enrol", "owner", "reachable_user", "told"]


@pytest.fixture(autouse=True)
def _mailers(mailers):
    """Owners are told what happens."""
