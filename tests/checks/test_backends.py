import pytest
from authkit.checks.project.backends import check_backends
from django.core.management import call_command
from django.test import override_settings

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


def found(*backends):
    with override_settings(AUTHENTICATION_BACKENDS=[MODEL_BACKEND, *backends]):
        return check_backends()


def test_a_backend_that_takes_the_password_by_another_name_is_said():
    [warning] = found("tests.login.backends.WantsEmail")
    assert warning.id == "authkit.W026"
    assert warning.msg == (
        "tests.login.backends.WantsEmail, in AUTHENTICATION_BACKENDS, is never asked for a "
        "password: its authenticate() cannot be called with username and password."
    )
    assert "username=None, password=None" in warning.hint


@pytest.mark.parametrize(
    "backend",
    [
        "tests.login.backends.ByToken",
        "tests.login.backends.Directory",
        "tests.login.backends.Positional",
        "django.contrib.auth.backends.RemoteUserBackend",
    ],
)
def test_one_that_is_asked_or_takes_no_password_is_fine(backend):
    assert found(backend) == []


@pytest.mark.django_db
def test_manage_py_check_says_it_once(capsys):
    with override_settings(AUTHENTICATION_BACKENDS=["tests.login.backends.WantsEmail"]):
        call_command("check")
    assert capsys.readouterr().err.count("authkit.W026") == 1
