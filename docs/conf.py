"""Sphinx; `make docs` builds with warnings as errors and fetches nothing."""

from importlib.metadata import version as version_of

project = "django-authkit"
copyright = "the authors of django-authkit"
release = version = version_of("django-authkit")

extensions = ["myst_parser"]
myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

html_theme = "furo"
html_title = "django-authkit"
html_show_sphinx = False
html_copy_source = False
