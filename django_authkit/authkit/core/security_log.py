from __future__ import annotations

import json
import logging
from typing import Any

logger = logging.getLogger("authkit.security")


def record(event: str, *, level: int = logging.INFO, **facts: Any) -> None:
    """Write one line of JSON to the logger ``authkit.security``.

    :param event: what happened, in the words of the OWASP logging vocabulary.
    :param facts: ids and addresses; never a password, token, key or code.
    """
    if logger.isEnabledFor(level):
        line = json.dumps({"event": event, **facts}, default=str, sort_keys=True)
        logger.log(level, "%s", line)
