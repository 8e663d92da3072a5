"""Makes the pages of ``docs/schema/`` from the rules and the reporters."""

from __future__ import annotations

import ast
import re
import sys
from itertools import groupby
from pathlib import Path
from textwrap import dedent

from authkit.conf import Settings
from authkit.schema.reporters import FORMATS, reporter
from authkit.schema.rules import GROUPS, RULES
from authkit.schema.rules.unknown_spectacular_setting import MEANT
from django.conf import global_settings
from drf_spectacular.settings import SPECTACULAR_DEFAULTS

DOCS = Path(__file__).parents[3] / "docs" / "schema"

INDEX = """\
# The rules of the audit

`--explain AK301` prints the page of a rule. The beginning of an id selects all rules that begin
with it: `--select AK3`.
"""
TOCTREE = """
```{toctree}
:hidden:
:glob:

AK*
```
"""
FORMAT_TABLE = re.compile(r"(<!-- python -m tests\.schema\.pages -->\n).*?(<!-- end -->\n)", re.S)

RULE_ID = re.compile(r"\bAK\d{3,}\b")
SETTING = re.compile(r'(?<=[`"])[A-Z]+(?:_[A-Z]+)*(?=[`"])')
#: What a page may name besides the rules. Rules also name the keys that AK501 reports.
SETTINGS = {
    *("AUTHKIT", "SPECTACULAR_SETTINGS"),
    *(name for source in (Settings, global_settings) for name in vars(source)),
    *(*SPECTACULAR_DEFAULTS, *MEANT),
}


def pages(rules=RULES, formats=FORMATS):
    """Return the text of each page by its path."""
    for rule in rules:
        refuse_unknown_names(rule, {one.id for one in rules})
    audit = DOCS / "audit.md"
    table = FORMAT_TABLE.sub(rf"\1{format_table(formats)}\2", audit.read_text(encoding="utf-8"))
    rule_pages = {DOCS / "rules" / f"{rule.id}.md": rule_page(rule) for rule in rules}
    return rule_pages | {DOCS / "rules" / "index.md": index(rules), audit: table}


def refuse_unknown_names(rule, ids):
    """Raise ``ValueError`` if a rule names a rule or a setting that does not exist."""
    named = {*RULE_ID.findall(rule.page), *SETTING.findall(rule.page)}
    unknown = sorted(named - ids - SETTINGS)
    if unknown:
        raise ValueError(f"{rule.id} names what does not exist: {', '.join(unknown)}.")


def rule_page(rule):
    return f"# {rule.id} {rule.name}\n\nSeverity: {rule.severity.label}\n\n{markdown(rule.page)}"


def index(rules):
    lines = [INDEX]
    for group, found in groupby(rules, key=lambda rule: rule.id[:3]):
        lines += [
            f"## {GROUPS[group]}",
            "",
            "| id | name | severity | finding |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| [{rule.id}]({rule.id}.md) | {rule.name} | {rule.severity.label} | {rule.summary} |"
            for rule in found
        ]
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n" + TOCTREE


def format_table(formats):
    rows = (f"| `{name}` | {format_summary(name)} |\n" for name in formats)
    return f"| `--format` | output |\n|---|---|\n{''.join(rows)}"


def format_summary(name):
    """Return the first sentence of the docstring of the reporter's module."""
    return sys.modules[reporter(name).__module__].__doc__.partition("\n")[0]


def markdown(page):
    """Return *page* with its code in fences that name the language, and with links to rules."""
    groups = groupby(page.split("\n\n"), key=language)
    return "\n\n".join(block(kind, "\n\n".join(texts)) for kind, texts in groups)


def block(kind, text):
    return f"```{kind}\n{dedent(text)}\n```" if kind else RULE_ID.sub(r"[\g<0>](\g<0>.md)", text)


def language(paragraph):
    if not paragraph.lstrip("\n").startswith("    "):
        return ""
    code = dedent(paragraph)
    if code.startswith("$ "):
        return "console"
    try:
        ast.parse(f"{code}\ndef decorated(): ...")  # the code may be a decorator alone
    except SyntaxError:
        return "yaml"
    return "python"
