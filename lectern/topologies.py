"""Everything that the broker lacks, service by service."""

from __future__ import annotations

from collections.abc import Sequence

from chassis import topology


def missing(amqp_uri: str, services: Sequence[type]) -> list[str]:
    """A sentence for each service whose queue or exchange is not declared."""
    sentences = []
    for service in services:
        try:
            topology.check(amqp_uri, [service])
        except topology.TopologyMissing as problem:
            sentences.append(str(problem))
    return sorted(set(sentences))
