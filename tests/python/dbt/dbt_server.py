"""Runs dbt's command line in forks of a process that has it imported already.

Importing dbt takes longer than most of the tests' runs. Every run is still a process of its own,
with its own environment, output and exit code. One request per line on stdin, its exit code on
stdout.
"""

import json
import os
import sys


def become_dbt(request):
    """End this process as dbt's command line does."""
    output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["dbt", *request["arguments"]]
    sys.exit(cli())


if __name__ == "__main__":
    import dbt.adapters.duckdb  # noqa: F401 what every run needs
    import pandas  # noqa: F401 what the Python models need
    import scipy.optimize  # noqa: F401
    from dbt.cli.main import cli

    for line in sys.stdin:
        child = os.fork()
        if not child:
            become_dbt(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
