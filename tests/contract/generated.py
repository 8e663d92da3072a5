"""Clients that were generated from the document log in, refresh, and use a key."""

import shutil

from tests.contract.tools import HERE, NODE_FOLDER, node_tool, python_tool, run

CLIENTS = HERE / "clients"
NO_FORMATTER = "post_hooks: []\n"


def typescript(example, folder):
    """openapi-typescript's types under `tsc` with everything strict, and the journey."""
    work = folder / "typescript"
    shutil.copytree(CLIENTS, work)
    (work / "node_modules").symlink_to(NODE_FOLDER / "node_modules")
    shutil.copy(HERE / "package.json", work)
    run(node_tool("openapi-typescript"), example.document, "--output", work / "document.ts")
    run(node_tool("tsc"), folder=work)
    run("node", work / "built" / "journey.js", *arguments(example, example.reader))
    return "compiled and travelled"


def python(example, folder):
    """openapi-python-client's package, and the journey."""
    configuration = folder / "generator.yaml"
    configuration.write_text(NO_FORMATTER)
    run(
        *(python_tool("openapi-python-client"), "generate", "--meta", "none"),
        *("--path", example.document, "--config", configuration),
        *("--output-path", folder / "library_client", "--fail-on-warning"),
    )
    journey = CLIENTS / "journey.py"
    run(python_tool("python"), journey, *arguments(example, example.staff), PYTHONPATH=str(folder))
    return "generated and travelled"


def arguments(example, login):
    return example.url, login.username, login.password, example.api_key
