import pytest

from warehouse.store.client import connect


@pytest.fixture
def client(warehouse):
    with connect(warehouse) as opened:
        yield opened
