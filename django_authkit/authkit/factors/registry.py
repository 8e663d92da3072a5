"""The second factors that there are: one line each.

``authkit.models`` imports this module, as it imports the models: every process that uses them,
a request, a command or a shell, then knows the factors. ``AppConfig.ready()`` could not: ``apps.py``
is loaded before models may be, so the import would have to stand inside of a function.
"""

from authkit.core.factors import register
from authkit.factors.recovery_codes.factor import RecoveryCodes
from authkit.factors.totp.factor import TOTP

register(TOTP())
register(RecoveryCodes())
