"""No handler is run in any test of this folder."""

from __future__ import annotations

import pytest

from tests.schema.ninja.apis import RUN


@pytest.fixture(autouse=True)
def no_handler_is_run():
    RUN.clear()
    yield
    assert RUN == []
