"""The group of commands, and how each of them ends: an exit code, and on an error one clear line, with notes if need be."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from enum import IntEnum
from typing import NoReturn

import click

from shaketable import __version__
from shaketable.cli.interrupt import Interrupt
from shaketable.errors import HarnessError, UsageError
from shaketable.report.printable import clipped, printable
from shaketable.world_choice import any_open, close_worlds

_FILES = {
    "init": "init",
    "certify": "certify",
    "boundaries": "boundaries",
    "replay": "replay",
    "shrink": "shrink",
    "verify": "verify",
    "list": "listing",
    "mutants": "mutants",
    "doctor": "doctor",
}
_MESSAGE_MAX, _NOTE_MAX = 2_000, 300


class Exit(IntEnum):
    """The exit codes of every command."""

    CERTIFIED = 0
    VIOLATED = 1
    USAGE = 2
    UNKNOWN = 3
    HARNESS = 4


class Commands(click.Group):
    """The group of commands: each file is imported only when its command is used, and every ending is an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_FILES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _FILES:
            return None
        command = importlib.import_module(f"shaketable.cli.{_FILES[cmd_name]}").command
        assert isinstance(command, click.Command)
        return command

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **_: object
    ) -> NoReturn:
        """Run a command and exit. Bad input is one line on stderr and exit 2."""
        _escape_what_cannot_be_encoded()
        _end_as_ctrl_c_does()
        try:
            code = super().main(args, prog_name or "shaketable", standalone_mode=False)
        except click.ClickException as error:
            code = _report_error(error.format_message(), Exit.USAGE)
        except UsageError as error:
            code = _report_error(str(error), Exit.USAGE, getattr(error, "__notes__", ()))
        except HarnessError as error:
            code = _report_error(f"harness fault: {error}", Exit.HARNESS)
        except (click.Abort, KeyboardInterrupt):
            Interrupt.skip_cleanup = True
            code = _report_error("interrupted; nothing was written", Exit.UNKNOWN)
        except SystemExit:  # no command of ours calls it
            code = _report_error("the subject's code called sys.exit()", Exit.USAGE)
        except BrokenPipeError:  # the reader (`head`) has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = Exit.CERTIFIED
        except Exception as error:  # a bug of ours must not look like a verdict
            traceback.print_exc()
            code = _report_error(f"harness fault: {type(error).__name__}: {error}", Exit.HARNESS)
        sys.exit(_close_worlds(code if isinstance(code, int) else Exit.CERTIFIED))


def _close_worlds(code: int) -> int:
    """Take real worlds down while threads can still be started, and return the exit code; a failure there changes it.

    That takes seconds, so an interrupted command skips it: when this process ends, the kernel ends what it started, and
    the worlds' reapers remove the rest.
    """
    if not any_open():
        return code
    if Interrupt.skip_cleanup:
        end_at_once(code)
    try:
        close_worlds()
    except KeyboardInterrupt:
        end_at_once(code)
    except Exception as error:  # the next start removes what is left, but this is no success
        return _report_error(f"harness fault: {type(error).__name__}: {error}", Exit.HARNESS)
    return code


def end_at_once(code: int) -> NoReturn:
    """End this process with `code`, without clean-up, once what was printed is out."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _report_error(message: str, code: Exit, notes: Sequence[str] = ()) -> Exit:
    """Print a message on one line, and `notes` that need lines of their own, such as the end of a log; return `code`."""
    click.echo(f"shaketable: {clipped(one_line(message), _MESSAGE_MAX)}", err=True)
    for line in notes:
        click.echo(clipped(printable(line), _NOTE_MAX), err=True)
    return code


def one_line(message: str) -> str:
    """Join the lines of a message into one that is safe on a terminal."""
    return printable(" ".join(message.split()))


def _end_as_ctrl_c_does() -> None:
    """Let SIGTERM interrupt a command as Ctrl-C does, until the command has something to keep and handles both itself."""
    main = threading.current_thread() is threading.main_thread()
    if main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def _escape_what_cannot_be_encoded() -> None:
    """Make the streams escape characters that their encoding lacks, instead of raising."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)  # a replaced stream may have none
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="shaketable")
def main() -> None:
    """Put services on a shake table: find the failures that break their promises, and prove it.

    Exit codes: 0 certified, 1 violated, 2 usage, 3 unknown, 4 the harness itself failed.
    """
