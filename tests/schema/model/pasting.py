"""Writes what is suggested into the source of a project, as a person would."""

from __future__ import annotations

import ast
import inspect
import sys
from types import ModuleType

from django.urls import clear_url_caches


class Pasted:
    """The source of a module, and the module that it becomes with a suggestion in it."""

    def __init__(self, module: ModuleType) -> None:
        self.name = f"{module.__name__}_changed"
        self.tree = ast.parse(inspect.getsource(module))
        self.prepend("from rest_framework.permissions import IsAuthenticatedOrReadOnly")

    def with_code(self, code: str, view: str, handler: str) -> ModuleType:
        """Return the module with one line of *code* for *handler* of *view*."""
        self.paste(code, view, handler)
        source = ast.unparse(ast.fix_missing_locations(self.tree))
        module = sys.modules[self.name] = ModuleType(self.name)
        exec(compile(source, self.name, "exec"), vars(module))
        # URLconfs are remembered by their names.
        clear_url_caches()
        return module

    def paste(self, code: str, view: str, handler: str) -> None:
        code, _, comment = code.partition("  # ")
        owner = self.defined(view)
        if code.startswith("@public"):
            self.prepend("from authkit.schema import public")
            decorate(self.handler(owner, handler), code[1:])
        elif code.startswith("@permission_classes"):
            replace_decorator(owner, "permission_classes", code[1:])
        elif code.startswith("permission_classes = "):
            owner.body += ast.parse(code).body
        elif code.startswith("permission_classes=") and "as_view()" in comment:
            self.give(f"{view}.as_view", code)
        elif code.startswith("permission_classes=") and f"@action of {handler}()" in comment:
            give(decorator(self.handler(owner, handler), "action"), code)
        elif code.startswith(("auth=", "methods=", "responses=")):
            self.describe(owner, handler, code.replace("{200: ...}", "{200: None}"))
        elif code[:3].isdigit():
            self.prepend("from drf_spectacular.utils import OpenApiResponse")
            self.describe(owner, handler, f"responses={{200: None, {code}}}")
        else:
            raise AssertionError(f"Nothing is known about {code}")

    def prepend(self, code: str) -> None:
        self.tree.body[2:2] = ast.parse(code).body

    def describe(self, owner: ast.AST, handler: str, arguments: str) -> None:
        decorate(self.handler(owner, handler), f"extend_schema({arguments})")

    def defined(self, name: str) -> ast.AST:
        return next(one for one in self.tree.body if getattr(one, "name", "") == name)

    def handler(self, owner: ast.AST, name: str) -> ast.AST:
        """Return the handler, written out in the class if that inherits it."""
        if isinstance(owner, ast.FunctionDef):
            return owner
        if name not in {getattr(one, "name", "") for one in owner.body}:
            parameters = "request, *args, **kwargs"
            code = f"def {name}(self, {parameters}):\n return super().{name}({parameters})"
            owner.body += ast.parse(code).body
        return next(one for one in owner.body if getattr(one, "name", "") == name)

    def give(self, function: str, keyword: str) -> None:
        (call,) = (
            one
            for one in ast.walk(self.tree)
            if isinstance(one, ast.Call) and ast.unparse(one.func) == function
        )
        give(call, keyword)


def give(call: ast.Call, keyword: str) -> None:
    (new,) = expression(f"f({keyword})").keywords
    call.keywords = [one for one in call.keywords if one.arg != new.arg] + [new]


def decorate(function: ast.AST, code: str) -> None:
    function.decorator_list.insert(0, expression(code))


def replace_decorator(function: ast.AST, name: str, code: str) -> None:
    at = function.decorator_list.index(decorator(function, name))
    function.decorator_list[at] = expression(code)


def decorator(function: ast.AST, name: str) -> ast.Call:
    return next(one for one in function.decorator_list if ast.unparse(one.func) == name)


def expression(code: str) -> ast.expr:
    return ast.parse(code, mode="eval").body
