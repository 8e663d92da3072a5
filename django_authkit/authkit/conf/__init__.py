"""The settings of the project: the dict ``AUTHKIT``. Each one is declared here, once.

The declaration holds the default, what is valid, the hint and the documentation. ``manage.py
check``, ``manage.py authkit_settings`` and ``docs/reference/settings.md`` follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from os import PathLike
from typing import Any

from authkit.conf import values
from authkit.conf.setting import Declarations, Setting


class Settings(Declarations):
    """The ``AUTHKIT`` dict of a project, with its defaults; read when needed, never cached."""

    __slots__ = ()  # assigning to a setting raises, instead of hiding what the project says

    SITE_NAME: Setting[str | None] = Setting(
        None,
        is_right=values.is_site_name,
        expected="a name of 1 to 64 printable characters on one line, or None",
        hint='Write what users call your service: "The Library".',
        doc="""
        What users call your service. Mails have it in brackets before the subject and below the
        text, authenticator apps show it above the account, and `ContextWordsValidator` refuses
        passwords of its words. `OTP_TOTP_ISSUER` of django-otp takes precedence in authenticator
        apps. There a colon is left out, and a name that is longer than 48 characters in a URL is
        cut. With `None` mails and apps name no service, so set it in production.

        Risk: apps show the name that was set when the user scanned the code. Users see an old one
        until they set up the app again.
        """,
    )
    SESSION_ABSOLUTE_LIFETIME = Setting(
        timedelta(days=30),
        is_right=values.is_lifetime,
        expected="a timedelta from one second to 100 years",
        hint="Write timedelta(days=30).",
        doc="""
        The absolute lifetime of a session: how long it lasts at most, however often it is
        refreshed. Then the user has to log in again. The idle lifetime is
        `SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]`. The value is stored in a session when it starts,
        so a change applies to new sessions.

        Risk: with a long lifetime a stolen device stays logged in. NIST SP 800-63B-4 section
        2.1.3 allows thirty days at most.
        """,
    )
    REFRESH_GRACE_SECONDS = Setting(
        10,
        is_right=values.whole_number(0, 60),
        expected="a whole number of seconds from 0 to 60",
        hint="Write 10, or 0 for no grace.",
        doc="""
        The grace period of refresh token rotation: for how many seconds the refresh token that
        was spent last still gets the same pair, from the network that spent it. Clients with two
        tabs, and clients that lost a response, need it; see [](../how-to/two-tabs.md).

        Risk: within the grace period the replay of a stolen token from the owner's network is
        recorded, and ends nothing (RFC 9700 section 4.14.2). With `0`, a client that loses a
        response is logged out.
        """,
    )
    ACCESS_TOKEN_CLAIMS: Setting[str | Callable[[Any, Any], Mapping[str, Any]] | None] = Setting(
        None,
        is_right=values.is_claims_function,
        expected="a callable that takes a user and a session, the path of one, or None",
        hint='Write the path of a function: "library.tokens.claims_of".',
        doc="""
        The claims that you add to access tokens: a callable that gets the user and the
        `authkit.models.Session` and returns a dict, or its dotted path. It is asked when a session
        starts, with every refresh and by `reauthenticate/`. A claim that authkit writes, or that
        standards reserve, is refused with `ImproperlyConfigured`; see
        [](../how-to/customise.md#claims-in-the-access-token).

        Risk: a token is signed, not encrypted: its user, and each program that it passes, can read
        it. What it says stays true for other services until it expires.
        """,
    )
    TOKEN_PAIR_SERIALIZER = Setting(
        "authkit.sessions.serializers.TokenPairSerializer",
        is_right=values.SerializerPath("authkit.sessions.serializers.TokenPairSerializer"),
        expected="the path of a subclass of authkit.sessions.serializers.TokenPairSerializer",
        hint='Write the path of your class: "library.serializers.TokenPair".',
        doc="""
        The dotted path of the serializer of the answer with both tokens, a subclass of the
        default: of `token/`, `token/second-factor/` and `token/refresh/`, and of
        [log-ins of your own](../how-to/own-login.md). See
        [](../how-to/customise.md#data-in-the-answer-of-a-log-in).
        """,
    )
    LOGIN_FIELDS: Setting[Sequence[str] | None] = Setting(
        None,
        is_right="authkit.checks.values.are_login_fields",
        expected="a list of text fields of the user model, USERNAME_FIELD among them, or None",
        hint='Write ["username", "email"], or None for USERNAME_FIELD alone.',
        doc="""
        The fields of the user model by which people log in, as in `["username", "email"]`: what a
        client sends as user name may be a value of any of them. They are searched in their order.
        A value decides where exactly one active account has it, in any spelling; of the user name
        the spelling is exact. With `None` it is `USERNAME_FIELD` alone. All names of an account
        share one count of failures; see [](../how-to/unlock-an-account.md).

        Risk: in the order above, an account whose user name is the e-mail address of another
        person keeps that person from logging in by it. Refuse user names with an `@`, or name
        `"email"` first.
        """,
    )
    TRUSTED_PROXIES: Setting[int | Sequence[str]] = Setting(
        0,
        is_right="authkit.checks.values.is_proxies",
        expected="a number of proxies from 0 to 32, or a list of their networks",
        hint='Write 1 for one proxy in front of Django, or ["10.0.0.0/8"].',
        doc="""
        Which proxies are trusted to set `X-Forwarded-For`: the number of proxies in front of
        Django, one behind the other, or the IP addresses and networks of all of them
        (`["10.0.0.0/8", "2001:db8::1"]`). With `0` the client IP is `REMOTE_ADDR`. The list is
        the safer form: a request that bypasses the proxies cannot forge the header. See
        [](../how-to/behind-a-proxy.md).

        Risk: with a number that is too high, a client can choose its own IP address and so
        evade rate limits. With a number that is too low, all clients share the IP address of a
        proxy.
        """,
    )
    API_KEY_BRAND = Setting(
        "ak",
        is_right=values.is_brand,
        expected="1 to 16 of the characters a-z, 0-9 and -",
        hint='Write something like "acme".',
        doc="""
        The prefix of every API key of this project, so that secret scanners can find leaked
        keys.

        Risk: keys with another prefix are refused. Changing it invalidates all existing keys.
        """,
    )
    API_KEY_QUOTA = Setting(
        25,
        is_right=values.whole_number(0, 10_000),
        expected="a whole number from 0 to 10000",
        hint="Write 25, or 0 so that users cannot create keys.",
        doc="""
        How many live API keys a user can create. Keys that staff create for the user are not
        counted. With `0` users cannot create keys.
        """,
    )
    API_KEY_RATE: Setting[str | None] = Setting(
        None,
        is_right="authkit.checks.values.is_rate",
        expected="a rate such as '1000/hour' (by second, minute, hour or day), or None",
        hint='Write "1000/hour", or None for no limit.',
        doc="""
        The rate limit of API keys that users create: a number, a slash and `second`, `minute`,
        `hour` or `day`, as in `"1000/hour"`. With `None` there is no limit. The value is stored
        in the key when it is created, so a change applies to new keys. The admin can give any
        key a rate limit of its own.

        Risk: a key with a rate limit costs an UPDATE of its row per request. Under
        `ATOMIC_REQUESTS` on PostgreSQL and MariaDB it is counted on a second connection, so that
        a request counts also if it is rolled back: see
        [rate limits of keys](../how-to/limit-rates.md#the-rate-of-a-key).
        """,
    )
    API_KEY_CACHE_SECONDS = Setting(
        0,
        is_right=values.whole_number(0, 60),
        expected="a whole number of seconds from 0 to 60",
        hint="Write 5, or 0 to look up the key with every request.",
        doc="""
        For how many seconds the default cache keeps an API key that was found in the database.
        With Redis, or another cache that all processes share, revoking, rotating or changing a
        key through `authkit.models.APIKey`, the admin or the endpoints takes effect at once.
        While the cache is down, keys are looked up as if this were `0`.

        Risk: a change by other means, such as SQL or the deactivation of the owner, takes effect
        after that many seconds. The same is true of a revocation by another process where each
        process has its own cache, and of a revocation while the cache is down (the logger
        `authkit.api_keys` warns). The cache holds the row of the key and that of the owner, without
        the password hash, encrypted under a key derived from `SECRET_KEY`. It is not trusted: rows
        of another secret, database, model or version, and rows that were changed, are ignored. So
        all processes must name the database in the same way.
        """,
    )
    SCOPES: Setting[Mapping[str, str]] = Setting(
        {},
        is_right=values.is_scope_map,
        expected=(
            "a dict of sentences by scope (1 to 100 visible ASCII characters, no quotes, "
            "no backslash)"
        ),
        hint='Write a name and a sentence: {"books:read": "Read the catalogue"}.',
        doc="""
        The scopes that API keys can hold, by name, each with a sentence for users:
        `{"books:read": "Read the catalogue"}`. A name has 1 to 100 visible ASCII characters,
        without quotes and backslashes (RFC 6749 section 3.3). A view requires scopes with
        `authkit.permissions.HasScope`; see [](authenticators.md).

        Risk: a view that requires no scope is open to every key that its authenticators accept,
        whatever scopes the key has.
        """,
    )
    OWNER_SCOPES: Setting[str | Callable[[Any], Iterable[str]] | None] = Setting(
        None,
        is_right=values.is_function,
        expected="a callable, the path of one that imports, or None",
        hint='Write the path of a function: "library.scopes.scopes_of".',
        doc="""
        Which scopes the API keys of a user can hold: a callable that gets the user and returns
        names of scopes, or its dotted path. With `None` it is all scopes. It is called when a
        key is created, and again with every request to a view that requires scopes. A key
        therefore loses a scope when its owner loses it.
        """,
    )
    ENCRYPTION_KEYS: Setting[Mapping[str, str]] = Setting(
        {},
        is_right="authkit.checks.values.is_key_ring",
        expected="a dict of 32-byte keys in Base64 by id (A-Z, a-z, 0-9, _ and -)",
        hint='Write {"1": "..."} with the output of: '
        "python -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())'",
        is_secret=True,
        doc="""
        The keys that encrypt TOTP secrets with AES-256-GCM (NIST SP 800-38D): 32 random bytes
        each, in Base64, by an id of your choice (1 to 32 of `A-Z`, `a-z`, `0-9`, `_` and `-`).
        The first key encrypts, all keys decrypt. Keys derived from `SECRET_KEY` and
        `SECRET_KEY_FALLBACKS` come after them: they encrypt while the dict is empty, and still
        decrypt later what was encrypted then. See [](../how-to/rotate-encryption-keys.md).

        Risk: without the key, TOTP codes cannot be checked, and users with a second factor
        cannot log in (503). With the default, the same happens when `SECRET_KEY` changes and the
        old value is not in `SECRET_KEY_FALLBACKS`.
        """,
    )
    SIGNING_KEYS: Setting[Sequence[Mapping[str, Any]]] = Setting(
        [],
        is_right=values.is_list_of_dicts,
        expected="a list of dicts, one for each key",
        hint="Write the entry that manage.py authkit_make_signing_key prints.",
        is_secret=True,
        doc="""
        The keys that sign tokens and verify them: a dict for each, with `algorithm`,
        `private_key` (or `public_key` alone, for a key that only verifies), and `not_before` and
        `expires_at`, two aware datetimes that may be omitted. A key is a PEM text or a JWK, or
        the place of one: `{"file": "/path"}` or `{"env": "VARIABLE"}`. Of the keys that are valid
        now the one with the latest `not_before` signs, and all verify. See
        [](../how-to/asymmetric-keys.md).

        While the list is empty, `SIMPLE_JWT["SIGNING_KEY"]` signs, and without that a key that is
        derived from `SECRET_KEY`; those of `SECRET_KEY_FALLBACKS` verify.

        Risk: an attacker with a private key can log in as any user. Without `not_before` the first
        key of a ring logs all users out at once.
        """,
    )
    SECOND_FACTOR_REQUIRED: Setting[str | Callable[[Any], bool] | None] = Setting(
        None,
        is_right=values.is_factor_policy,
        expected='"staff", "all", a callable, the path of one that imports, or None',
        hint='Write "staff" or "all", or None so that users choose.',
        doc="""
        Which users must have a second factor: `"staff"` (users with `is_staff`), `"all"`, a
        callable that gets the user and returns a `bool`, or the dotted path of one. With `None`
        users choose. A user who must have a second factor and has none gets a session that can
        only set one up; see [](../how-to/require-a-second-factor.md).

        `"staff"` and `"all"` are asked with every request: a user who is promoted to staff can
        only set up a factor from then on, in every session that has not passed one.

        Risk: a callable is asked when a session starts, so that it may query; sessions that are
        live when its answer changes continue. API keys are not affected.
        """,
    )
    REGISTRATION = Setting(
        False,
        is_right=values.is_bool,
        expected="True or False",
        hint="Write True, or leave it out.",
        doc="""
        Whether new users can register. If not, `register/` and `email/verify/resend/` answer 404
        and are not in the OpenAPI document. Needs `EMAIL_VERIFICATION_URL`; see
        [](../how-to/registration.md).

        Risk: every person with a mailbox can create an account.
        """,
    )
    REGISTRATION_SERIALIZER = Setting(
        "authkit.accounts.serializers.RegistrationSerializer",
        is_right=values.SerializerPath("authkit.accounts.serializers.RegistrationSerializer"),
        expected="the path of a subclass of authkit.accounts.serializers.RegistrationSerializer",
        hint='Write the path of your class: "accounts.serializers.Registration".',
        doc="""
        The dotted path of the serializer of `register/`, a subclass of the default.

        Risk: users choose the values of all its fields (mass assignment). Declare no field that
        grants rights.
        """,
    )
    EMAIL_VERIFICATION_URL: Setting[str | None] = Setting(
        None,
        is_right=values.is_verification_url,
        expected="an http or https URL with {token} in it once, or None",
        hint='Write the URL of your page: "https://app.example.com/confirm#token={token}".',
        doc="""
        The page of yours that the links in verification mails open, with `{token}` where the
        token goes, and `{action}`, if it is there, where the word goes that says what the link does
        ([](../how-to/registration.md#what-a-link-does)). The page sends the token to
        `email/verify/`. With `None` e-mail addresses are not verified: `email/verify/` and
        `email/change/` answer 404 and are not in the OpenAPI document.

        Risk: the operator of that page can use the links. A token in the path or the query is
        written into server logs; a token behind `#` is not sent to the server (RFC 3986 section
        3.5).
        """,
    )
    EMAIL_VERIFICATION_REQUIRED = Setting(
        True,
        is_right=values.is_bool,
        expected="True or False",
        hint="Write False, or leave it out.",
        doc="""
        Whether registration creates the account only after the e-mail address is verified. With
        `False` the account exists at once and can log in; see
        [](../how-to/registration.md#let-people-in-before-they-have-confirmed).

        Risk: with `False`, an account may have the e-mail address of another person. Send nothing
        confidential to an account that [`HasVerifiedEmail`](authenticators.md) refuses. It also
        permits user enumeration: a client that registers and then logs in learns whether an
        e-mail address or a user name was free.
        """,
    )
    PROFILE_SERIALIZER = Setting(
        "authkit.accounts.serializers.ProfileSerializer",
        is_right=values.SerializerPath("authkit.accounts.serializers.ProfileSerializer"),
        expected="the path of a subclass of authkit.accounts.serializers.ProfileSerializer",
        hint='Write the path of your class: "accounts.serializers.Profile".',
        doc="""
        The dotted path of the serializer of `me/`, a subclass of the default; see
        [](../how-to/accounts.md).

        Risk: users can change all its writable fields (mass assignment). Declare no field that
        grants rights.
        """,
    )
    USER_LANGUAGE: Setting[str | Callable[[Any], str | None] | None] = Setting(
        None,
        is_right=values.is_function,
        expected="a callable, the path of one that imports, or None",
        hint='Write the path of a function: "accounts.language.language_of".',
        doc="""
        In which language a user reads mails: a callable that gets the user and returns a code of
        `LANGUAGES`, or None where it is not known; or its dotted path. With `None` it is not known
        of any user: mails that a client asks for are in the language of the request, all others
        in `LANGUAGE_CODE`; see [](../how-to/translate.md#mails).

        Risk: it is called for accounts that exist, by requests that must not tell whether one
        does. Return a value of the row of the user: a query would show in the time that the
        answer takes (user enumeration).
        """,
    )
    EVENT_RETENTION = Setting(
        timedelta(days=365),
        is_right=values.is_lifetime,
        expected="a timedelta from one second to 100 years",
        hint="Write timedelta(days=365).",
        doc="""
        The age at which `manage.py authkit_prune` deletes security events.

        Risk: a break-in is often found months later.
        """,
    )
    PASSWORD_RESET_URL: Setting[str | None] = Setting(
        None,
        is_right=values.is_reset_url,
        expected="an http or https URL with {uid} and {token} in it once each, or None",
        hint='Write the URL of your page: "https://app.example.com/reset#uid={uid}&token={token}".',
        doc="""
        The page of yours that asks for a new password, with `{uid}` and `{token}` once each:
        `"https://app.example.com/reset#uid={uid}&token={token}"`. With `None` no reset link is
        sent. See [](../how-to/reset-a-password.md).

        Risk: behind `?` the token is written into the logs of your server, and the browser sends
        it in the `Referer` header to other sites that the page loads from. Behind `#` it stays in
        the browser (RFC 3986 section 3.5, RFC 9110 section 10.1.3).
        """,
    )
    PASSWORD_RESET_LIFETIME = Setting(
        timedelta(minutes=30),
        is_right=values.is_reset_lifetime,
        expected="a timedelta from one second to 24 hours",
        hint="Write timedelta(minutes=30).",
        doc="""
        How long a password reset link is valid; 24 hours at most (NIST SP 800-63B-4 section
        4.2.1.2).

        Risk: during that time, every reader of the mail can set the password.
        """,
    )
    SCHEMA_AUDIT_EXEMPTIONS: Setting[Sequence[Mapping[str, Any]]] = Setting(
        [],
        is_right="authkit.checks.values.are_exemptions",
        expected="a list of dicts, each with a rule and a reason",
        hint='Write [{"rule": "AK502", "reason": "..."}].',
        doc="""
        The findings of `manage.py authkit_audit_schema` that are accepted. Each entry has a
        `rule` and a `reason`. `operation` (`"POST /path/"`), `view` and `subject` narrow it and
        may hold `*`; `until` (`"2030-12-31"`) ends it. See [](../schema/audit.md).

        Risk: an entry with nothing but a rule and a reason exempts the whole project from that
        rule.
        """,
    )
    SCHEMA_OPEN_OPERATIONS = Setting(
        "fix",
        is_right=values.one_of("fix", "report"),
        expected='"fix" or "report"',
        hint='Write "fix" or "report".',
        doc="""
        What [the hook](../schema/hook.md) does with an operation for which the OpenAPI document
        requires a credential and the view does not: `"fix"` corrects the document, `"report"`
        leaves it as it is, and the audit reports it ([AK301](../schema/rules/AK301.md)).

        Risk: with `"report"` the published document says that an open operation is protected.
        """,
    )
    SCHEMA_SCHEME_ALIASES: Setting[Mapping[str, str]] = Setting(
        {},
        is_right=values.is_dict_of_names,
        expected="a dict of names by name",
        hint='Write the name to replace and the name to keep: {"sessionAuth": "cookieAuth"}.',
        doc="""
        Names of security schemes that mean the same scheme, each with the name to keep:
        `{"sessionAuth": "cookieAuth"}`. Two names for byte-identical definitions are merged
        without it.

        Risk: it is not checked that the schemes are the same. If they belong to two issuers, a
        client may send a token that is refused.
        """,
    )
    SCHEMA_VERDICTS: Setting[str | PathLike[str] | None] = Setting(
        None,
        is_right=values.is_file_path,
        expected="the path of a file, or None",
        hint='Write BASE_DIR / "schema-verdicts.json".',
        doc="""
        The file into which `manage.py authkit_audit_schema --update-verdicts` writes what it
        decided with middleware and database rows. [The hook](../schema/hook.md) reads it and
        writes the same into the OpenAPI document. Commit the file.

        Risk: the hook does not notice a middleware that has changed since; the next audit does.
        """,
    )


conf = Settings()
