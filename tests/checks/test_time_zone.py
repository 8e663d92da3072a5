import pytest
from authkit.checks.time_zone import check_time_zone
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings


def found(zone, use_tz=False):
    with override_settings(USE_TZ=use_tz, TIME_ZONE=zone):
        return [message.id for message in check_time_zone()]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"])
def test_times_without_a_zone_are_an_error_where_an_hour_comes_twice(zone):
    assert found(zone) == ["authkit.E019"]
    assert found(zone, use_tz=True) == []


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/Phoenix"])
def test_a_zone_without_summer_time_needs_no_zone_in_the_database(zone):
    assert found(zone) == []


def test_the_check_runs():
    with (
        override_settings(USE_TZ=False, TIME_ZONE="Europe/Berlin"),
        pytest.raises(SystemCheckError, match="Europe/Berlin has summer time"),
    ):
        call_command("check")
