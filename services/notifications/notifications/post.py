"""The post: takes due letters one by one and hands them to the mail server."""

from __future__ import annotations

from chassis.access import SYSTEM
from chassis.store import Store

from chassis import log
from notifications import deliveries, mail
from notifications.deliveries import Claimed

BATCH = 50


def send_due(*, store: Store, server: mail.Server) -> int:
    """Send what is due, at most a batch; returns how many letters the server took.

    Replicas may do this at the same time: each letter is claimed by one of them. When the server itself is
    in trouble the rest stays where it is, so that an outage costs each letter few of its tries.
    """
    taken = 0
    with mail.Connection(server) as connection:
        for _ in range(BATCH):
            with store.transaction(actor=SYSTEM) as tx:
                claimed = deliveries.claim(tx)
            if claimed is None:
                break
            try:
                _post(claimed, connection, server)
            except mail.NotTaken as problem:
                _settle_failed(store, claimed, problem)
                if problem.broken:
                    break
            else:
                taken += 1
                with store.transaction(actor=SYSTEM) as tx:
                    deliveries.settle_sent(tx, claimed=claimed)
    return taken


def _post(claimed: Claimed, connection: mail.Connection, server: mail.Server) -> None:
    if not claimed.address:
        raise mail.NotTaken("the person has no e-mail address any more", final=True)
    connection.send(mail.compose(claimed=claimed, server=server))


def _settle_failed(store: Store, claimed: Claimed, problem: mail.NotTaken) -> None:
    log.get(__name__).warning(
        "mail.not_taken", message_id=claimed.message_id, attempt=claimed.attempt, final=problem.final
    )
    with store.transaction(actor=SYSTEM) as tx:
        deliveries.settle_failed(tx, claimed=claimed, reason=str(problem), final=problem.final)
