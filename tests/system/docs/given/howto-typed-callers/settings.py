EAGLET_SERVICES = {"card": {"HOST": "http://127.0.0.1:8000"}}
