import re
from datetime import UTC, datetime
from pathlib import Path

import authkit
import pytest
from authkit.core import clock as authkit_clock
from django.test import override_settings


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns"])
def test_the_present_is_aware_in_every_time_zone(clock, zone):
    with override_settings(TIME_ZONE=zone):
        now = authkit_clock.now()
    assert now == datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
    assert now.utcoffset() is not None


def test_only_the_clock_module_reads_the_time():
    """But the schema room, which stands apart. How long something took is another question."""
    package = Path(authkit.__file__).parent
    asking = re.compile(r"timezone\.now\(|datetime\.now\(|utcnow\(|time\.time\(")
    paths = [path.relative_to(package) for path in package.rglob("*.py")]
    others = [
        str(path)
        for path in paths
        if asking.search((package / path).read_text())
        and path.name != "clock.py"
        and path.parts[0] != "schema"
    ]
    assert others == []
