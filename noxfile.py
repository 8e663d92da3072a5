"""The supported versions and databases: each session is one environment and what is run in it.

`.ci/run` runs them all. `nox -s mysql` runs one, and `nox -s mysql -- tests/login` a part of it;
the services that it needs have to answer (CONTRIBUTING.md names the variables).
"""

import re
import secrets
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = True

#: The least coverage of the package by the tests, branches included. What tests run in processes of
#: their own, such as servers of WebSockets and comparisons of revisions, is not measured.
COVERAGE_FLOOR = 98
#: And of the tests themselves: one that no longer runs shows there. Some are for other databases.
COVERAGE_FLOOR_OF_TESTS = 98

CONSTRAINTS = ("-c", "requirements/constraints.txt")
NEWEST = ("-e", ".", "-r", "requirements/test.txt", *CONSTRAINTS)

MEASURED = ("--cov", "--cov-report=")

#: Where `make test` leaves what it has reached with MEASURED among its ARGS.
MEASURED_ON_SQLITE = ".coverage"

#: How many random sequences of owner, thief and administrator are played on a server, one step
#: after the other and overlapping, and how many of thousands of bodies and headers are sent.
DRAWN = {"AUTHKIT_TEST_FUZZ": "10", "AUTHKIT_TEST_PARAMETERS": "10"}

#: These have settings of their own, with another database and user model: `make test-all` runs
#: them.
ELSEWHERE = ("--ignore=tests/example", "--ignore=tests/docs")

#: What few parameters of a test tell of a server, more tell again: the seed of the order chooses
#: which. SQLite runs all of them, and a session that is asked for a part runs that part whole.
FEW_PARAMETERS = {"AUTHKIT_TEST_PARAMETERS": "2"}

#: What answers requests. MariaDB runs it with ATOMIC_REQUESTS, PostgreSQL without.
REQUESTS = (
    *("tests/accounts", "tests/api_keys", "tests/core/limits", "tests/errors", "tests/events"),
    *("tests/factors", "tests/health", "tests/login", "tests/passwords", "tests/rotation"),
    *("tests/sessions", "tests/tickets"),
)

#: What sends statements that a server may understand in another way, besides REQUESTS. Other rooms
#: read documents, code, settings and templates: the oldest versions and the newest run them.
STATEMENTS = tuple(
    f"tests/{room}"
    for room in ("clocks", "connections", "core", "database", "faults", "principals", "secrets")
)

#: One parameter of each test tells whether a request outlives ATOMIC_REQUESTS, which gives each
#: test transactions of its own: they take twice the time.
ATOMIC = {"AUTHKIT_TEST_ATOMIC": "1", "AUTHKIT_TEST_PARAMETERS": "1"}


@nox.session(python="3.11")
def oldest(session: nox.Session) -> None:
    """Django 5.2 and the oldest versions of the libraries, SQLite, users without e-mail."""
    # Without the packages of others, which do not take the oldest versions.
    tests = Path(session.create_tmp()) / "test.txt"
    tests.write_text(re.sub("(?m)^-.*\n", "", Path("requirements/test.txt").read_text()))
    install(session, "-e", ".", *floors(session, "requirements/oldest.txt"), "-r", str(tests))
    of_others = (
        "tests/checks/installed/test_factor_bypass.py",
        "tests/principals/test_adrf.py",
        "tests/principals/test_ninja.py",
        "tests/realtime/test_served_streams.py",
        "tests/schema/ninja",
        # drf-spectacular has webhooks since 0.28.
        "tests/schema/openapi/test_elsewhere.py",
        "tests/schema/probe/test_async_gates.py",
        "tests/schema/probe/test_async_views.py",
        "tests/schema/probe/test_installed.py",
        "tests/signing/test_jwks_with_joserfc.py",
        # The recipe for another service, which has a PyJWT of its own.
        "tests/signing/test_verify_elsewhere.py",
    )
    ignored = [f"--ignore={path}" for path in of_others]
    one_by_one = (
        # drf-standardized-errors reads a setting that drf-spectacular has had since 0.28.
        "tests/host/test_test_cases.py::test_the_document_is_true_with_standardized_errors",
        # drf-spectacular 0.27 has nothing to validate OpenAPI 3.2 with.
        "tests/schema/test_hook.py::test_running_it_twice_gives_the_same_bytes[3.2.0]",
        "tests/schema/test_hook.py::test_the_command_of_drf_spectacular_is_content[3.2.0]",
    )
    ignored += [f"--deselect={one}" for one in one_by_one]
    # REST framework 3.15 registers it once more for every format_suffix_patterns().
    warned = ("-W", "ignore:Converter 'drf_format_suffix' is already registered")
    # `make test-all` has run what takes long, and all of the parameters.
    chosen = ("-m", "not many and not slow", *ignored, *warned)
    suite(session, *ELSEWHERE, *chosen, AUTHKIT_TEST_USERS="noemail", **FEW_PARAMETERS)


