"""What a page costs with an empty cache, and that nothing moves when its data comes."""

import time

import pytest

from tests.browser.people import loaded, log_in

PAGES = [
    "log-in/",
    "log-out/",
    "",
    "password/",
    "second-factor/",
    "sessions/",
    "api-keys/",
    "events/",
    "delete-account/",
]

#: Of a page with all that it loads and asks. The server of the example compresses nothing; one that
#: does sends a third.
MOST_BYTES = 60_000
LARGER = {"api-keys/": 70_000, "second-factor/": 65_000}

#: What moves once the page has been parsed. Before, a browser may draw a part of it.
SHIFTS = """
globalThis.shifted = 0;
new PerformanceObserver((list) => {
  const [{ domInteractive: parsed }] = performance.getEntriesByType("navigation");
  for (const { startTime, value } of list.getEntries()) {
    if (startTime >= parsed) globalThis.shifted += value;
  }
}).observe({ type: "layout-shift", buffered: true });
"""

#: The data comes so much later than the page, which is on the screen by then.
DELAY_SECONDS = 0.2


@pytest.mark.parametrize("width", [320, 1280])
def test_every_page_is_small_and_stands_still(people, new_context, width):
    context = new_context(viewport={"width": width, "height": 700})
    log_in(context.new_page(), next(people))
    context.add_init_script(SHIFTS)
    context.route("**/api/v1/auth/**", late)
    for name in PAGES:
        page = context.new_page()
        sizes = transferred(context, page)
        page.goto(f"/account/{name}", wait_until="networkidle")
        loaded(page)
        assert 0 < sum(sizes) < LARGER.get(name, MOST_BYTES), (name, sum(sizes))
        assert page.evaluate("globalThis.shifted") == 0, name
        page.close()


def late(route):
    time.sleep(DELAY_SECONDS)
    route.continue_()


def transferred(context, page):
    """Return a list to which the size of each answer is added, with its headers."""
    session, sizes = context.new_cdp_session(page), []
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.on("Network.loadingFinished", lambda answer: sizes.append(answer["encodedDataLength"]))
    return sizes
