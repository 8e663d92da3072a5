from django.contrib.admin.apps import AdminConfig


class SecondFactorAdminConfig(AdminConfig):
    """Stands in INSTALLED_APPS for ``django.contrib.admin``: the same, behind the second factor."""

    default = False
    default_site = "authkit.factors.admin_site.SecondFactorAdminSite"
