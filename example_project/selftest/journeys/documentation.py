"""The documentation page"""

import re

ADDRESS = re.compile(r"""(?:src|href)\s*=\s*["']([^"']+)["']""")
OTHER_HOST = re.compile(r"""["'(](?:https?:)?//(?!127\.0\.0\.1)[^"')]+""")


def walk(tour):
    with tour.step("the root leads to the documentation"):
        tour.client.get("/").expect(302).expect_header("Location", "/api/docs/")

    with tour.step("the page loads without credentials"):
        page = tour.client.get("/api/docs/").expect(200)
        page.expect_header("Content-Type", "text/html")
        html = page.body.decode()
        page.that("swagger-ui" in html, "Swagger UI in the page")

    with tour.step("it names no other host"):
        page.that(not OTHER_HOST.search(html), "no address of another host")

    with tour.step("its scripts and styles come from this server"):
        addresses = [a for a in ADDRESS.findall(html) if a.startswith("/")]
        page.that(len(addresses) >= 3, "scripts, styles and an icon")
        for address in addresses:
            tour.client.get(address).expect(200)
