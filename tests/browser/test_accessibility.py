"""A page that breaks a rule of WCAG fails the test that asks."""

import pytest

from tests.browser.accessibility import expect_accessible


def test_a_control_without_a_label_is_a_violation(page):
    page.goto("/chat/")
    expect_accessible(page)
    page.evaluate("() => document.querySelector('main').append(document.createElement('select'))")
    with pytest.raises(AssertionError, match="select-name"):
        expect_accessible(page)
