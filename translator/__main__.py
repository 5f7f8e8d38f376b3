"""``translator`` and ``python -m translator``: runs the command line, if it is installed.

The base install is only the client. A command that needs more says which extra to install.
"""

import gc
import importlib.util
import sys

from translator import DISTRIBUTION
from translator.log import quiet_grpc

__all__ = ["main"]

# As for any mistake in the set-up; see translator.cli.
_NOT_INSTALLED = 5
# The extras besides `server`: of commands that lack it, and of what options of others need.
_OF_COMMANDS = {"evaluate": "eval", "captions": "captions", "gateway": "gateway"}
_OF_PACKAGES = {
    "av": "speech",
    "redis": "redis",
    "faster_whisper": "speech",
    "websockets": "captions",
}


def main() -> None:
    """Run the command line. A missing package is one sentence, not a traceback."""
    quiet_grpc()
    try:
        from translator.cli import main as commands

        commands(prog_name="translator")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if not package or importlib.util.find_spec(package) is not None:
            # It is there, and a part of it is not: a bug, here or there.
            raise
        command = sys.argv[1] if len(sys.argv) > 1 else ""
        extra = _OF_PACKAGES.get(package) or _OF_COMMANDS.get(command, "server")
        name = "translator" if extra == "server" else f"translator {command}"
        sys.stderr.write(
            f"Error: `{name}` needs the package {package}, which is not installed: "
            f"pip install '{DISTRIBUTION}[{extra}]'\n"
        )
        sys.exit(_NOT_INSTALLED)
    finally:
        # At its end Python looks for garbage, which takes a second or two for torch's modules. The
        # process is gone in a moment.
        gc.freeze()


if __name__ == "__main__":
    main()
