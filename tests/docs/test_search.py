"""The documentation is found by the words that users search for."""

import re

import pytest

from tests.docs.pages import ROOT
from tests.public.test_names import FACES

DOCS = ROOT / "docs"
WORDS = [
    "2FA",
    "API keys",
    "ASGI",
    "brute force",
    "changelog",
    "CORS",
    "Docker",
    "enumeration",
    "FAQ",
    "gunicorn",
    "JWKS",
    "magic links",
    "OpenAPI security audit",
    "pgbouncer",
    "phishing",
    "proxy",
    "QR",
    "rate limits",
    "replicas",
    "social login",
    "Swagger",
    "testing",
    "upgrade",
    "uvicorn",
]
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def headings():
    pages = [*DOCS.rglob("*.md"), ROOT / "CHANGELOG.md"]
    return "\n".join(h for page in pages for h in HEADING.findall(page.read_text())).lower()


@pytest.mark.parametrize("word", WORDS)
def test_a_heading_has_the_word(word, headings):
    assert re.search(rf"\b{re.escape(word.lower())}\b", headings)


@pytest.mark.parametrize("module", sorted(FACES.keys() - {"authkit.models"}))
def test_the_reference_of_python_has_the_face(module):
    assert f".. automodule:: {module}\n" in (DOCS / "reference" / "python.md").read_text()


def test_every_guide_is_in_one_group_of_the_index():
    listed = re.findall(
        r"^([a-z][\w-]+)$", (DOCS / "how-to" / "index.md").read_text(), re.MULTILINE
    )
    pages = sorted(page.stem for page in (DOCS / "how-to").glob("*.md") if page.stem != "index")
    assert sorted(listed) == pages
