"""`python -m schemetools`: the command line, where the script is not on the path."""

from schemetools.cli import main

if __name__ == "__main__":
    main()
