from __future__ import annotations

import itertools

import pytest
from django.contrib.auth import get_user_model
from rest_framework.test import APIClient

PASSWORD = "correct horse battery staple"
AUTH = "/api/v1/auth/"

_numbers = itertools.count(1)


def username_for(name):
    """A valid value of USERNAME_FIELD for every user model of the suite."""
    return f"{name}@example.com" if get_user_model().USERNAME_FIELD == "email" else name


@pytest.fixture
def make_user(db):
    def make(name=None, password=PASSWORD, **fields):
        model = get_user_model()
        username = username_for(name or f"user{next(_numbers)}")
        return model.objects.create_user(
            **{model.USERNAME_FIELD: username}, password=password, **fields
        )

    return make


@pytest.fixture
def user(make_user):
    return make_user()


class Client(APIClient):
    """A client of the auth endpoints that speaks JSON, and keeps no cookies worth the name."""

    default_format = "json"

    def log_in(self, user, password=PASSWORD, **extra):
        body = {user.USERNAME_FIELD: user.get_username(), "password": password}
        return self.post(AUTH + "token/", body, format="json", **extra)

    def pair(self, user, password=PASSWORD):
        response = self.log_in(user, password)
        assert response.status_code == 200, response.content
        return response.json()

    def refresh(self, token):
        return self.post(AUTH + "token/refresh/", {"refresh": token}, format="json")

    def sessions(self, access):
        return self.get(AUTH + "sessions/", **bearer(access))

    def verify(self, token):
        return self.post(AUTH + "token/verify/", {"token": token}, format="json")

    def revoke(self, token):
        return self.post(AUTH + "token/revoke/", {"refresh": token}, format="json")


def bearer(access):
    return {"HTTP_AUTHORIZATION": f"Bearer {access}"}


@pytest.fixture
def client():
    return Client()
