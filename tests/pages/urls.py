from django.urls import include, path

urlpatterns = [
    path("api/v1/auth/", include("authkit.urls")),
    path("api/v1/auth/", include("authkit.cookie_urls")),
    path("account/", include("authkit.pages.urls")),
]
