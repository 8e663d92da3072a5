"""What a page costs with an empty cache, and that nothing moves when its data comes."""

import time

import pytest
from authkit.pages import urls

from tests.browser.people import loaded
from tests.browser.test_pages_for_everybody import log_in_by_keyboard

#: All pages, in the order of their URLs; an account that is logged in can open each.
PAGES = [str(page.pattern) for page in urls.urlpatterns]

#: Of a page with all that it loads and asks. The server of the example compresses nothing; one that
#: compresses its static files sends half of it.
MOST_BYTES = 60_000

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


# Of the languages of the pages, Arabic takes most bytes.
@pytest.mark.parametrize(("locale", "width"), [("en-GB", 320), ("en-GB", 1280), ("ar", 1280)])
def test_every_page_is_small_and_stands_still(people, new_context, locale, width):
    context = new_context(locale=locale, viewport={"width": width, "height": 700})
    log_in_by_keyboard(context.new_page(), next(people))
    context.add_init_script(SHIFTS)
    context.route("**/api/v1/auth/**", late)
    for name in PAGES:
        page = context.new_page()
        sizes = transferred(context, page)
        page.goto(f"/account/{name}", wait_until="networkidle")
        loaded(page)
        assert page.locator("html").get_attribute("lang") == locale.lower()
        assert 0 < sum(sizes) < MOST_BYTES, (name, sum(sizes))
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
