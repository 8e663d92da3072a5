from __future__ import annotations

import pytest

from tests.cookies.browsers import Browser
from tests.factors.conftest import enrol, owner

__all__ = ["enrol", "owner"]


@pytest.fixture
def browser():
    return Browser()


@pytest.fixture(autouse=True)
def _mailers(mailers):
    """Owners are told what happens."""
