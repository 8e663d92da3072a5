"""authkit.E013, W009 and W010: rates that are not there, and caches that do not hold them."""

import pytest
from authkit.checks.rates import check_counting, check_rates
from authkit.throttling import RateThrottle, ScopedThrottle, UserThrottle
from django.core.checks import run_checks
from django.db import connection
from django.http import HttpResponse
from django.test import override_settings
from django.urls import include, path
from rest_framework.decorators import action
from rest_framework.routers import SimpleRouter
from rest_framework.throttling import AnonRateThrottle, BaseThrottle, ScopedRateThrottle
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

LOCMEM = "django.core.cache.backends.locmem.LocMemCache"
REDIS = "django.core.cache.backends.redis.RedisCache"
DATABASE = "django.core.cache.backends.db.DatabaseCache"
DUMMY = "django.core.cache.backends.dummy.DummyCache"


class Urls:
    """What ROOT_URLCONF may be: anything with urlpatterns."""

    def __init__(self, *patterns):
        self.urlpatterns = list(patterns)


def plain_view(request):
    return HttpResponse()


class Elsewhere(RateThrottle):
    scope = "elsewhere"
    cache_alias = "elsewhere"


class HostThrottle(BaseThrottle):
    """Counts in its own way."""


class Once(RateThrottle):
    rate = "1/day"


class Twice(RateThrottle):
    rate = "twice/day"


class FiveMinutes(AnonRateThrottle):
    rate = "1/5m"


class ByView(ScopedRateThrottle):
    THROTTLE_RATES = {"export": "many"}


class Reports(ViewSet):
    throttle_scope = None

    def list(self, request):
        raise NotImplementedError

    @action(detail=False, throttle_classes=[ScopedThrottle], throttle_scope="publish")
    def publish(self, request):
        raise NotImplementedError


ROUTER = SimpleRouter()
ROUTER.register("reports", Reports, "reports")


def view(**attributes):
    made = type("Books", (APIView,), {"__module__": "shop.views", **attributes})
    return path("books/", include([path("", made.as_view())]))


RATE_HINT = "Write a number and a period: '60/min', '1000/hour'. None is no limit."
TIER = "authkit.throttling.UserThrottle"
THEIRS = "rest_framework.throttling.AnonRateThrottle"
WITH_REDIS = "Set its BACKEND to 'django.core.cache.backends.redis.RedisCache'."


def found(check, *patterns, rates=None, defaults=(), backend=LOCMEM):
    rest = {"DEFAULT_THROTTLE_RATES": rates or {}, "DEFAULT_THROTTLE_CLASSES": list(defaults)}
    with override_settings(
        ROOT_URLCONF=Urls(*patterns),
        REST_FRAMEWORK=rest,
        CACHES={"default": {"BACKEND": backend}},
    ):
        return [(message.id, message.msg, message.hint) for message in check()]


