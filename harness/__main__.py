"""`python -m harness` is `shaketable`."""

from harness.cli import main

if __name__ == "__main__":
    main(prog_name="shaketable")
