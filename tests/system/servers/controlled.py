import socket

CONTROL = "EAGLET_TEST_SERVICES_CONTROL"


class ControlledService:
    """A service that a test may kill, start again with what it has stored, freeze and thaw."""

    def __init__(self, name, url, control):
        self.name = name
        self.url = url
        self._control = control
        self._killed = self._frozen = False

    def kill(self):
        self._ask("kill")
        self._killed, self._frozen = True, False

    def start(self):
        """Start it, if it does not run; it answers when this returns."""
        self._ask("start")
        self._killed = False

    def freeze(self):
        self._ask("freeze")
        self._frozen = True

    def thaw(self):
        self._ask("thaw")
        self._frozen = False

    def restore(self):
        """Undo what the test has done to it, or found done."""
        if self._frozen:
            self.thaw()
        if self._killed:
            self.start()

    def _ask(self, action):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self._control)
            connection.sendall(f"{action} {self.name}\n".encode())
            with connection.makefile(encoding="utf-8") as answers:
                answer = answers.read()
        if answer != "ok":
            raise AssertionError(f"{action} {self.name}: {answer or 'no answer'}")
