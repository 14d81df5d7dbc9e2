import threading

from eaglet.client import EagletError, Resource

CALL = {"resource": "card.trade", "data": {"a": 1}}


def call(verb="post", service="card", **data):
    """Call a service, with failures raised."""
    resource = Resource.use(service, raise_errors=True)
    return getattr(resource, verb)({"resource": "card.trade", "data": {"a": 1, **data}})


def settle():
    """Wait for the fetches that go on behind the callers."""
    for thread in threading.enumerate():
        if thread.name == "eaglet-token":
            thread.join(20)


def in_threads(count, work):
    results = []
    barrier = threading.Barrier(count)

    def run():
        barrier.wait()
        try:
            results.append(work())
        except EagletError as error:
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
