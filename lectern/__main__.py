"""`python -m lectern` is the command `lectern`."""

from lectern.cli import main

if __name__ == "__main__":
    main()
