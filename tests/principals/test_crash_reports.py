"""A fault of the program while a request is authenticated: Django's report has no credential."""

import sys

import pytest
from authkit.authentication import resolve
from authkit.models import APIKey, Session
from django.core.signals import got_request_exception
from django.http import JsonResponse
from django.test import Client
from django.urls import include, path
from django.views.debug import ExceptionReporter
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.conftest import bearer
from tests.database.statements import failing_statement

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("tests.principals.test_crash_reports"),
]


def plain(request):
    return JsonResponse({"user": str(resolve(request).user.pk)})


class FrameworkView(APIView):
    def get(self, request):
        return Response({})


urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("plain", plain),
    path("framework", FrameworkView.as_view()),
]


@pytest.fixture
def reports():
    """The reports of unhandled exceptions, as Django mails them to ADMINS with ``include_html``."""
    written = []

    def write(sender, request, **kwargs):
        reporter = ExceptionReporter(request, *sys.exc_info(), is_email=True)
        written.append(reporter.get_traceback_html() + reporter.get_traceback_text())

    got_request_exception.connect(write)
    yield written
    got_request_exception.disconnect(write)


@pytest.mark.parametrize("url", ["/plain", "/framework"])
def test_no_frame_shows_the_token_or_the_key(url, access, key, reports):
    client = Client(raise_request_exception=False)
    for model, headers in [(Session, bearer(access)), (APIKey, {"HTTP_X_API_KEY": key})]:
        with failing_statement("SELECT", model, LookupError("a fault of the program")):
            assert client.get(url, **headers).status_code == 500
    for report, secret in zip(reports, [access.split(".")[2], key[-20:]], strict=True):
        assert "a fault of the program" in report
        assert secret not in report
