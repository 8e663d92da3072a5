from authkit.health import ReadyView
from django.urls import include, path


def search():
    raise LookupError("the index of search.internal is empty")


WITHOUT_CACHE = {name: ask for name, ask in ReadyView.parts.items() if name != "cache"}

urlpatterns = [
    path("health/", include("authkit.health")),
    path("without-cache/", ReadyView.as_view(parts=WITHOUT_CACHE)),
    path("with-search/", ReadyView.as_view(parts={**ReadyView.parts, "search": search})),
]
