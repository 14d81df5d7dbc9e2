"""Where Django looks for an engine's DatabaseWrapper."""

import os
from typing import Any

from django.db import connections
from django_mongodb_backend.base import DatabaseWrapper as BackendWrapper
from django_mongodb_backend.introspection import DatabaseIntrospection as BackendIntrospection
from pymongo.errors import ConfigurationError

from eaglet.mongo.engine.errors import Reporting, reporting


class DatabaseIntrospection(BackendIntrospection):  # type: ignore[misc]
    """Raise OperationalError, which makemigrations expects, where a server is away."""

    def table_names(self, cursor: Any = None, include_views: bool = False) -> list[str]:
        """Return the names of the collections. Raises MongoUnavailable."""
        with reporting(self.connection.alias):
            names: list[str] = super().table_names(cursor, include_views)
            return names


class DatabaseWrapper(BackendWrapper):  # type: ignore[misc]
    """Raise MongoUnavailable where the backend would raise the driver's errors."""

    introspection_class = DatabaseIntrospection

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return this process's client; MongoUnavailable if DNS does not know its servers."""
        with reporting(self.alias, ConfigurationError):
            return super().get_new_connection(conn_params)

    def get_collection(self, name: str, **kwargs: Any) -> Any:
        """Return a collection whose operations raise MongoUnavailable."""
        return Reporting(super().get_collection(name, **kwargs), self.alias)

    def get_database(self) -> Any:
        """Return a database whose operations raise MongoUnavailable."""
        return Reporting(super().get_database(), self.alias)

    def get_database_version(self) -> tuple[int, ...]:
        """Return the server's version. Raises MongoUnavailable."""
        self.ensure_connection()
        with reporting(self.alias):
            version: tuple[int, ...] = super().get_database_version()
            return version

    def commit_mongo(self) -> None:
        """Commit a transaction of the backend's own. Raises MongoUnavailable."""
        with reporting(self.alias):
            super().commit_mongo()

    def ping(self) -> None:
        """Ask the server for a sign of life. Raises MongoUnavailable."""
        self.ensure_connection()
        with reporting(self.alias):
            self.connection.admin.command("ping")


_left_to_parent: list[Any] = []


def _clear_clients() -> None:
    """Drop the clients in a child: their sockets are the parent's."""
    # Kept, as a client that is collected would end sessions over the shared sockets.
    _left_to_parent.extend(BackendWrapper._connection_pools.values())
    BackendWrapper._connection_pools.clear()
    for connection in connections.all(initialized_only=True):
        if isinstance(connection, DatabaseWrapper):
            _left_to_parent.append(connection.session)
            connection.session = None
            connection.in_atomic_block_mongo = False
            connection.nested_atomics = 0
            connection.connection = None
            connection.__dict__.pop("database", None)


os.register_at_fork(after_in_child=_clear_clients)
