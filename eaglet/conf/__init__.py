"""Every setting of eaglet: name, type, limits, default and meaning, read when asked.

Nothing is read at import, so `override_settings` works without a reload. Nothing is checked when
read: `manage.py check` compares the values with what is declared here (`conf/checks.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from django.conf import settings as django_settings

if TYPE_CHECKING:
    from typing_extensions import TypeForm

T = TypeVar("T")


class Setting(Generic[T]):
    """One Django setting; reading it gives the project's value, or the default.

    Its type is what `isinstance` knows, a union of it, or one of `Literal[…]`, `Sequence[…]` and
    `Mapping[…]`. A number is `at_least` that, in seconds 0 unless told otherwise, or `above` it.
    """

    def __init__(
        self,
        value_type: TypeForm[T],
        default: T,
        doc: str,
        *,
        at_least: float | None = None,
        above: float | None = None,
    ) -> None:
        self.value_type: Any = value_type
        self.default = default
        self.__doc__ = doc
        self.at_least = at_least
        self.above = above

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        if name.endswith("_SECONDS") and self.above is None and self.at_least is None:
            self.at_least = 0

    @overload
    def __get__(self, instance: None, owner: type) -> Setting[T]: ...
    @overload
    def __get__(self, instance: Settings, owner: type) -> T: ...
    def __get__(self, instance: Settings | None, owner: type) -> Setting[T] | T:
        if instance is None:
            return self
        value: T = getattr(django_settings, self.name, self.default)
        return value


class Settings:
    """The settings, each under the name a project gives it in its settings module."""

    EAGLET_SERVICE_NAME = Setting(
        str,
        "",
        "What the service is called in documents, pages, logs and metrics, by those who call it, "
        "and in its subscriptions' queues; else as the package of its settings, or the project's "
        "folder.",
    )

    # Resources
    EAGLET_RESOURCE_MODULES = Setting(
        Sequence[str],
        (),
        "Modules, or packages to walk, with resources beside every app's `resources`.",
    )
    EAGLET_CONTEXT_PROVIDERS = Setting(
        Sequence[str],
        (),
        "Dotted paths of providers whose values stand in the args of every request.",
    )
    EAGLET_JSON_DEFAULT = Setting(
        str | None, None, "Dotted path of a function that turns a type of one's own into JSON."
    )
    EAGLET_ALWAYS_HTTP_200 = Setting(
        bool, False, "Answer every resource call with HTTP 200, as the original did."
    )
    EAGLET_REFUSE_UNKNOWN_PARAMETERS = Setting(
        bool, False, "Refuse parameters that a method's `param_required` does not name."
    )
    EAGLET_CHECK_ANSWERS = Setting(
        bool, False, "Take an answer that is not of its declared shape for a fault; for tests."
    )
    EAGLET_METRICS = Setting(
        bool, True, "Count calls for Prometheus, which reads them at `/metrics`."
    )
    EAGLET_METRICS_TOKEN = Setting(
        str | None,
        None,
        "A bearer token that opens `/metrics`, and nothing else; 32 characters or more.",
    )
    EAGLET_METRICS_NETWORKS = Setting(
        Sequence[str], (), 'Networks that may read `/metrics` without a token: ["10.0.0.0/8"].'
    )
    EAGLET_READY_TIMEOUT_SECONDS = Setting(
        float, 2, "How long each thing that `/readyz` looks at may take to answer.", above=0
    )
    EAGLET_FAST_PATH = Setting(
        bool,
        True,
        "Leave Django REST framework out where it has nothing to do; False for diagnosis.",
    )
    EAGLET_CONSOLE = Setting(
        bool | Literal["staff"] | None,
        None,
        "Who may see console, OpenAPI and metrics. None: everybody with DEBUG, "
        "else staff; True: everybody; False: nobody; 'staff': staff, with DEBUG too.",
    )

    # Access tokens, as the service sees them
    EAGLET_TOKEN_IN_PARAMETER = Setting(
        bool, True, "Take the access token from the `access_token` parameter too."
    )
    EAGLET_SECRET_IN_QUERY = Setting(bool, True, "Answer GET at `auth.access_token`.")
    EAGLET_TOKEN_LIFETIME_SECONDS = Setting(
        int, 7200, "How long an access token lives when its app does not say.", at_least=1
    )
    EAGLET_TOKEN_CACHE_SECONDS = Setting(
        float, 5, "How long a process may go on accepting a token it has just checked."
    )
    EAGLET_ISSUE_TOKENS = Setting(
        bool | None, None, "Whether to offer the token endpoints; None: where there are resources."
    )
    EAGLET_ISSUER = Setting(
        str | None,
        None,
        "The URL of the OAuth 2.0 authorization server: this service's own where it issues tokens, "
        "else of the one whose tokens it takes; None: no metadata.",
    )
    EAGLET_AUDIENCES = Setting(
        Mapping[str, str],
        {},
        'Services that this one issues tokens for: {"card": "https://card.example.com"}, each '
        "with what a client names as `resource` (RFC 8707).",
    )
    EAGLET_AUDIENCE_TOKENS = Setting(
        Literal["jwt", "opaque"],
        "jwt",
        "What is issued for them: JWTs (RFC 9068), or tokens that they ask about here.",
    )
    EAGLET_JWT_LIFETIME_SECONDS = Setting(
        int, 300, "How long a JWT lives, a revoked one too, at most.", at_least=1
    )
    EAGLET_AUDIENCE = Setting(
        str | None, None, "What this service is called as an audience, where another issues."
    )
    EAGLET_TOKEN_VERIFIERS = Setting(
        Sequence[str],
        ("database",),
        "Whose tokens are taken: 'database' (its own), 'jwt' and 'introspection' (the issuer's), "
        "or dotted paths; each is asked in turn.",
    )
    EAGLET_TOKEN_RATE_PER_ADDRESS = Setting(
        str | None, "6000/min", "How many token requests one address may make; None: any number."
    )
    EAGLET_TOKEN_FAILURE_RATE_PER_ADDRESS = Setting(
        str | None, "300/min", "How often one address may fail in all; None: any number."
    )
    EAGLET_TOKEN_FAILURE_RATE = Setting(
        str | None, "20/min", "How often one address may fail with one app key; None: any number."
    )
    EAGLET_TRUSTED_PROXIES = Setting(
        int,
        0,
        "How many proxies of one's own stand in front, each adding to X-Forwarded-For.",
        at_least=0,
    )

    # Calling other services
    ENABLE_API_AUTH = Setting(bool, False, "Send an access token with every call.")
    APP_KEY = Setting(str | None, "", "This service's app key at the services it calls.")
    APP_SECRET = Setting(str | None, "", "The secret that goes with APP_KEY.")
    EAGLET_TOKEN_URL = Setting(
        str | None,
        None,
        "The token endpoint that is asked for a token for each service; None: the issuer's where "
        "EAGLET_ISSUE_TOKENS is False, else each service is asked for its own.",
    )
    EAGLET_CLIENT_PRIVATE_KEY_FILE = Setting(
        str | PathLike[str] | None,
        None,
        "A PEM file of the key that signs who this service is, in place of APP_SECRET, where "
        "an issuer is asked (private_key_jwt).",
    )
    EAGLET_CLIENT_ASSERTION_FILE = Setting(
        str | PathLike[str] | None,
        None,
        "A file in which the platform keeps such an assertion, ready and renewed: a projected "
        "Kubernetes token, a SPIFFE JWT-SVID.",
    )
    EAGLET_SERVICES = Setting(
        Mapping[str, Mapping[str, Any]],
        {},
        'Services by name: {"card": {"HOST": …, "APP_KEY": …, "APP_SECRET": …, …}}.',
    )
    EAGLET_GATEWAY_HOST = Setting(
        str | None,
        None,
        "The gateway that services without a HOST of their own are called through.",
    )
    EAGLET_TRUSTED_HOSTS = Setting(
        Sequence[str],
        (),
        "Hosts besides those of the services and the gateway that may get credentials.",
    )
    EAGLET_LEGACY_SERVICES = Setting(
        Sequence[str] | str, (), "Services that speak the original's wire, or '*' for all of them."
    )
    EAGLET_CLIENT_RAISE_ERRORS = Setting(bool, False, "Raise instead of returning None.")
    EAGLET_CLIENT_CONNECT_TIMEOUT_SECONDS = Setting(
        float, 2, "How long a connection may take.", above=0
    )
    EAGLET_CLIENT_READ_TIMEOUT_SECONDS = Setting(
        float | None,
        None,
        "How long a service may be silent; None: as long as the call may take.",
        above=0,
    )
    EAGLET_CLIENT_TIMEOUT_SECONDS = Setting(
        float, 30, "How long a call may take in all, its repetitions included.", above=0
    )
    EAGLET_CLIENT_RETRIES = Setting(
        int, 2, "How often a call may be repeated where that is safe.", at_least=0
    )
    EAGLET_CLIENT_RETRY_RATIO = Setting(
        float, 0.1, "How many repetitions the calls of a service allow for, each.", at_least=0
    )
    EAGLET_CLIENT_BREAKER_FAILURES = Setting(
        int, 5, "After how many failures in a row a service is left alone; 0: never.", at_least=0
    )
    EAGLET_CLIENT_BREAKER_SECONDS = Setting(
        float, 0.5, "For how long it is left alone before one call tries it again.", above=0
    )
    EAGLET_CLIENT_MAX_RESPONSE_BYTES = Setting(
        int, 8 * 1024 * 1024, "The largest answer that is read, decoded.", above=0
    )
    EAGLET_LOG_PARAMS = Setting(bool, False, "Log parameters' values too, redacted.")

    # Sending and receiving tasks
    EAGLET_TASK_MODULES = Setting(
        Sequence[str],
        (),
        "Modules, or packages to walk, that take tasks beside every app's `tasks`.",
    )
    EAGLET_QUEUE_DIR = Setting(
        str | PathLike[str] | None,
        None,
        "The embedded broker's folder; None: one of the user's, shared by all projects.",
    )
    EAGLET_QUEUE_TYPE = Setting(
        Literal["quorum", "classic"] | None,
        None,
        "What new queues are on RabbitMQ; None: quorum queues on RabbitMQ 4, classic ones before. "
        "A queue that exists is used as it is.",
    )
    EAGLET_PUBLISH_TIMEOUT_SECONDS = Setting(
        float, 1, "How long the sends of one transaction may wait for the broker, in all.", above=0
    )
    EAGLET_TASK_MAX_BYTES = Setting(
        int, 1024 * 1024, "The largest arguments that are sent, as JSON in ASCII.", above=0
    )
    EAGLET_TASK_RETENTION_SECONDS = Setting(
        float | None, 7 * 24 * 3600, "How long a sent task stays listed; None: for ever.", above=0
    )
    EAGLET_TASK_MAX_ATTEMPTS = Setting(
        int, 10, "How often a task that the broker refuses is tried before it is parked.", above=0
    )
    EAGLET_HANDLER_MAX_ATTEMPTS = Setting(
        int, 5, "How often a task whose handler fails is tried before it is parked.", above=0
    )
    EAGLET_HANDLER_BACKOFF_SECONDS = Setting(
        float,
        1,
        "How long after a handler's first failure it is tried again; twice that after the second, "
        "and so on, 5 minutes at most.",
        above=0,
    )
    EAGLET_INBOX_RETENTION_SECONDS = Setting(
        float | None,
        30 * 24 * 3600,
        "How long it is known that a task declared with once=True was done; None: for ever.",
        above=0,
    )
    EAGLET_READY_NEEDS_BROKER = Setting(
        bool,
        True,
        "Whether `/readyz` asks the broker too; the outbox can do without it for a while.",
    )
    EAGLET_RELAY_POLL_SECONDS = Setting(
        float,
        0.025,
        "How often the relay looks for new tasks where the database can't tell it of them.",
        above=0,
    )

    # MongoDB
    EAGLET_MONGO_APPS = Setting(
        Mapping[str, Sequence[str]],
        {},
        "Labels of the apps whose models live in MongoDB, by the alias they live under.",
    )
    EAGLET_MONGO_TIMEOUT_SECONDS = Setting(
        float, 2, "How long a MongoDB server may be looked for before it counts as away.", above=0
    )
    EAGLET_MONGO_OPERATION_TIMEOUT_SECONDS = Setting(
        float,
        30,
        "How long a MongoDB server may be silent in an operation; a read is tried twice.",
        above=0,
    )


conf = Settings()
