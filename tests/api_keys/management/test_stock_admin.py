"""The page of djangorestframework-api-key's keys: hidden, unless a project has replaced it."""

import subprocess
import sys
from pathlib import Path

import pytest
from authkit.api_keys.admin import HiddenStockAPIKeyAdmin, hide_stock_keys
from django.contrib import admin
from django.test import Client
from rest_framework_api_key.admin import APIKeyModelAdmin
from rest_framework_api_key.models import APIKey as StockAPIKey

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.urls")]

STOCK = "/admin/rest_framework_api_key/apikey/"
ROOT = Path(__file__).parents[3]


class OwnAdmin(APIKeyModelAdmin):
    """As a project may write it."""


@pytest.fixture
def browser(make_user):
    browser = Client()
    browser.force_login(make_user(is_staff=True, is_superuser=True))
    return browser


def test_the_index_shows_one_list_of_api_keys(browser):
    page = browser.get("/admin/").text
    assert page.count(">API keys</a>") == 1
    assert "/admin/authkit/apikey/" in page
    assert STOCK not in page


@pytest.mark.parametrize("url", [STOCK, STOCK + "add/", "/admin/rest_framework_api_key/"])
def test_the_stock_page_opens_for_no_administrator(browser, url):
    assert browser.get(url).status_code in (403, 404)


def site_with(model_admin):
    site = admin.AdminSite(name="other")
    if model_admin is not None:
        site.register(StockAPIKey, model_admin)
    hide_stock_keys(site)
    return site


def test_the_page_of_a_project_stays():
    assert type(site_with(OwnAdmin).get_model_admin(StockAPIKey)) is OwnAdmin


def test_a_project_that_has_removed_the_page_gets_none():
    assert not site_with(None).is_registered(StockAPIKey)


def test_a_project_can_replace_the_page_afterwards_as_without_authkit():
    site = site_with(APIKeyModelAdmin)
    assert type(site.get_model_admin(StockAPIKey)) is HiddenStockAPIKeyAdmin
    site.unregister(StockAPIKey)
    site.register(StockAPIKey, OwnAdmin)
    assert type(site.get_model_admin(StockAPIKey)) is OwnAdmin


PROJECT = """
import django
from django.conf import settings

apps = {apps}
settings.configure(SECRET_KEY="x" * 50, USE_TZ=True, INSTALLED_APPS=[
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "rest_framework", "django_otp", "drf_spectacular", *apps,
])
django.setup()
from django.contrib import admin
from rest_framework_api_key.models import APIKey
print(type(admin.site.get_model_admin(APIKey)).__name__)
"""
ADMIN, STOCK_APP, OURS = "django.contrib.admin", "rest_framework_api_key", "authkit"


@pytest.mark.parametrize(
    "apps",
    [
        [ADMIN, STOCK_APP, OURS],
        [ADMIN, OURS, STOCK_APP],
        [OURS, STOCK_APP, ADMIN],
        ["authkit.factors.apps.SecondFactorAdminConfig", OURS, STOCK_APP],
    ],
    ids=" ".join,
)
def test_it_is_hidden_in_every_order_of_apps(apps):
    done = subprocess.run(
        [sys.executable, "-c", PROJECT.format(apps=apps)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("HiddenStockAPIKeyAdmin", "")
