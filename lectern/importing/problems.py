"""Why an import could not run at all."""

from __future__ import annotations

from lectern.words import Failure


class CannotRun(Failure):
    """Nothing, or not all, could be handed in; no row is to blame. Exit code 2."""

    exit_code = 2
