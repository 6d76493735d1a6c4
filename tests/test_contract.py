"""Every check of `ganvas.testing`, over every game of the registry."""

import pytest

from ganvas.core import Trainer, UsageError, registry
from ganvas.testing import CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("name", registry.names())
def test_contract(name: str, check):
    check(registry.find(name))


@pytest.mark.parametrize("name", registry.names())
def test_a_number_below_its_limit_is_refused_before_anything_is_made(name: str):
    """No field takes -1 but the seed of an oracle; none leads to a crash."""
    config = registry.make(name).config
    for field, value in config.to_json().items():
        if isinstance(value, int | float) and not isinstance(value, bool) and field != "oracle":
            with pytest.raises(UsageError):
                Trainer(registry.make(name, **{field: -1}), [])
