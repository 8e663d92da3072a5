"""A setting is its declaration: everything that says something of settings reads that."""

import io
import json

import pytest
from authkit.checks.settings import check_settings
from authkit.conf import Settings, conf
from authkit.conf.setting import Setting
from authkit.core.http.client import MOST_HOPS
from django.core.management import call_command
from django.test import override_settings

from tests.docs import settings_page


@pytest.fixture
def toy(monkeypatch):
    setting = Setting(
        7,
        is_right=lambda value: type(value) is int and value > 0,
        expected="a number of teeth above zero",
        hint="Write 7.",
        doc="How many teeth the toy shows.\n\nRisk: it bites.",
    )
    setting.__set_name__(Settings, "TOY_TEETH")
    monkeypatch.setattr(Settings, "TOY_TEETH", setting, raising=False)
    return setting


def printed(**options):
    out = io.StringIO()
    call_command("authkit_settings", stdout=out, no_color=True, **options)
    return out.getvalue()


@pytest.mark.usefixtures("toy")
def test_a_setting_that_is_declared_can_be_read():
    with override_settings(AUTHKIT={"TOY_TEETH": 9}):
        assert conf.TOY_TEETH == 9
    assert conf.TOY_TEETH == 7


@pytest.mark.usefixtures("toy")
def test_the_checks_know_a_setting_that_is_declared():
    with override_settings(AUTHKIT={"TOY_TEETH": 9}):
        assert check_settings() == []
    with override_settings(AUTHKIT={"TOY_TEETH": 0}):
        [wrong] = check_settings()
    assert wrong.id == "authkit.E003"
    assert wrong.msg == "AUTHKIT['TOY_TEETH'] should be a number of teeth above zero, not 0."
    assert wrong.hint == "Write 7."


@pytest.mark.usefixtures("toy")
def test_a_misspelt_name_is_answered_with_a_setting_that_is_declared():
    with override_settings(AUTHKIT={"TOY_TOOTH": 9}):
        [unknown] = check_settings()
    assert (unknown.id, unknown.hint) == ("authkit.E002", "Did you mean 'TOY_TEETH'?")


@pytest.mark.usefixtures("toy")
def test_the_page_has_a_setting_that_is_declared():
    page = settings_page.page(settings_page.PAGE.read_text())
    assert '    "TOY_TEETH": 7,\n}\n' in page
    assert (
        "### `TOY_TEETH`\n\nA number of teeth above zero. Default: `7`.\n\n"
        "How many teeth the toy shows.\n\nRisk: it bites.\n\n<!--"
    ) in page


@pytest.mark.usefixtures("toy")
def test_the_command_prints_a_setting_that_is_declared():
    assert "AUTHKIT['TOY_TEETH'] = 7  # default\n" in printed()
    with override_settings(AUTHKIT={"TOY_TEETH": 0}):
        lines = printed().splitlines()
    at = lines.index("AUTHKIT['TOY_TEETH'] = 0  # AUTHKIT")
    assert lines[at + 1] == (
        "    AUTHKIT['TOY_TEETH'] should be a number of teeth above zero, not 0. Write 7."
    )


def test_if_a_setting_is_secret_then_neither_check_nor_command_shows_it(toy):
    toy.is_secret = True
    with override_settings(AUTHKIT={"TOY_TEETH": -4711}):
        shown = f"{check_settings()}{printed()}{printed(format='json')}"
    assert "TOY_TEETH" in shown
    assert "4711" not in shown
    assert "It is a secret" in settings_page.page(settings_page.PAGE.read_text())


def test_a_value_of_a_setting_cannot_be_hidden_by_an_assignment():
    with pytest.raises(AttributeError):
        conf.REGISTRATION = True


@pytest.mark.parametrize("setting", Settings.declared().values(), ids=Settings.declared())
def test_every_declaration_is_complete(setting):
    assert setting.is_right(setting.default)
    assert setting.expected[-1] not in ".:"
    assert setting.hint.startswith("Write ")
    assert setting.doc


def test_as_many_proxies_are_valid_as_are_followed():
    assert f"from 0 to {MOST_HOPS}," in Settings.TRUSTED_PROXIES.expected


def test_the_command_prints_json():
    with override_settings(AUTHKIT={"API_KEY_QUOTA": -1, "QUOTA": "s3cret"}, SIMPLE_JWT={}):
        report = json.loads(printed(format="json"))
    settings = {setting.pop("name"): setting for setting in report["settings"]}
    assert settings["AUTHKIT['API_KEY_QUOTA']"] == {
        "value": -1,
        "source": "AUTHKIT",
        "problems": [
            "AUTHKIT['API_KEY_QUOTA'] should be a whole number from 0 to 10000, not -1. "
            "Write 25, or 0 so that users cannot create keys."
        ],
    }
    assert settings["AUTHKIT['EVENT_RETENTION']"] == {
        "value": "timedelta(days=365)",
        "source": "default",
        "problems": [],
    }
    assert settings["SIMPLE_JWT['SIGNING_KEY']"] == {
        "value": "********",
        "source": "SECRET_KEY",
        "problems": [],
    }
    [unknown] = report["problems"]
    assert unknown.startswith("AUTHKIT has no setting 'QUOTA'. ")
    assert "s3cret" not in unknown


def test_the_command_says_which_lifetimes_simple_jwt_sets():
    with override_settings(SIMPLE_JWT={"REFRESH_TOKEN_LIFETIME": 5, "USER_ID_FIELD": "uuid"}):
        lines = printed().splitlines()
    assert "SIMPLE_JWT['ACCESS_TOKEN_LIFETIME'] = timedelta(minutes=5)  # default" in lines
    assert "SIMPLE_JWT['USER_ID_FIELD'] = \"uuid\"  # SIMPLE_JWT" in lines
    at = lines.index("SIMPLE_JWT['REFRESH_TOKEN_LIFETIME'] = 5  # SIMPLE_JWT")
    assert lines[at + 1].startswith(
        "    SIMPLE_JWT['REFRESH_TOKEN_LIFETIME'] should be a timedelta"
    )


def test_the_keys_that_encrypt_and_sign_are_masked():
    keys = {"ENCRYPTION_KEYS": ["the one key"]}
    with override_settings(AUTHKIT=keys, SIMPLE_JWT={"SIGNING_KEY": "the other key"}):
        shown = printed() + printed(format="json")
    assert shown.count('"********"') == 4
    assert "the one key" not in shown
    assert "the other key" not in shown


@pytest.mark.parametrize(
    "wrong",
    [
        {"AUTHKIT": None},
        {"AUTHKIT": ["REGISTRATION"]},
        {"SIMPLE_JWT": None},
        {"AUTHKIT": {1: 2, "SCOPES": {(1, 2): float("inf")}, "PROFILE_SERIALIZER": ".x"}},
        {"AUTHKIT": {name: object() for name in Settings.declared()}},
    ],
    ids=["None", "a list", "SIMPLE_JWT None", "odd values", "objects"],
)
@pytest.mark.parametrize("shape", ["text", "json"])
def test_the_command_shows_wrong_settings_without_a_traceback(wrong, shape):
    with override_settings(**wrong):
        assert "should be " in printed(format=shape)
