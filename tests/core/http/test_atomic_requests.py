import pytest
from authkit import urls
from authkit.core.http.views import PublicView
from django.core.handlers.base import BaseHandler
from django.db import connections
from django.http import HttpResponse


@pytest.fixture
def on_the_way(monkeypatch):
    """What ATOMIC_REQUESTS makes of a view: the same, or the view in a transaction."""
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    return BaseHandler().make_view_atomic


@pytest.mark.parametrize("route", urls.urlpatterns, ids=lambda route: route.name)
def test_no_view_of_ours_is_in_the_transaction_of_its_request(on_the_way, route):
    assert on_the_way(route.callback) is route.callback


def test_nor_is_a_subclass_with_a_dispatch_of_its_own(on_the_way):
    class Own(PublicView):
        def dispatch(self, request, *args, **kwargs):
            return HttpResponse()

    view = Own.as_view()
    assert on_the_way(view) is view


def test_a_view_of_the_projects_is(on_the_way):
    def view(request):
        return HttpResponse()

    assert on_the_way(view) is not view
