"""Reads functions as they are written. No code is run for that."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

Written = ast.FunctionDef | ast.AsyncFunctionDef


def read_function(function: Any) -> Written | None:
    """Return the definition of a function, None if it cannot be read."""
    code = function.__code__
    written = _functions_in(code.co_filename).get(code.co_firstlineno)
    # A file that has changed since, or is not there: another one may stand in that line.
    return written if written is not None and written.name == code.co_name else None


@lru_cache(maxsize=16)  # parsed files are large, and each is used for a while only
def _functions_in(file: str) -> dict[int, Written]:
    """Return what *file* defines, by the line in which it begins."""
    try:
        return dict(_defined(ast.parse("".join(linecache.getlines(file)))))
    except SyntaxError:
        return {}


def _defined(block: Any) -> Iterator[tuple[int, Written]]:
    for statement in block.body:
        if isinstance(statement, Written):
            lines = [statement.lineno, *(one.lineno for one in statement.decorator_list)]
            yield min(lines), statement
        if hasattr(statement, "body"):
            yield from _defined(statement)


def of_itself(node: ast.AST, itself: str) -> tuple[str, bool]:
    """Return the attribute that *node* reads of *itself*, and whether of ``super()``; or ""."""
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=read) if name == itself:
            return read, False
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr=read):
            return read, True
    return "", False
