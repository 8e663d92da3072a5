"""Fixtures of the tests of schemes."""

from __future__ import annotations

import pytest
from drf_spectacular.extensions import OpenApiAuthenticationExtension


@pytest.fixture
def registry(monkeypatch):
    """A copy of the registry, so that an extension of a test ends with the test."""
    copy = list(OpenApiAuthenticationExtension._registry)
    monkeypatch.setattr(OpenApiAuthenticationExtension, "_registry", copy)
    return copy
