"""A process with Django settings of its own, driven from a test through a pipe."""

import multiprocessing
from importlib import import_module

# Each is a fork of one process that has imported what needs no settings: most of what a start
# takes.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["django.test", "joserfc.jwt", "requests", "rest_framework.compat"])


class DrivenProcess:
    """Another process; `process.call()` calls the function of that name in its `module` there.

    `process.begin("call")` does not wait for it; `process.result()` does. The settings are the
    module's BASE, and those that are given.
    """

    module = ""

    def __init__(self, **settings):
        self._pipe, theirs = FORKS.Pipe()
        self._process = FORKS.Process(
            target=_serve, args=(self.module, settings, theirs), daemon=True
        )
        self._process.start()
        theirs.close()

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)

        def ask(*args):
            self.begin(name, *args)
            return self.result()

        return ask

    def begin(self, name, *args):
        self._pipe.send((name, args))

    def result(self, seconds=60):
        if not self._pipe.poll(seconds):
            raise TimeoutError("the process does not answer")
        result = self._pipe.recv()
        if isinstance(result, Exception):
            raise result
        return result

    def dies_in(self, name, *args):
        """Call what does not return; gives back the exit code."""
        self.begin(name, *args)
        self._process.join(120)
        return self._process.exitcode

    def end(self):
        self._process.kill()
        self._process.join()


def _serve(name, given, pipe):
    import django  # noqa: PLC0415 - it takes a while, which only this process is to wait for
    from django.conf import settings  # noqa: PLC0415

    module = import_module(name)
    if any(entry["ENGINE"].endswith("mysql") for entry in given["DATABASES"].values()):
        import_module("pymysql").install_as_MySQLdb()
    settings.configure(**{**module.BASE, **given})
    django.setup()
    while True:
        try:
            asked, args = pipe.recv()
        except EOFError:
            return
        try:
            result = getattr(module, asked)(*args)
        except Exception as error:  # noqa: BLE001
            result = RuntimeError(f"{type(error).__name__}: {error}")
        pipe.send(result)


def migrate(*args):
    """Make the tables of `eaglet.auth`."""
    from django.core.management import call_command  # noqa: PLC0415 - needs settings

    call_command("migrate", "eaglet_auth", *args, verbosity=0, interactive=False)
