"""The cookie form of the tokens, beside ``authkit.urls``: ``include("authkit.cookie_urls")``.

They have an application namespace of their own, so that both includes can be reversed.
"""

from django.urls import path

from authkit import views

app_name = "authkit_cookie"

urlpatterns = [
    path("cookie/token/", views.CookieTokenObtainView.as_view(), name="token-obtain"),
    path(
        "cookie/token/second-factor/",
        views.CookieTokenSecondFactorView.as_view(),
        name="token-second-factor",
    ),
    path("cookie/token/refresh/", views.CookieTokenRefreshView.as_view(), name="token-refresh"),
    path("cookie/token/revoke/", views.CookieTokenRevokeView.as_view(), name="token-revoke"),
]
