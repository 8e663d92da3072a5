import pytest


@pytest.fixture(autouse=True)
def _nothing_was_counted_before(nothing_was_counted_before):
    """Each test may get as many tickets as are allowed."""
