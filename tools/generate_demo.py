"""Command line of the demo generator: `python -m tools.generate_demo --help`."""

import argparse
import os
import sys
from pathlib import Path

import duckdb

from tools.demo import generate, writing

ROOT = Path(__file__).resolve().parent.parent


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        """Refuse in one line with exit code 2, as for every other reason."""
        raise SystemExit(_refuse(message))


def _refuse(message):
    print(f"generate_demo: {message}", file=sys.stderr)
    return 2


def _parser():
    parser = _Parser(prog="generate_demo", description="Write the demo CRM and its truth.")
    parser.add_argument("--customers", type=int, default=3000, help="how many (default 3000)")
    parser.add_argument("--seed", type=int, default=20250630, help="same seed, same files")
    parser.add_argument("--format", default="csv", help="csv (default) or parquet")
    parser.add_argument("--out", type=Path, help="one folder for all files (default: seeds/)")
    parser.add_argument("--clean", action="store_true", help="plant no defects")
    return parser


def _complaint(arguments):
    """Say what is wrong with the arguments in one line, or None."""
    if arguments.customers < 1:
        return f"--customers must be at least 1, not {arguments.customers}"
    if arguments.seed < 0:
        return f"--seed must not be negative, not {arguments.seed}"
    if arguments.format not in writing.FORMATS:
        return f"--format must be one of {', '.join(writing.FORMATS)}, not '{arguments.format}'"
    if arguments.format == "parquet" and arguments.out is None:
        return "--format parquet needs --out: the committed seeds are CSV"
    return None


def _unwritable(folder):
    """Create the folder if missing; say why nothing can be written there, or None."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return f"cannot create the folder {folder}: {error.strerror}"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"cannot write into the folder {folder}"
    return None


def main(argv=None):
    """Check the arguments and write the demo; returns the exit code."""
    arguments = _parser().parse_args(argv)
    complaint = _complaint(arguments)
    if complaint:
        return _refuse(complaint)
    crm_folder = arguments.out or ROOT / "seeds" / "crm"
    demo_folder = arguments.out or ROOT / "seeds" / "demo"
    for folder in (crm_folder, demo_folder):
        complaint = _unwritable(folder)
        if complaint:
            return _refuse(complaint)
    try:
        generate.generate(
            arguments.customers,
            arguments.seed,
            arguments.format,
            crm_folder,
            demo_folder,
            clean=arguments.clean,
        )
    except (OSError, duckdb.IOException) as error:
        return _refuse(f"cannot write the demo: {str(error).splitlines()[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
