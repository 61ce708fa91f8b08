"""Shared runs of the project: expensive, so each is made once, two at a time.

They start with the first test, and the tests that read one come last: by then most are made.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import settings

from tests.python.dbt.harness import SERVER
from tests.python.dbt.scenarios import SCENARIOS

# the same cases in every run: what lands must not hang on luck.
# HYPOTHESIS_PROFILE=default looks for new ones
settings.register_profile("same", derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_configure(config):
    config.addinivalue_line("markers", "scenario(name): the run of the project that a test reads")


def _names(item):
    return [marker.args[0] for marker in item.iter_markers("scenario")]


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: bool(_names(item)))


@pytest.fixture(scope="session", autouse=True)
def runs(request, tmp_path_factory):
    """Name of a scenario → its run. All that the collected tests name are started at once."""
    wanted = [name for item in request.session.items for name in _names(item)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        started = {
            name: pool.submit(SCENARIOS[name], tmp_path_factory.mktemp(name))
            for name in dict.fromkeys(wanted)
        }
        yield lambda name: started[name].result()
        pool.shutdown(cancel_futures=True)
    SERVER.stop()


@pytest.fixture
def run(request, runs):
    """The run of the nearest scenario that the test is marked with."""
    return runs(_names(request.node)[0])


@pytest.fixture
def demo(runs):
    """The demo, built and published by `tools.build`; the test is marked with it."""
    made = runs("demo")
    assert made.code == 0, made.output
    return made
