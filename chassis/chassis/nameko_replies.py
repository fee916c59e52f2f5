"""nameko's RPC entrypoint with a lighter reply.

nameko answers over a connection from a pool, persistently, and waits until the broker confirmed: a third of
the processor time of a short call. None of it is needed here. Whoever asks gives up at a deadline and asks
again with the same command id, which the command log answers, so a lost reply costs a repeat and no effect.
The reply goes out on the channel that brought the request, transient and unconfirmed, right before its
acknowledgement; when that connection is gone, the request was not acknowledged and comes to another replica.
"""

from __future__ import annotations

import threading
from typing import Any

import amqp
from amqp import spec
from kombu.message import Message
from nameko.exceptions import serialize
from nameko.rpc import Rpc, RpcConsumer

from chassis import log
from chassis.rpc import wire

EXCHANGE = "nameko-rpc"


class LightRpcConsumer(RpcConsumer):
    """Takes requests as nameko does, answers on the same channel."""

    def __init__(self) -> None:
        super().__init__()
        # Two greenlets must not mix their frames when the socket is full.
        self._turn = threading.Lock()

    def handle_result(self, message: Message, result: Any, exc_info: Any) -> tuple[Any, Any]:
        """Answer and acknowledge; what cannot be answered comes again."""
        error = serialize(exc_info[1]) if exc_info else None
        body = wire({"result": None if exc_info else result, "error": error})
        channel = message.channel
        reply = channel.prepare_message(
            body,
            content_type="application/json",
            content_encoding="utf-8",
            properties={"correlation_id": message.properties.get("correlation_id"), "delivery_mode": 1},
        )
        try:
            with self._turn:
                # Not basic_publish: it reads from the socket, in the middle of what the consumer reads.
                arguments = (0, EXCHANGE, message.properties["reply_to"], False, False)
                channel.send_method(spec.Basic.Publish, "Bssbb", arguments, reply)
                self.queue_consumer.ack_message(message)
        except (OSError, *amqp.Connection.connection_errors) as lost:
            log.get(__name__).warning("rpc.reply_lost", error=str(lost)[:300])
        return result, exc_info


class LightRpc(Rpc):
    """`rpc`, as nameko's, with a lighter reply."""

    rpc_consumer = LightRpcConsumer()


rpc = LightRpc.decorator
