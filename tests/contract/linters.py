"""Redocly's and Spectral's rules about security have nothing to say about the document."""

import json

from tests.contract.tools import HERE, Fault, node_tool, run


def redocly(example, folder):
    return silent(lint_with_redocly, example, folder)


def spectral(example, folder):
    return silent(lint_with_spectral, example, folder)


def silent(lint, example, folder):
    """Lint the document, and then one with a fault: a linter that finds nothing there is off."""
    lint(example.document)
    try:
        lint(with_an_undefined_scheme(example.document, folder))
    except Fault:
        return "no finding"
    raise Fault("an undefined scheme was not found")


def lint_with_redocly(document):
    run(
        *(node_tool("redocly"), "lint", document, "--config", HERE / "redocly.yaml"),
        # It would ask the registry whether it is the newest, and tell its makers how it is used.
        REDOCLY_SUPPRESS_UPDATE_NOTICE="true",
        REDOCLY_TELEMETRY="off",
    )


def lint_with_spectral(document):
    ruleset = HERE / "spectral.yaml"
    run(node_tool("spectral"), "lint", document, "--ruleset", ruleset, "--fail-severity", "hint")


def with_an_undefined_scheme(document, folder):
    spoilt = json.loads(document.read_text())
    first = next(iter(spoilt["paths"].values()))
    next(iter(first.values()))["security"] = [{"nobodyDefinesThis": []}]
    path = folder / "spoilt.json"
    path.write_text(json.dumps(spoilt))
    return path
