"""`python -m lectern.servers`: get everything that the tests need, where that is permitted.

What cannot be got is said here and fails the tests that need it, with the same sentence.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

from lectern.servers import programs

NEEDED = (programs.RABBITMQ_SERVER, programs.POSTGRES, programs.CHROMIUM)


def main() -> None:
    """Look for each program once before the tests begin, so that no test waits for an installation."""
    wanted: list[Callable[[], object]] = [
        programs.require_chinese_font,
        *(partial(programs.require, program) for program in NEEDED),
    ]
    for get in wanted:
        try:
            get()
        except programs.ServerProblem as problem:
            print(problem, file=sys.stderr)


if __name__ == "__main__":
    main()
