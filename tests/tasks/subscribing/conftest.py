from tests.tasks.receiving.conftest import receiver

__all__ = ["receiver"]
