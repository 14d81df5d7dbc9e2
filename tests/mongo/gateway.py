"""Speak MongoDB's wire protocol in front of PostgreSQL's documentdb extension, for the tests.

documentdb is the engine of Azure's and FerretDB's MongoDB, and not MongoDB's own. Its functions
take a command as BSON and give the reply as BSON; this carries both, and says that it is a replica
set of one, whose transactions are PostgreSQL's. OP_MSG and, for a driver's first question, OP_QUERY
(https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/).
"""

import os
import socket
import socketserver
import struct
import threading
from contextlib import contextmanager, suppress
from itertools import count

import bson
import psycopg
import pytest
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format
from psycopg.types import TypeInfo

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
MORE_TO_COME = 2
"""The flag of a message that wants no reply."""
API = "documentdb_api"
INTERNAL = "documentdb_api_internal"
REPLIES = {
    "insert": f"SELECT p_result FROM {API}.insert(%s, %s)",
    "update": f"SELECT p_result FROM {API}.update(%s, %s)",
    "delete": f"SELECT p_result FROM {API}.delete(%s, %s)",
    "findAndModify": f"SELECT p_result FROM {API}.find_and_modify(%s, %s)",
    "count": f"SELECT document FROM {API}.count_query(%s, %s)",
    "distinct": f"SELECT document FROM {API}.distinct_query(%s, %s)",
    "create": f"SELECT {API}.create_collection_view(%s, %s)",
    "createIndexes": f"SELECT {INTERNAL}.create_indexes_non_concurrently(%s, %s, true)",
    "dropIndexes": f"CALL {API}.drop_indexes(%s, %s)",
}
CURSORS = {
    "find": "find",
    "aggregate": "aggregate",
    "listCollections": "list_collections",
    "listIndexes": "list_indexes",
}
FIRST_PAGE = "SELECT cursorpage, continuation FROM {}.{}_cursor_first_page(%s, %s, %s)"
NEXT_PAGE = f"SELECT cursorpage, continuation FROM {API}.cursor_get_more(%s, %s, %s)"
# What is meant for this, and not for the engine.
OF_A_SESSION = ("lsid", "txnNumber", "startTransaction", "autocommit", "$db", "$clusterTime")
DUPLICATE_KEY = "M001C"
CODES = {DUPLICATE_KEY: 11000, "M0008": 26, "M0009": 27}
"""MongoDB's numbers of a duplicate key, and of a namespace and an index that are not there."""
BAD_VALUE = 2


