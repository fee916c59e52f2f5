"""A service of its own process: `python -m sample.run_service SampleService`."""

import sys

from chassis.nameko_shell import run_service

if __name__ == "__main__":
    run_service(f"sample.service:{sys.argv[1]}")
