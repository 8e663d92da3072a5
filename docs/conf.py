"""Sphinx; `make docs` builds with warnings as errors and fetches nothing."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

import django
from django.conf import settings

sys.path.append(str(Path(__file__).parent / "_ext"))

# The reference of Python reads docstrings, and models can be imported in a project only.
settings.configure(
    SECRET_KEY="of-no-project",  # noqa: S106 (nothing is signed)
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.messages",
        "django.contrib.sessions",
        "rest_framework",
        "rest_framework_api_key",
        "django_otp",
        "drf_spectacular",
        "authkit",
    ],
)
django.setup()

project = "django-authkit"
copyright = "the authors of django-authkit"
release = version = version_of("django-authkit")

extensions = ["myst_parser", "sequence", "sphinx.ext.autodoc", "sphinx_copybutton"]
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "_ext", "clients"]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_inherit_docstrings = False
python_use_unqualified_type_names = True

# What is typed, without the prompt and without what a command prints.
copybutton_prompt_text = "$ "
copybutton_only_copy_prompt_lines = True
copybutton_line_continuation_character = "\\"

html_theme = "furo"
html_title = "django-authkit"
html_static_path = ["_static"]
html_css_files = ["authkit.css"]
html_show_sphinx = False
html_copy_source = False