@pytest.fixture(autouse=True)
def _no_atomic_requests(settings, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", False)


# --- rates --------------------------------------------------------------------------------

RIGHT_RATES = {
    "nothing": {},
    "a function": {"patterns": [path("plain/", plain_view)]},
    "a tier": {"defaults": [TIER], "rates": {"user": "60/min"}},
    "no limit": {"defaults": [TIER], "rates": {"user": None}},
    "a rate without a view": {"rates": {"user": "some"}},
    "throttles of others": {
        "defaults": [THEIRS],
        "patterns": [view(throttle_classes=[HostThrottle, AnonRateThrottle, ByView])],
        "rates": {"anon": "10/5m"},
    },
    "a rate of the class": {"patterns": [view(throttle_classes=[Once])]},
    "no scope": {"patterns": [view(throttle_classes=[ScopedThrottle])]},
    "a scope": {
        "patterns": [view(throttle_classes=[ScopedThrottle], throttle_scope="export")],
        "rates": {"export": "10/day"},
    },
}


@pytest.mark.parametrize("project", RIGHT_RATES.values(), ids=RIGHT_RATES)
def test_right_rates_are_passed_in_silence(project):
    assert found(check_rates, *project.pop("patterns", []), **project) == []


def no_rate(throttle, scope):
    return (
        f"{throttle} wants a rate: write REST_FRAMEWORK['DEFAULT_THROTTLE_RATES']['{scope}'] = "
        "'60/min', say."
    )


def unreadable(rate, scope):
    return f"The rate {rate!r} of '{scope}' cannot be read: write it like '60/min'."


WRONG_RATES = {
    "a tier without a rate": ({"defaults": [TIER]}, no_rate("UserThrottle", "user")),
    "words": ({"defaults": [TIER], "rates": {"user": "many"}}, unreadable("many", "user")),
    "a number": ({"defaults": [TIER], "rates": {"user": 60}}, unreadable(60, "user")),
    "five minutes": ({"defaults": [TIER], "rates": {"user": "1/5m"}}, unreadable("1/5m", "user")),
    "none at all": (
        {"defaults": [TIER], "rates": {"user": "0/min"}},
        "The rate of 'user' is 0: no request is let through.",
    ),
    "nothing": ({"defaults": [TIER], "rates": {"user": ""}}, unreadable("", "user")),
    "a throttle of others, five minutes": (
        {"patterns": [view(throttle_classes=[FiveMinutes])]},
        "The rate of 'anon' cannot be read by tests.checks.test_rates.FiveMinutes: KeyError('5'); "
        "requests are answered 500.",
    ),
    "a throttle of others, words": (
        {"patterns": [view(throttle_classes=[ByView], throttle_scope="export")]},
        "The rate of 'export' cannot be read by tests.checks.test_rates.ByView: "
        "ValueError('not enough values to unpack (expected 2, got 1)'); requests are answered 500.",
    ),
    "a throttle of others without a rate": (
        {"patterns": [view(throttle_classes=[ByView], throttle_scope="import")]},
        "The rate of 'import' cannot be read by tests.checks.test_rates.ByView: "
        "ImproperlyConfigured(\"No default throttle rate set for 'import' scope\"); requests are "
        "answered 500.",
    ),
    "a view's own tier": (
        {"patterns": [view(throttle_classes=[UserThrottle])]},
        no_rate("UserThrottle", "user"),
    ),
    "a view's scope": (
        {"patterns": [view(throttle_classes=[ScopedThrottle], throttle_scope="export")]},
        no_rate("ScopedThrottle", "export"),
    ),
    "an action's scope": (
        {"patterns": ROUTER.urls},
        no_rate("ScopedThrottle", "publish"),
    ),
    "a rate of the class": (
        {"patterns": [view(throttle_classes=[Twice])]},
        unreadable("twice/day", None),
    ),
    "a cache that is not there": (
        {"patterns": [view(throttle_classes=[Elsewhere])], "rates": {"elsewhere": "1/min"}},
        "Elsewhere counts in CACHES['elsewhere'], which does not exist.",
    ),
}


@pytest.mark.parametrize(("project", "sentence"), WRONG_RATES.values(), ids=WRONG_RATES)
def test_wrong_rates_are_answered_with_one_numbered_sentence(project, sentence):
    project = dict(project)
    messages = found(check_rates, *project.pop("patterns", []), **project)
    assert messages == [("authkit.E013", sentence, RATE_HINT)]


# --- caches -------------------------------------------------------------------------------


def test_without_throttles_no_cache_is_looked_at():
    assert found(check_counting, backend=DUMMY) == []


@pytest.mark.parametrize("defaults", [[TIER], [THEIRS]], ids=["ours", "theirs"])
def test_a_cache_of_one_process_is_warned_of(defaults):
    assert found(check_counting, defaults=defaults) == [
        (
            "authkit.W009",
            "Requests are counted in CACHES['default'], which is LocMem: each process counts for "
            "itself.",
            f"{WITH_REDIS} If there is one process only, put 'authkit.W009' into "
            "SILENCED_SYSTEM_CHECKS.",
        )
    ]


def test_a_cache_that_all_processes_share_is_passed_in_silence():
    assert found(check_counting, defaults=[TIER], backend=DATABASE) == []


def test_throttles_of_django_rest_framework_need_a_cache_that_keeps_something():
    assert found(check_counting, defaults=[TIER, THEIRS], backend=DUMMY) == [
        (
            "authkit.W010",
            "Django REST Framework's throttles count in CACHES['default'], which keeps nothing: "
            "there is no limit.",
            "Use the throttles of authkit.throttling, or set a BACKEND that keeps values.",
        )
    ]


def test_atomic_requests_take_the_counts_of_sqlite_back(settings, monkeypatch):
    monkeypatch.setitem(settings.DATABASES["default"], "ATOMIC_REQUESTS", True)
    problem = (
        "authkit.W010",
        "CACHES['default'] cannot count, and under ATOMIC_REQUESTS a refused request rolls "
        "back its count in SQLite.",
        WITH_REDIS,
    )
    expected = [problem] if connection.vendor == "sqlite" else []
    assert found(check_counting, defaults=[TIER], backend=DATABASE) == expected


@pytest.mark.django_db
def test_both_are_run_by_manage_py_check_and_counting_with_deploy_only():
    urls = Urls(view(throttle_classes=[Once, Twice]))
    with override_settings(ROOT_URLCONF=urls, MIDDLEWARE=[], TEMPLATES=[]):
        always = [message.id for message in run_checks()]
        deployed = [message.id for message in run_checks(include_deployment_checks=True)]
    assert always.count("authkit.E013") == 1
    assert "authkit.W009" not in always
    assert deployed.count("authkit.W009") == 1


def test_a_project_without_urls_has_no_views():
    with override_settings(ROOT_URLCONF=None):
        assert check_rates() == []
