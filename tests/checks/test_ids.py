import re
from collections import Counter
from pathlib import Path

import authkit

PACKAGE = Path(authkit.__file__).parent


#: The only modules that define ids.
MODULES = sorted((PACKAGE / "checks").rglob("*.py"))


def test_no_id_of_a_check_occurs_twice():
    source = "".join(module.read_text() for module in MODULES)
    used = Counter(re.findall(r'"(authkit\.[EWI]\d{3})"', source))
    assert len(used) > 20
    assert set(used.values()) == {1}


def test_ids_are_given_out_in_these_modules_alone():
    elsewhere = [
        path.name
        for path in PACKAGE.rglob("*.py")
        if path not in MODULES and re.search(r'"authkit\.[EWI]\d{3}"', path.read_text())
    ]
    assert elsewhere == []
