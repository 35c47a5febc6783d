"""``python -m dtscheduler``: the command line, wherever the command itself is not on the path."""

from dtscheduler.cli import main

if __name__ == "__main__":
    main()
