"""`python -m rulegen` and `rulegen`: the command line."""

from rulegen.interrupts import leave_at_once


def main() -> None:
    """The entry point of `rulegen`."""
    leave_at_once()
    from rulegen.cli import main as command_line  # takes so long that Ctrl-C may meet it

    command_line()


if __name__ == "__main__":
    main()
