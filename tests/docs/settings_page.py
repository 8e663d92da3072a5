"""``python -m tests.docs.settings_page``: write the settings of AUTHKIT into their page.

What stands between the two marks is made from the declarations in ``authkit.conf``; the rest of
``docs/reference/settings.md`` is written by hand.
"""

import re
from pathlib import Path

from authkit.conf import Settings
from authkit.conf.written import as_python

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
BEGIN = "<!-- From authkit.conf, by python -m tests.docs.settings_page. -->\n"
END = "<!-- To here. -->\n"


def defaults():
    """Return the dict that changes nothing, as code."""
    members = "".join(
        f'    "{name}": {as_python(setting.default)},\n'
        for name, setting in Settings.declared().items()
    )
    return f"```python\nfrom datetime import timedelta\n\nAUTHKIT = {{\n{members}}}\n```\n"


def section(setting):
    expected = f"{setting.expected[0].upper()}{setting.expected[1:]}"
    secret = " It is a secret: no output shows it." if setting.is_secret else ""
    default = as_python(setting.default)
    return f"### `{setting.name}`\n\n{expected}. Default: `{default}`.{secret}\n\n{setting.doc}\n"


def page(before):
    """Return the page with the settings as they are declared now."""
    made = "\n".join([defaults(), *map(section, Settings.declared().values())])
    generated = f"{BEGIN}\n{made}\n{END}"
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: generated, before, flags=re.S)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
