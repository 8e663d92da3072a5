"""What axe-core finds of WCAG in the state in which a page is."""

from axe_playwright_python.sync_playwright import Axe


def expect_accessible(page):
    """Raise AssertionError with the rule and the element of each violation."""
    violations = Axe().run(page).response["violations"]
    found = [
        f"{violation['id']}: {node['html']}\n{node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]
    assert not found, "\n".join(found)
