"""Fixtures for pytest: ``pytest_plugins = ["authkit.testing.plugin"]`` in the top ``conftest.py``.

They need pytest-django.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from authkit.factors.totp.testing import AuthenticatorApp, authenticator_app
from authkit.testing.clients import KeyClient, SessionClient, client_for, key_client


@pytest.fixture
def authkit_client(db: None) -> Callable[..., SessionClient]:
    """``authkit.testing.client_for``, with the database."""
    return client_for


@pytest.fixture
def authkit_key_client(db: None) -> Callable[..., KeyClient]:
    """``authkit.testing.key_client``, with the database."""
    return key_client


@pytest.fixture
def authkit_authenticator_app(db: None) -> Callable[..., AuthenticatorApp]:
    """``authkit.testing.authenticator_app``, with the database."""
    return authenticator_app
