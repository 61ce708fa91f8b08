"""Runs dbt's command line in forks of a process that has imported dbt and read the project.

Either takes longer than most of the tests' runs. Every run is still a process of its own, with its
own environment, output and exit code, and as many run at a time as are asked for.

Called with the file number of a listening socket and the sets of variables to read the project
with, as JSON. One request as a line of JSON per connection; the answer is dbt's exit code.
"""

import contextlib
import gc
import json
import os
import signal
import socket
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def project_read(variables):
    """The project as dbt reads it with these variables; nothing is written or connected to."""
    with tempfile.TemporaryDirectory() as place:
        options = ["--profiles-dir", "profiles", "--target-path", place, "--log-path", place]
        arguments = ["--quiet", "parse", "--vars", json.dumps(variables), *options]
        read = dbtRunner().invoke(arguments)
    if not read.success:
        sys.exit(f"dbt cannot read the project: {read.exception}")
    return read.result


def become_dbt(request):
    """End this process as dbt's command line does."""
    output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["dbt", *request["arguments"]]
    sys.exit(cli(obj={"manifest": PROJECTS[request["project"]]}))


def answer(connection):
    """Run what a connection asks for in a process of its own."""
    request = json.loads(connection.makefile().readline())
    child = os.fork()
    if not child:
        become_dbt(request)
    _, status = os.waitpid(child, 0)
    connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def serve(listener):
    """Fork for every connection, until the tests are over."""
    tests = os.getppid()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    listener.settimeout(1)
    while os.getppid() == tests:
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        if not os.fork():
            connection.setblocking(True)
            answer(connection)
        connection.close()
        with contextlib.suppress(ChildProcessError):  # there is none
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


if __name__ == "__main__":
    import dbt.adapters.duckdb  # noqa: F401 what every run needs
    import pandas  # noqa: F401 what the Python models need
    import scipy.optimize  # noqa: F401
    from dbt.cli.main import cli, dbtRunner

    os.chdir(ROOT)
    PROJECTS = [project_read(variables) for variables in json.loads(sys.argv[2])]
    gc.freeze()  # what is shared is not looked through again in every fork
    serve(socket.socket(fileno=int(sys.argv[1])))
