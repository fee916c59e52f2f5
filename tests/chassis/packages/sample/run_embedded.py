"""A process of its own: both services embedded, writing notes until there are so many, then draining.

`python -m sample.run_embedded HOME COUNT` repeats commands by number, so that a restart after a crash asks
for what it has asked before. Prints `done` when every event was heard.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from chassis.access import Actor
from chassis.embedded import Embedded
from chassis.ids import command_id
from chassis.rpc import RemoteError
from chassis.testing import settings

from sample import contracts as said
from sample.service import EarService, QuietService

SHEET = "7d3c1a52-6a8e-4b6e-9b1c-5a4b6a1f0c11"


def main(home: str, count: int) -> None:
    packages = {"sample": "sample", "ear": "sample"}
    staff = Actor(None, None, None, frozenset({"school_staff"}), "test")
    with Embedded(
        [QuietService, EarService], replace(settings(), home=Path(home)), packages=packages
    ) as all_:
        for number in range(count):
            try:
                all_.rpc.call(
                    said.WRITE,
                    actor=staff,
                    request={"text": f"note {number}", "sheet": SHEET},
                    command_id=command_id("note", str(number)),
                )
            except RemoteError as error:
                sys.exit(str(error))
        if not all_.drain(20):
            sys.exit("did not drain")
    print("done")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
