"""All views of apis-core-rdf, in the namespace that its own generator of schemas asks for."""

from django.urls import include, path

urlpatterns = [path("", include("apis_core.urls", namespace="apis_core"))]
