"""A project that includes one of the pages, as docs/how-to/pages.md shows."""

from authkit.pages import views
from django.urls import include, path

pages = ([path("log-in/", views.LogInPage.as_view(), name="log-in")], "authkit_pages")

urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("api/v1/auth/", include("authkit.cookie_urls")),
    path("", include(pages)),
]
