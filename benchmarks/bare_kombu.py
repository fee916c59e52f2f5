"""kombu alone: publish persistent messages with confirms, and consume them in another process.

`python -m benchmarks.bare_kombu URI COUNT` is the consumer; it prints the time of its last acknowledgement.
"""

from __future__ import annotations

import subprocess
import sys
import time

from kombu import Connection, Consumer, Exchange, Queue
from kombu.message import Message

EXCHANGE = Exchange("bench.events", type="topic", durable=True)
QUEUE = Queue(
    "bench.inbox", EXCHANGE, routing_key="#", durable=True, queue_arguments={"x-queue-type": "quorum"}
)
PREFETCH = 500


def per_second(uri: str, *, messages: int, size: int) -> float:
    """Messages per second from the first publish to the last acknowledgement."""
    with Connection(uri) as connection:
        QUEUE(connection.channel()).declare()
    consumer = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bare_kombu", uri, str(messages)],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert consumer.stdout is not None
        consumer.stdout.readline()
        body = {"data": "x" * size}
        began = time.time()
        with Connection(uri, transport_options={"confirm_publish": True}) as connection:
            producer = connection.Producer(serializer="json")
            for _ in range(messages):
                producer.publish(body, exchange=EXCHANGE, routing_key="bench.thing.done", delivery_mode=2)
        ended = float(consumer.stdout.readline())
    finally:
        consumer.terminate()
        consumer.wait(10)
    with Connection(uri) as connection:
        QUEUE(connection.channel()).delete()
    return messages / (ended - began)


def consume(uri: str, messages: int) -> None:
    """Take so many messages, acknowledge each, and say when it was done."""
    taken = 0

    def take(_body: object, message: Message) -> None:
        nonlocal taken
        message.ack()
        taken += 1

    with (
        Connection(uri) as connection,
        Consumer(connection, queues=[QUEUE], callbacks=[take], prefetch_count=PREFETCH),
    ):
        print("ready", flush=True)
        while taken < messages:
            connection.drain_events(timeout=60)
        print(time.time(), flush=True)


if __name__ == "__main__":
    consume(sys.argv[1], int(sys.argv[2]))
