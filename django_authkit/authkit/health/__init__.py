"""Health of a process, for orchestrators: ``path("health/", include("authkit.health"))``."""

from django.urls import path

from authkit.health.views import LiveView, ReadyView, StartupView

__all__ = ["LiveView", "ReadyView", "StartupView"]

app_name = "authkit_health"

urlpatterns = [
    path("live/", LiveView.as_view(), name="live"),
    path("ready/", ReadyView.as_view(), name="ready"),
    path("startup/", StartupView.as_view(), name="startup"),
]
