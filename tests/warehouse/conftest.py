import pytest

from tests.support import warehouse_server
from warehouse.store.client import connect


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory):
    """The real process, shared by all tests that leave it as it is."""
    with warehouse_server.running(tmp_path_factory.mktemp("warehouse")) as settings:
        yield settings


@pytest.fixture
def client(warehouse):
    with connect(warehouse) as opened:
        yield opened
