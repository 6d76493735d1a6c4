import time

import pytest
import torch

from ganvas.core import Chance, GameError, Image, Label, Noise, Stream
from ganvas.testing import StandIn


def test_draws_depend_on_the_place_alone():
    def draws(*place: int) -> list[torch.Tensor]:
        chance = Chance(*place)
        return [chance.normal(3, 2), chance.uniform(3), chance.integers(9, 3)]

    for a, b in zip(draws(1, 2), draws(1, 2), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(draws(1, 2)[0], draws(1, 3)[0])
    assert not torch.equal(draws(1, 2)[0], draws(12)[0])


def test_parts_share_the_rows_of_one_draw():
    whole = Chance("x").draw(Noise(3), 8)
    parts = [Chance("x", part=p, parts=4).draw(Noise(3), 2) for p in range(4)]
    assert torch.equal(whole, torch.cat(parts))


def numbered(rows: int, field: str = "label") -> StandIn:
    table = StandIn({field: Label(rows)}, rows)
    table.rows[field] = torch.arange(rows)
    return table


def test_every_row_comes_once_in_an_epoch_and_epochs_differ():
    feed = Stream([numbered(10)], seed=0).feeds(4)[0]
    order = torch.cat([next(feed).label for _ in range(5)]).tolist()
    assert sorted(order[:10]) == sorted(order[10:]) == list(range(10))
    assert order[:10] != order[10:]


def test_the_stream_restarts_at_its_exact_place():
    straight = Stream([numbered(10)], seed=0)
    feed = straight.feeds(3)[0]
    batches = [next(feed).label.tolist() for _ in range(9)]
    again = Stream([numbered(10)], seed=0)
    again.position = 12
    feed = again.feeds(3)[0]
    assert [next(feed).label.tolist() for _ in range(5)] == batches[4:]


def test_parts_divide_a_batch_in_order():
    whole = next(Stream([numbered(10)], seed=0).feeds(8)[0]).label
    parts = [next(f).label for f in Stream([numbered(10)], 0, part=range(4), parts=4).feeds(8)]
    assert torch.equal(whole, torch.cat(parts))
    with pytest.raises(GameError, match="does not divide"):
        Stream([numbered(10)], 0, part=range(4), parts=4).feeds(6)


def test_tables_are_unpaired():
    batch = next(Stream([numbered(50, "x"), numbered(50, "y")], seed=0).feeds(40)[0])
    assert len(batch) == 40
    assert not torch.equal(batch.x, batch.y)


def test_slow_tables_are_fetched_ahead_in_the_same_order():
    class Slow(StandIn):
        slow = True

        def fetch(self, rows: torch.Tensor) -> dict[str, torch.Tensor]:
            time.sleep(0.005)
            return super().fetch(rows)

    spaces = {"x": Image(1, 2, 2)}
    slow, fast = Stream([Slow(spaces)], 1).feeds(8)[0], Stream([StandIn(spaces)], 1).feeds(8)[0]
    for _ in range(12):
        assert torch.equal(next(slow).x, next(fast).x)
