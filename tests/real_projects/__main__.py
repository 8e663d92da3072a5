"""Proof on projects that no one here wrote: `python -m tests.real_projects [NAME...]`.

Exit status 1 if a target is missed: a decisive verdict is wrong (but for handlers that refuse by
themselves), less than 97 % is decided, AK301, AK302 or AK303 is reported falsely, or the hook
changes what is not about security, or writes other bytes the second time.
"""

import argparse
import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from tests.real_projects import page
from tests.real_projects.changes import compare_documents
from tests.real_projects.environments import REQUIREMENTS, Environment, Failed
from tests.real_projects.verdicts import BY_HANDLER, NOT_COMPARED, RIGHT, WRONG, Result

NAMES = sorted(path.stem for path in REQUIREMENTS.glob("*.txt"))
AT_ONCE = 2
COUNTED = (RIGHT, WRONG, BY_HANDLER, NOT_COMPARED)


def main():
    options = parse()
    since = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            looked = pool.map(lambda name: look(name, folder), options.names or NAMES)
            results = list(chain.from_iterable(looked))
        except Failed as error:
            sys.exit(str(error))
    for result in results:
        tell(result)
    if options.write_docs:
        page.write(results)
    print(f"All in {time.perf_counter() - since:.0f} s.")
    sys.exit(any(list(result.shortcomings) for result in results))


def parse():
    parser = argparse.ArgumentParser(prog="python -m tests.real_projects", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--write-docs", action="store_true", help=f"write {page.PAGE.name}")
    options = parser.parse_args()
    for name in options.names:
        if name not in NAMES:
            parser.error(f"there is no project {name!r}")
    return options


def look(name, folder):
    environment = Environment(name)
    environment.make()
    looked = environment.look(folder)
    report = json.loads((looked / "report.json").read_text()) | compare_documents(looked)
    return Result.by_tier(name, report, environment.seconds | report["seconds"])


def tell(result):
    if result.tier == "T1":
        print(f"{result.name} {result.versions[result.name]}: {len(result.operations)} operations")
        print("  seconds: " + ", ".join(f"{k} {v}" for k, v in result.spent.items()))
        before, after = result.untrue("declared"), result.untrue("declared_with_hook")
        told = result.untrue("declared_with_verdicts")
        print(f"  {before} untrue in the document, {after} with the hook, {told} with its file")
    counts = ", ".join(f"{result.count(one)} {one}" for one in COUNTED)
    print(f"  {result.tier}: {result.decided_percent:.1f} % decided, {counts}")
    for reason, number in result.undecided:
        print(f"    {number} {reason}")
    for shortcoming in result.shortcomings:
        print(f"    MISSED  {shortcoming}")


if __name__ == "__main__":
    main()
