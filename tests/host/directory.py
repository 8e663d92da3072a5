"""The directory of this project: it judges the password of its employees, as LDAP does."""

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import BaseBackend

from tests.conftest import username_for

EMPLOYEE = "employee"
DIRECTORY_PASSWORD = "what the directory has"


class DirectoryBackend(BaseBackend):
    def authenticate(self, request, username=None, password=None):
        if (username, password) != (username_for(EMPLOYEE), DIRECTORY_PASSWORD):
            return None
        return get_user_model().objects.get_by_natural_key(username)

    def get_user(self, user_id):
        return get_user_model().objects.filter(pk=user_id).first()
