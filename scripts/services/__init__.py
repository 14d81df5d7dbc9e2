"""RabbitMQ, Redis, PostgreSQL and MariaDB, started for as long as a command runs."""
