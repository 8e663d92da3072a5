from html.parser import HTMLParser

import pytest
from authkit.pages import urls
from authkit.pages.availability import has_email, is_on
from django.conf import settings as django_settings
from django.test import Client

#: What turns on the pages that mails lead to; the others need no setting.
AUTHKIT = {
    "REGISTRATION": True,
    "EMAIL_VERIFICATION_URL": "https://app.example/account/link/#action={action}&token={token}",
    "PASSWORD_RESET_URL": "https://app.example/reset#uid={uid}&token={token}",
}

#: Those that users without e-mail addresses have, too.
PAGES = [f"/account/{page.pattern}" for page in urls.urlpatterns if has_email() or is_on(page.name)]

#: Elements without an end tag.
VOID = {"input", "link", "meta", "img"}


class Elements(HTMLParser):
    """Every element of a page: its name, its attributes and the text right in it."""

    def __init__(self, html):
        super().__init__()
        self.found, self._open = [], []
        self.feed(html)
        self.close()
        assert self._open == [], "an element is not closed"

    def handle_starttag(self, name, attributes):
        element = (name, dict(attributes), [])
        self.found.append(element)
        if name not in VOID:
            self._open.append(element)

    def handle_endtag(self, name):
        assert self._open.pop()[0] == name

    def handle_data(self, text):
        if self._open:
            self._open[-1][2].append(text)

    def named(self, *names):
        return [element for element in self.found if element[0] in names]


@pytest.fixture(autouse=True)
def pages_are_included(settings):
    settings.INSTALLED_APPS = [*django_settings.INSTALLED_APPS, "authkit.pages"]
    settings.ROOT_URLCONF = "tests.pages.urls"
    settings.AUTHKIT = AUTHKIT


@pytest.fixture
def browse():
    """A function that gets a page and returns its answer, with the ``elements`` of its HTML."""

    def get(url, **headers):
        answer = Client().get(url, headers=headers)
        assert answer.status_code == 200
        answer.elements = Elements(answer.content.decode())
        return answer

    return get


@pytest.fixture(params=PAGES)
def page(request, browse):
    """Each of the pages."""
    return browse(request.param)
