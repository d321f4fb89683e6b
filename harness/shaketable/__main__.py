"""`python -m shaketable` is `shaketable`."""

from shaketable.cli import main

if __name__ == "__main__":
    main(prog_name="shaketable")
