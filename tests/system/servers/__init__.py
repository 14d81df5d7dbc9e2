"""RabbitMQ, Redis, PostgreSQL and MariaDB, started for as long as a command runs.

`python -m tests.system.servers -- COMMAND` starts them; `fixtures` gives them to tests.
"""
