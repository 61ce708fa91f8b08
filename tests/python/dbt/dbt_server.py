"""Runs dbt's command line in forks of a process that has it imported already.

Importing dbt takes longer than most of the tests' runs. Every run is still a process of its own,
with its own environment, output and exit code. One request per line on stdin, its exit code on
stdout.
"""

import json
import os
import sys
import traceback


def run(request):
    """Be dbt: ends the process as its command line does."""
    output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["dbt", *request["arguments"]]
    try:
        cli()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


if __name__ == "__main__":
    import dbt.adapters.duckdb  # noqa: F401 what every run needs
    import pandas  # noqa: F401 what the Python models need
    import scipy.optimize  # noqa: F401
    from dbt.cli.main import cli

    for line in sys.stdin:
        child = os.fork()
        if not child:
            run(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
