"""Fixtures of the schema room's tests."""

from __future__ import annotations

import sys
import types

import pytest


@pytest.fixture
def urlconf(monkeypatch):
    """Return a function that makes a URLconf of these routes and returns its name."""

    def make(*routes, name="audited_urls"):
        module = types.ModuleType(name)
        module.urlpatterns = list(routes)
        monkeypatch.setitem(sys.modules, name, module)
        return name

    return make
