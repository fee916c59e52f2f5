"""Private RabbitMQ and PostgreSQL servers, started from installed programs on free ports.

Tests, benchmarks and `lectern run-server` need the real broker and the real database but must never touch a
server that already runs on the machine. Each class here is a context manager that owns everything it
started: node name, ports, port mapper, data, logs. A separate reaper process ends the servers when the
process that started them was killed and could not.
"""

from lectern.servers.postgres import PrivatePostgres
from lectern.servers.programs import ServerProblem
from lectern.servers.rabbitmq import PrivateRabbitMQ

__all__ = ["PrivatePostgres", "PrivateRabbitMQ", "ServerProblem"]
