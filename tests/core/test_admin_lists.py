"""The lists of our admin pages wrap their columns."""

import pytest
from authkit.admin import AccountAdminMixin
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import path

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class AccountAdmin(AccountAdminMixin, admin.ModelAdmin):
    class Media:
        css = {"all": ["own.css"]}


site = admin.AdminSite(name="own")
site.register(get_user_model(), AccountAdmin)
urlpatterns = [path("admin/", admin.site.urls), path("own/", site.urls)]

USERS = f"/own/{get_user_model()._meta.app_label}/{get_user_model()._meta.model_name}/"
OURS = [f"/admin/authkit/{name}/" for name in ("apikey", "securityevent", "session", "totpdevice")]


@pytest.fixture
def browser(make_user):
    browser = Client()
    browser.force_login(make_user(is_staff=True, is_superuser=True))
    return browser


@pytest.mark.parametrize("url", [*OURS, USERS])
def test_a_list_wraps_its_columns(browser, url):
    assert "/static/authkit/admin.css" in browser.get(url).text


def test_the_styles_of_a_project_stay(browser):
    page = browser.get(USERS).text
    assert "/static/own.css" in page
    assert "/static/authkit/admin.css" in page


@pytest.mark.parametrize("name", ["admin.css", "enrolment.css", "made_key.css"])
def test_what_the_pages_load_is_in_the_package(name):
    assert finders.find(f"authkit/{name}")