class Gateway(socketserver.ThreadingTCPServer):
    """A server on the loopback interface, each of whose databases is one of the extension's."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, postgresql_url, port=0):
        super().__init__(("127.0.0.1", port), Client)
        self.postgresql_url = postgresql_url
        # One for all, as a driver may read on from any of its connections.
        self.connection = self.connect(autocommit=True)
        self.lock = threading.Lock()
        self.continuations = {}
        self.transactions = {}
        self.clients = []
        self.numbers = count(1)

    @property
    def address(self):
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def url(self):
        return f"mongodb://{self.address}"

    def process_request(self, request, client_address):
        self.clients.append(request)
        super().process_request(request, client_address)

    def server_close(self):
        super().server_close()
        for client in self.clients:
            with suppress(OSError):  # one that has gone
                client.shutdown(socket.SHUT_RDWR)
        with self.lock:
            for connection in (self.connection, *self.transactions.values()):
                connection.close()

    def connect(self, autocommit):
        # Commands wait for each other; one that waits for a lock would never get it.
        url, options = self.postgresql_url, "-c lock_timeout=5s"
        connection = psycopg.connect(url, autocommit=autocommit, options=options)
        connection.execute("CREATE EXTENSION IF NOT EXISTS documentdb CASCADE")
        document = TypeInfo.fetch(connection, "documentdb_core.bson")
        document.register(connection)
        connection.adapters.register_loader(document.oid, DocumentLoader)
        dumper = type("Dumper", (DocumentDumper,), {"oid": document.oid})
        connection.adapters.register_dumper(dict, dumper)
        return connection

    def answer(self, command):
        """Reply to a command, a document whose first key is its name."""
        name = next(iter(command))
        database = command.get("$db", "admin")
        session = bytes(command["lsid"]["id"]) if "lsid" in command else None
        with self.lock:
            try:
                if command.get("startTransaction"):
                    self.transactions[session] = self.connect(autocommit=False)
                if name in ("commitTransaction", "abortTransaction"):
                    return self.end_transaction(name, session)
                in_transaction = command.get("autocommit") is False
                connection = self.transactions[session] if in_transaction else self.connection
                kept = {key: command[key] for key in command if key not in OF_A_SESSION}
                return {"ok": 1.0, **self.perform(connection, name, database, kept)}
            except psycopg.Error as error:
                return {"ok": 0.0, **refusal(error)}

    def end_transaction(self, name, session):
        connection = self.transactions.pop(session)
        with connection:  # closes it
            (connection.commit if name == "commitTransaction" else connection.rollback)()
        return {"ok": 1.0}

    def perform(self, connection, name, database, command):
        if name in REPLIES:
            (reply,) = ask(connection, REPLIES[name], database, command)
            for failed in reply.get("writeErrors", ()):
                failed.update(refusal_of_write(failed))
            return reply
        if name in CURSORS:
            number = next(self.numbers)
            question = FIRST_PAGE.format(API, CURSORS[name])
            return self.page(number, ask(connection, question, database, command, number))
        if name == "getMore":
            number = command["getMore"]
            continuation = self.continuations[number]
            return self.page(number, ask(connection, NEXT_PAGE, database, command, continuation))
        if name == "killCursors":
            for number in command["cursors"]:
                self.continuations.pop(number, None)
            return {"cursorsKilled": command["cursors"]}
        if name == "drop":
            ask(connection, f"SELECT {API}.drop_collection(%s, %s)", database, command["drop"])
        elif name == "dropDatabase":
            ask(connection, f"SELECT {API}.drop_database(%s)", database)
        elif name in ("hello", "ismaster", "isMaster"):
            return self.hello()
        elif name in ("buildInfo", "buildinfo"):
            return {"version": "7.0.0", "versionArray": [7, 0, 0, 0]}
        elif name not in ("ping", "endSessions"):
            return {"ok": 0.0, "code": 59, "errmsg": f"no such command: '{name}'"}
        return {}

    def page(self, number, answered):
        reply, continuation = answered
        self.continuations.pop(number, None)
        if continuation is not None and reply["cursor"]["id"]:
            self.continuations[number] = continuation
        return reply

    def hello(self):
        return {
            "isWritablePrimary": True,
            "ismaster": True,
            "setName": "documentdb",
            "setVersion": 1,
            "hosts": [self.address],
            "me": self.address,
            "minWireVersion": 0,
            "maxWireVersion": 21,
            "maxBsonObjectSize": 16 * 2**20,
            "maxMessageSizeBytes": 48_000_000,
            "maxWriteBatchSize": 100_000,
            "logicalSessionTimeoutMinutes": 30,
        }


class Client(socketserver.StreamRequestHandler):
    """One connection of a driver."""

    def handle(self):
        while header := self.rfile.read(16):
            length, number, _, code = struct.unpack("<iiii", header)
            message = self.rfile.read(length - 16)
            if code == OP_MSG:
                flags, command = read_message(message)
                reply = bson.encode(self.server.answer(command))
                if flags & MORE_TO_COME:
                    continue
                code, body = OP_MSG, struct.pack("<iB", 0, 0) + reply
            elif code == OP_QUERY:
                command = bson.decode(message[message.index(b"\0", 4) + 9 :])
                reply = bson.encode(self.server.answer(command))
                code, body = OP_REPLY, struct.pack("<iqii", 8, 0, 0, 1) + reply
            else:
                return
            self.wfile.write(struct.pack("<iiii", len(body) + 16, 0, number, code) + body)


def read_message(message):
    """Return the flags of an OP_MSG, and its command with the sequences of documents in place."""
    (flags,) = struct.unpack_from("<i", message)
    command, sequences, place = {}, {}, 4
    while place < len(message):
        kind, place = message[place], place + 1
        (size,) = struct.unpack_from("<i", message, place)
        part, place = message[place : place + size], place + size
        if kind == 0:
            command = bson.decode(part)
        else:
            key, _, documents = part[4:].partition(b"\0")
            sequences[key.decode()] = bson.decode_all(documents)
    return flags, {**command, **sequences}


def ask(connection, question, *values):
    """Return the one row that a function gives."""
    return connection.execute(question, values, binary=True).fetchone()


class DocumentLoader(Loader):
    """Read the extension's BSON as a document."""

    format = Format.BINARY

    def load(self, data):
        return bson.decode(bytes(data))


class DocumentDumper(Dumper):
    """Write a document as the extension's BSON."""

    format = Format.BINARY

    def dump(self, obj):
        return bson.encode(obj)


def refusal(error):
    """Tell of an error as MongoDB does."""
    return {"code": CODES.get(error.sqlstate, BAD_VALUE), "errmsg": wording(error.sqlstate, error)}


def refusal_of_write(failed):
    """Tell what became of one document; its code is PostgreSQL's, five letters of six bits."""
    sqlstate = "".join(chr(48 + (failed["code"] >> 6 * place & 63)) for place in range(5))
    return {
        "code": CODES.get(sqlstate, BAD_VALUE),
        "errmsg": wording(sqlstate, failed["errmsg"]),
    }


def wording(sqlstate, text):
    return f"E11000 duplicate key error: {text}" if sqlstate == DUPLICATE_KEY else str(text)


def require():
    """Return where PostgreSQL with documentdb is; a test without it is skipped."""
    url = os.environ.get("EAGLET_TEST_POSTGRESQL_URL")
    available = "SELECT 1 FROM pg_available_extensions WHERE name = 'documentdb'"
    if url is not None:
        with psycopg.connect(url) as connection:
            if connection.execute(available).fetchone():
                return url
    pytest.skip("needs EAGLET_TEST_MONGO_URL, or PostgreSQL with documentdb: make test-newest")


@contextmanager
def serving(postgresql_url, port=0):
    """Serve from a thread, on a free port unless one is named; gives the address."""
    with Gateway(postgresql_url, port) as gateway:
        thread = threading.Thread(target=gateway.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield gateway.url
        finally:
            gateway.shutdown()
            thread.join()