@nox.session(python="3.11")
def audit_alone(session: nox.Session) -> None:
    """The audit in a project with old versions, where the rest of authkit could not run."""
    install(session, *floors(session, "requirements/oldest-audit.txt"), "pytest")
    session.install("-qq", "--no-deps", ".")
    # Without the settings and fixtures of the suite, which need everything else.
    pytest = ("pytest", "-c", "/dev/null", "--rootdir=.", "--noconftest", "-p", "no:cacheprovider")
    installed = "InThisProcess or with_manage_py"
    session.run("python", "-m", *pytest, "tests/schema/test_module.py", "-k", f"not ({installed})")


@nox.session(python="3.12")
def mysql(session: nox.Session) -> None:
    """Django 6.0, MySQL on port 3307, Django's users."""
    install(session, *NEWEST, "-r", "requirements/databases.txt")
    install(session, "Django==6.0.10")
    database = {"AUTHKIT_TEST_DATABASE": "mariadb", "MYSQL_PORT": "3307", **FEW_PARAMETERS}
    on_database(session, STATEMENTS, **database)
    if not session.posargs:
        # MariaDB, which has the same backend of Django, answers all requests; locks differ.
        locks = ("tests/login", "tests/sessions", "tests/tickets")
        suite(session, *locks, "-m", "concurrency and not many", **database)


@nox.session(python="3.13")
def mariadb(session: nox.Session) -> None:
    """Django 6.1, MariaDB, users with UUIDs."""
    install(session, *NEWEST, "-r", "requirements/databases.txt")
    users = {"AUTHKIT_TEST_USERS": "uuid"}
    database = {"AUTHKIT_TEST_DATABASE": "mariadb", **users, **FEW_PARAMETERS}
    on_database(session, STATEMENTS, **database)
    if not session.posargs:
        suite(session, *REQUESTS, "-m", "not by_itself and not many", **database | ATOMIC)
        suite(session, "tests/fuzz/test_states.py", **database | DRAWN)
        # `make test-all` has typed the quick starts with Django 5.2.
        suite(session, "tests/docs/test_start.py")


@nox.session(python="3.14")
def postgresql(session: nox.Session) -> None:
    """Django 6.1, PostgreSQL, users by e-mail."""
    install(session, *NEWEST, "psycopg[binary,pool]", "redis")
    users = {"AUTHKIT_TEST_USERS": "email"}
    database = {"AUTHKIT_TEST_DATABASE": "postgresql", **users, **FEW_PARAMETERS}
    on_database(session, ELSEWHERE, *MEASURED, **database, **coverage_of(session))
    if not session.posargs:
        suite(session, *ELSEWHERE, "-m", "many and not by_itself", **database | DRAWN)


@nox.session(python="3.14")
def coverage(session: nox.Session) -> None:
    """What `make test ARGS="--cov --cov-report="` and `postgresql`, run before, have reached."""
    install(session, "coverage", *CONSTRAINTS)
    on_postgresql = Path(session.create_tmp()).parents[1] / "postgresql" / "tmp" / "coverage"
    # All parameters of all tests: with a few, which the seed chooses, chance would decide.
    measured = (MEASURED_ON_SQLITE, str(on_postgresql))
    data = coverage_of(session)
    session.run("python", "-m", "coverage", "combine", "-q", "--keep", *measured, env=data)
    report = ("python", "-m", "coverage", "report")
    package = ("--include=django_authkit/*", f"--fail-under={COVERAGE_FLOOR}")
    session.run(*report, *package, env=data)
    elsewhere = "--omit=tests/browser/*,tests/docs/*,tests/example/*,tests/fuzz/*"
    tests = ("--include=tests/*/test_*.py", f"--fail-under={COVERAGE_FLOOR_OF_TESTS}")
    session.run(*report, *tests, elsewhere, env=data)


