"""For the tests of a project: logged-in clients, second factors, API keys and mails.

Sessions, tokens, keys and codes are real, and every authenticator checks them as in production.
All of it works in ``TestCase`` and ``TransactionTestCase``. ``authkit.testing.plugin`` has fixtures
for pytest.
"""

from authkit.factors.totp.testing import AuthenticatorApp, authenticator_app
from authkit.testing.clients import KeyClient, SessionClient, client_for, key_client
from authkit.testing.mails import CaughtMail, catch_mails

__all__ = [
    "AuthenticatorApp",
    "CaughtMail",
    "KeyClient",
    "SessionClient",
    "authenticator_app",
    "catch_mails",
    "client_for",
    "key_client",
]
