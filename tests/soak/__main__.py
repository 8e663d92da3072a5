"""``make soak``: the example on PostgreSQL and Redis, while its parts are killed and restarted."""

import argparse
import sys
import threading
import time

from tests.soak.machines import Machines
from tests.soak.people import PASSWORD, Ledger, Person

MAKE_USERS = """
from django.contrib.auth import get_user_model
for name in {names!r}:
    get_user_model().objects.create_user(name, password={password!r})
"""

#: A user who has a second factor has passed it, in every session that is complete.
WITHOUT_PROOF = """
SELECT count(*) FROM authkit_session s JOIN authkit_totpdevice d ON d.user_id = s.user_id
WHERE d.confirmed AND s.created_at > d.confirmed_at AND s.pending_until IS NULL
AND s.methods NOT LIKE '%mfa%'
"""
COMPLETE = """
SELECT count(*) FROM authkit_session s JOIN authkit_totpdevice d ON d.user_id = s.user_id
WHERE d.confirmed AND s.created_at > d.confirmed_at AND s.pending_until IS NULL
"""


def main():
    options = arguments()
    ledger = Ledger()
    with Machines(options.workers, options.port) as machines:
        people = settle(machines, ledger, options.people)
        soak(machines, people, ledger, options)
        machines.wait_for_all()
        check(machines, people, ledger)
        tell(machines, ledger, options)
    return 1 if ledger.violations else 0


def arguments():
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--requests", type=int, default=20_000, help="at the most")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--people", type=int, default=6, help="a third has a second factor")
    parser.add_argument("--pause", type=float, default=3, help="seconds between two faults")
    parser.add_argument("--port", type=int, default=8480, help="of the first worker")
    return parser.parse_args()


def settle(machines, ledger, number):
    names = [f"person{number}" for number in range(number)]
    machines.manage(
        "shell", "--verbosity", "0", "-c", MAKE_USERS.format(names=names, password=PASSWORD)
    )
    people = [Person(name, machines.ports, ledger) for name in names]
    for person in people[: number // 3]:
        person.enrol()
    return people


def soak(machines, people, ledger, options):
    over = threading.Event()
    threads = [threading.Thread(target=person.live, args=[over]) for person in people]
    threads.append(threading.Thread(target=machines.make_faults, args=[over, options.pause]))
    for thread in threads:
        thread.start()
    ends_at = time.monotonic() + options.seconds
    while time.monotonic() < ends_at and ledger.requests < options.requests:
        time.sleep(0.5)
    over.set()
    for thread in threads:
        thread.join()


def check(machines, people, ledger):
    for pair in ledger.ended:
        people[-1].assert_ended(pair)
    for person, code in ledger.spent:
        person.assert_spent(code)
    [[without]] = machines.rows(WITHOUT_PROOF)
    ledger.must(without == 0, f"{without} sessions have passed no second factor")
    # A code that was spent may have no answer, where the worker was killed; never two sessions.
    [[complete]] = machines.rows(COMPLETE)
    [[left]] = machines.rows("SELECT count(*) FROM authkit_recoverycode")
    used = 10 * sum(1 for person in people[: len(people) // 3]) - left
    ledger.must(complete <= used, f"{complete} sessions of {used} codes")


def tell(machines, ledger, options):
    answers = {str(status): number for status, number in ledger.answers.items()}
    print(f"{ledger.requests} requests in {options.seconds} s:", answers)
    print("faults:", dict(machines.faults))
    print(f"{len(ledger.ended)} log-outs were acknowledged, {len(ledger.spent)} codes spent")
    for violation in sorted(set(ledger.violations)):
        print("VIOLATED:", violation, ledger.violations.count(violation))
    print("all invariants held" if not ledger.violations else f"see {machines.folder}")


if __name__ == "__main__":
    sys.exit(main())