@nox.session(python="3.12")
def wheel(session: nox.Session) -> None:
    """The wheel, built from the sdist: its contents, and the example project on it."""
    folder = Path(session.create_tmp()).resolve()
    build = (sys.executable, "-m", "build", "--outdir", str(folder), ".")
    session.run_install(*build, external=True, silent=True)
    (built,) = map(str, folder.glob("*.whl"))
    install(session, built, "-r", "requirements/example.txt", *CONSTRAINTS, "psycopg[binary]")

    session.run("python", ".ci/check_wheel.py", built)
    # The example runs without SimpleJWT, whose settings it has.
    absent = "from importlib.util import find_spec as f; assert not f('rest_framework_simplejwt')"
    session.run("python", "-c", absent)
    sqlite = {"EXAMPLE_SQLITE_PATH": str(folder / "example.sqlite3")}
    manage = ("python", "manage.py")
    schema = ("spectacular", "--validate", "--fail-on-warn", "--file", str(folder / "schema.yml"))
    if output := session.run(*manage, *schema, env=sqlite, silent=True):
        session.error(f"It should print nothing, and prints:\n{output}")
    session.run(*manage, "authkit_audit_schema", env=sqlite)
    production = {
        "EXAMPLE_ENVIRONMENT": "production",
        "EXAMPLE_ALLOWED_HOSTS": "api.example.com",
        "EXAMPLE_SECRET_KEY": secrets.token_urlsafe(64),
    }
    session.run(*manage, "check", "--deploy", "--fail-level", "WARNING", env=sqlite | production)
    session.run(*manage, "selftest", env=sqlite)
    session.run(*manage, "selftest", env={"EXAMPLE_DATABASE": "postgresql"})


def coverage_of(session: nox.Session) -> dict[str, str]:
    return {"COVERAGE_FILE": f"{session.create_tmp()}/coverage"}


def install(session: nox.Session, *arguments: str) -> None:
    session.install("-qq", *arguments)
    session.run_install("python", "-m", "pip", "check", silent=True)


def floors(session: nox.Session, requirements: str) -> tuple[str, ...]:
    """Return how these requirements are installed, with everything else as CI has it."""
    constraints = Path(session.create_tmp()) / "constraints.txt"
    constraints.write_text(constraints_beside(Path(requirements).read_text()))
    return "-r", requirements, "-c", str(constraints)


def constraints_beside(requirements: str) -> str:
    """Return what constraints.txt says of everything that these requirements do not name."""

    def name(line: str) -> str:
        return re.split("[=;]", line)[0].lower().replace("_", "-")

    named = {name(line) for line in requirements.splitlines()}
    lines = Path("requirements/constraints.txt").read_text().splitlines()
    return "\n".join(line for line in lines if name(line) not in named)


def on_database(
    session: nox.Session, rooms: tuple[str, ...], *arguments: str, **environment: str
) -> None:
    """Run what may differ beside this database; `make test-all` has run the rest.

    ``rooms`` are left to themselves where a part is asked for.
    """
    chosen = () if session.posargs else rooms
    suite(session, *chosen, "-m", "not by_itself and not many", *arguments, **environment)


def suite(session: nox.Session, *arguments: str, **environment: str) -> None:
    if session.posargs:  # what is asked for is run whole
        environment.pop("AUTHKIT_TEST_PARAMETERS", None)
    # Some tests take a minute: a process that has none left takes over from the others.
    pytest = ("pytest", "-q", "-n", "auto", "--dist", "worksteal", "-p", "no:cacheprovider")
    session.run("python", "-m", *pytest, *arguments, *session.posargs, env=environment)
