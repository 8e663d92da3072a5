"""Tells REST framework's own code from that of a project."""

from __future__ import annotations

from typing import Any

from rest_framework.views import APIView

#: Where the code stands that makes a callback of a view, and takes a request to its handler.
FRAMEWORK_MODULES = ("django.views.decorators.csrf", "django.views.generic.base", "rest_framework.")


def is_framework_code(function: Any) -> bool:
    """Tell whether a function is REST framework's own, or Django's below it."""
    # Not by __module__, which a decorator copies from what it decorates.
    return str(getattr(function, "__globals__", {}).get("__name__")).startswith(FRAMEWORK_MODULES)


def handles_exceptions(view: APIView) -> bool:
    """Tell whether a refusal of *view* is answered by code of the project's."""
    return not (
        is_framework_code(type(view).handle_exception)
        and is_framework_code(view.get_exception_handler())
    )
