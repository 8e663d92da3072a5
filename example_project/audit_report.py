"""The report of the schema audit as a page for staff."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.http import require_safe

TIMEOUT_SECONDS = 120
MANAGE = Path(settings.HERE).with_name("manage.py")


# The audit puts its own parts into views and connections while it asks them: in a process that
# answers requests it would ask those, too.
@require_safe
def audit_report(request):
    """Audit the document in a process of its own, and answer with the report."""
    command = [sys.executable, str(MANAGE), "authkit_audit_schema", "--format", "html"]
    made = subprocess.run(  # noqa: S603  # of our own words alone
        command, capture_output=True, timeout=TIMEOUT_SECONDS, check=False
    )
    if not made.stdout:  # it could not be made, and says why
        return HttpResponse(made.stderr, status=500, content_type="text/plain; charset=utf-8")
    response = HttpResponse(made.stdout)
    response["Cache-Control"] = "no-store"
    return response
