"""`python -m rulegen`: the command line."""

from rulegen.cli import main

if __name__ == "__main__":
    main()
