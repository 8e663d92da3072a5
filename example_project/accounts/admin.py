from authkit.admin import AccountAdminMixin
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin

User = get_user_model()
admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(AccountAdminMixin, UserAdmin):
    """The users, with their second factor, lockouts, sessions and API keys."""
