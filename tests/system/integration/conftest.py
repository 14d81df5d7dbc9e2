from tests.system.servers.fixtures import MISSING, mariadb, postgresql, rabbitmq, redis_server

__all__ = ["mariadb", "postgresql", "rabbitmq", "redis_server"]


def pytest_terminal_summary(terminalreporter):
    """Tell of them also where pytest only counts what is skipped."""
    skipped = terminalreporter.stats.get("skipped", ())
    waiting = sum(MISSING in str(report.longrepr) for report in skipped)
    if waiting:
        terminalreporter.write_line(f"{waiting} tests that need services did not run: {MISSING}")
