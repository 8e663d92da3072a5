"""Whose line of code tried something: the middleware, permission or authenticator."""

from __future__ import annotations

import sys
import sysconfig
import threading
from itertools import dropwhile, takewhile
from types import FrameType

from authkit.schema.sandbox.repository import INSTALLED, named

#: Packages that run the code of others.
FRAMEWORKS = frozenset({"asgiref", "django", "rest_framework"})

STANDARD_LIBRARY = (sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))

SANDBOX = __name__.rpartition(".")[0]
PROBE = SANDBOX.rpartition(".")[0]


def origin() -> str:
    """Return what the probe called, with file and line: "Visits.__call__ (shop/middleware.py:12)".

    Of the code that stands between the probe and the caller, this is the innermost part that is no
    framework's, and in it the function by which the framework entered. "" if there is none.
    """
    called = [frame for frame in _called() if not _is_standard_library(frame)]
    own = [*takewhile(_is_own, dropwhile(_is_framework, called))]
    if not own:
        return ""
    entered = own[-1]
    return f"{entered.f_code.co_qualname} ({named(entered.f_code.co_filename)}:{entered.f_lineno})"


def _called() -> list[FrameType]:
    """Return the frames that the probe has called, the innermost first; none if it has not."""
    frames = list[FrameType]()
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        module = _module(frame)
        if not _is_in(module, SANDBOX):
            if _is_in(module, PROBE):
                return frames
            frames.append(frame)
        frame = frame.f_back
    # A thread that was started by what the probe called.
    return frames if frames and _module(frames[-1]) == threading.__name__ else []


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _is_in(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")


def _is_standard_library(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return INSTALLED not in file and file.startswith(("<", *STANDARD_LIBRARY))


def _is_framework(frame: FrameType) -> bool:
    return _module(frame).partition(".")[0] in FRAMEWORKS


def _is_own(frame: FrameType) -> bool:
    return not _is_framework(frame)
