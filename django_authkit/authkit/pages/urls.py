"""Every page: ``path("account/", include("authkit.pages.urls"))``."""

from django.urls import path

from authkit.pages import mail_views, views

app_name = "authkit_pages"

urlpatterns = [
    path("", views.OverviewPage.as_view(), name="overview"),
    path("log-in/", views.LogInPage.as_view(), name="log-in"),
    path("log-out/", views.LogOutPage.as_view(), name="log-out"),
    path("password/", views.PasswordPage.as_view(), name="password"),
    path("second-factor/", views.SecondFactorPage.as_view(), name="second-factor"),
    path("sessions/", views.SessionsPage.as_view(), name="sessions"),
    path("password/reset/", mail_views.PasswordResetPage.as_view(), name="password-reset"),
    path(
        "password/reset/confirm/",
        mail_views.PasswordResetConfirmPage.as_view(),
        name="password-reset-confirm",
    ),
    path("register/", mail_views.RegisterPage.as_view(), name="register"),
    path("link/", mail_views.LinkPage.as_view(), name="link"),
    path("email/", mail_views.EmailPage.as_view(), name="email"),
    path("api-keys/", views.APIKeysPage.as_view(), name="api-keys"),
    path("events/", views.EventsPage.as_view(), name="events"),
    path("delete-account/", views.DeleteAccountPage.as_view(), name="delete-account"),
]
