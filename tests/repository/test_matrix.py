"""What the package claims to support is tested, on one machine and in the workflow alike."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.by_itself


def read(path):
    return (ROOT / path).read_text()


def claimed(prefix):
    classifiers = tomllib.loads(read("pyproject.toml"))["project"]["classifiers"]
    versions = (line.removeprefix(prefix) for line in classifiers if line.startswith(prefix))
    return {version for version in versions if re.fullmatch(r"\d+\.\d+", version)}


def sessions():
    """Return each session of noxfile.py: its name, its Python and its first sentence."""
    pattern = r'@nox\.session\(python="(.+)"\)\ndef (\w+)\(.*\n    """(.+)'
    return {name: (python, text) for python, name, text in re.findall(pattern, read("noxfile.py"))}


def steps_of_workflow():
    """Yield what its machines run, without arguments; sessions of one machine one by one."""
    workflow = yaml.safe_load(read(".github/workflows/ci.yml"))
    machines = workflow["jobs"]["step"]["strategy"]["matrix"]["step"]
    for step in (step for machine in machines for step in machine.split(" && ")):
        command, _, names = re.sub(" [A-Z]+=.*", "", step).partition(" -s ")
        yield from (f"{command} -s {name}" for name in names.split()) if names else [command]


def test_every_python_of_the_classifiers_has_a_session():
    pythons = {python for python, _text in sessions().values()}
    assert pythons == claimed("Programming Language :: Python :: ")


def test_every_django_of_the_classifiers_has_a_session():
    texts = " ".join(text for _python, text in sessions().values())
    assert set(re.findall(r"Django (\d+\.\d+)", texts)) == claimed("Framework :: Django :: ")


def test_one_machine_and_the_workflow_run_the_same():
    run = read(".ci/run")
    steps = {
        *(f"nox -s {name}" for name in re.findall(r"^step .* session (\w+)$", run, re.MULTILINE)),
        *re.findall(r"^(?:step|behind) .*\b(make [a-z-]+)", run, re.MULTILINE),
        *re.findall(r"^step .* (\.ci/[\w-]+)$", run, re.MULTILINE),
    }
    assert set(steps_of_workflow()) == steps
    assert {f"nox -s {name}" for name in sessions()} <= steps
