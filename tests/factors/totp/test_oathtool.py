"""Debian's oathtool makes the codes. Deselected where it is not installed; see conftest.py."""

import shutil
import subprocess
import time

import pytest

from tests.factors.calls import challenge, complete, confirm, set_up
from tests.factors.phone import code_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def oathtool():
    """A function that returns the present code of a secret in Base32."""

    def code(secret):
        now = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(time.time()))
        command = [shutil.which("oathtool"), "--totp", "--base32", "--now", now, secret]
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        return run.stdout.strip()

    return code


def test_its_codes_turn_the_factor_on_and_log_in(client, user, clock, oathtool):
    access = client.pair(user)["access"]
    secret = set_up(client, access).json()["secret"]
    assert confirm(client, access, oathtool(secret)).status_code == 200
    for _ in range(3):
        clock.shift(30)
        assert complete(client, challenge(client, user), oathtool(secret)).status_code == 200


def test_it_agrees_with_the_app_of_these_tests(clock, oathtool):
    for shift in (0, 29, 1, 86_400, 10**7):
        clock.shift(shift)
        key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        assert oathtool(key) == code_at(b"12345678901234567890", time.time())
