"""A page with a fault fails its test, whatever the test is about."""

import pytest

SCRIPTS = {
    "console: broken": "() => console.error('broken')",
    "exception: broken": "() => { setTimeout(() => { throw 'broken' }) }",
    "status 404": "() => { new Image().src = '/static/nothing.png' }",
    "another host: https://other.invalid/": "() => { new Image().src = 'https://other.invalid/' }",
    "another host: wss://other.invalid/": "() => { new WebSocket('wss://other.invalid/') }",
}


def taken(watch, page):
    """Return the faults so far, and see to it that this page adds none later."""
    page.context.close()
    found, watch.faults = watch.faults, []
    return found


@pytest.mark.parametrize("fault", SCRIPTS)
def test_a_fault_in_a_page_is_seen(page, watch, fault):
    page.goto("/api/docs/")
    page.evaluate(SCRIPTS[fault])
    for _ in range(100):
        if any(found.startswith(fault) for found in watch.faults):
            break
        page.wait_for_timeout(100)
    found = taken(watch, page)
    assert any(each.startswith(fault) for each in found), found


def test_what_a_violated_policy_blocks_is_seen(page, watch):
    page.route(
        "**/blocked/",
        lambda route: route.fulfill(
            headers={"Content-Security-Policy": "default-src 'none'"},
            content_type="text/html",
            body="<!doctype html><script>document.title = 'ran'</script>",
        ),
    )
    page.goto("/blocked/")
    assert page.title() != "ran"
    found = taken(watch, page)
    assert any("Content Security Policy" in each for each in found), found


def test_a_refusal_that_a_script_is_told_is_no_fault(page):
    page.goto("/api/docs/")
    assert page.evaluate("async () => (await fetch('/api/v1/tasks/')).status") == 401


def test_the_page_of_the_documentation_has_no_fault(page, screenshot):
    page.goto("/api/docs/")
    page.get_by_text("Library and tasks").first.wait_for()
    screenshot("api-docs")
