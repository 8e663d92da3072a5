from authkit.factors.admin_site import SecondFactorAdminSite
from django.urls import include, path

from tests.factors.toy.views import TurnOnView

site = SecondFactorAdminSite(name="admin")

urlpatterns = [
    path("admin/", site.urls),
    path("api/v1/auth/", include("authkit.urls")),
    path("api/v1/auth/2fa/toy/", TurnOnView.as_view()),
]
