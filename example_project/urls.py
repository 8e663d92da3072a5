from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from example_project.audit_report import audit_report
from example_project.index import IndexView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="docs")),
    # Before the admin, which answers everything below it.
    path("admin/audit/", admin.site.admin_view(audit_report), name="audit-report"),
    path("admin/", admin.site.urls),
    path("demo/", include("example_project.demo.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(), name="docs"),
    path("api/v1/", IndexView.as_view(), name="index"),
    path("api/v1/health/", include("authkit.health")),
    path("", include("authkit.well_known")),
    path("", include("example_project.chat_page.urls")),
    path("api/v1/auth/", include("authkit.urls")),
    path("api/v1/auth/", include("authkit.cookie_urls")),
    path("account/", include("authkit.pages.urls")),
    path("api/v1/", include("example_project.library.urls")),
    path("api/v1/", include("example_project.tasks.urls")),
    path("api/v1/", include("example_project.chat.urls")),
]
