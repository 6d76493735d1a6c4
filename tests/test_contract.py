"""Every check of `ganvas.testing`, over every game of the registry."""

import pytest

from ganvas.core import registry
from ganvas.testing import CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", registry.names())
def test_contract(name: str, check):
    check(registry.find(name))
