import subprocess
import sys

import pytest
from authkit.core.lazy import lazy_module

CHILD = """
import sys
from authkit.core.lazy import lazy_module
module = lazy_module("colorsys")
print("colorsys" in sys.modules)
print(module.rgb_to_hsv(0, 0, 0))
print("colorsys" in sys.modules)
"""


def test_the_module_is_loaded_when_something_of_it_is_used():
    child = subprocess.run(
        [sys.executable, "-c", CHILD], capture_output=True, text=True, check=True
    )
    assert child.stdout.split() == ["False", "(0.0,", "0.0,", "0)", "True"]


def test_it_is_the_module_itself():
    assert lazy_module("json").dumps([1]) == "[1]"


def test_a_module_that_is_not_there_is_missed_when_it_is_used():
    module = lazy_module("no_such_module_of_ours")
    with pytest.raises(ModuleNotFoundError):
        module.anything  # noqa: B018 - asking is the point


def test_an_exception_of_it_can_be_caught():
    json = lazy_module("json")
    with pytest.raises(json.JSONDecodeError):
        json.loads("{")
