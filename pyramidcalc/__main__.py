"""`python -m pyramidcalc`."""

from pyramidcalc.cli.main import main

if __name__ == "__main__":
    main()
