"""Which unit draws what: against direct computations, and in a net where it is known."""

import pytest
import torch
from torch import nn

from ganvas.core import Adam, Config, Game, Image, Label, Noise, Player, UsageError
from ganvas.tools.ablation import ablated, effects, means, strip
from ganvas.tools.agreement import Counts, enlarged
from ganvas.tools.concepts import background, brightness, concepts_of, edges, opaque
from ganvas.tools.dissection import BATCH, dissect, exhibits
from ganvas.tools.layers import layers_of


class Painter(nn.Module):
    """z (n, 4) -> a picture of which unit 0 paints the left red, and unit 1 a bright square."""

    def __init__(self) -> None:
        super().__init__()
        self.maps, self.out = nn.Identity(), nn.Conv2d(4, 3, 1, bias=False)
        weight = torch.zeros(3, 4, 1, 1)
        weight[0, 0], weight[:, 1] = 2.0, 2.0
        self.out.weight = nn.Parameter(weight)

    def forward(self, z, label=None):
        maps = torch.zeros(len(z), 4, 8, 8)
        there = (z > 0).float()
        maps[:, 0, :, :4] = there[:, 0, None, None]
        maps[:, 1, 5:, 5:] = there[:, 1, None, None]
        maps[:, 2] = z[:, 2, None, None]
        if label is not None:
            maps[:, 3] = (label == 1).float()[:, None, None]
        return (self.out(self.maps(maps)) - 1).clamp(-1, 1)


class Known(Game):
    def __init__(self, labels: bool = False) -> None:
        super().__init__(Config())
        self.inputs, self.output = {"z": Noise(4)}, Image(3, 8, 8)
        if labels:
            self.inputs["label"] = Label(2, ("no", "yes"))
        self.G = Player(Painter(), Adam())

    def play(self, data):
        raise NotImplementedError

    def generate(self, z, label=None):
        return self.G.best(z, label)


@pytest.fixture
def game():
    return Known().eval()


def test_concepts_of_a_picture():
    x = -torch.ones(1, 3, 8, 8)
    x[0, 0, :4] = 1.0  # the upper half red
    x[0, :, 6:, 6:] = 1.0  # a white corner
    found = {name: mask[0] for name, mask in concepts_of(x).items()}
    assert found["red"][:4].all()
    assert not found["red"][4:].any()
    assert found["bright"].sum() == 4 == found["bright"][6:, 6:].sum()
    assert found["dark"].sum() == 32 - 4
    assert found["top"][:4].all()
    assert not found["top"][4:].any()
    assert found["left"][:, :4].all()
    assert not found["left"][:, 4:].any()
    assert found["centre"].sum() == 16
    assert torch.equal(found["figure"], ~found["background"])
    assert not found["yellow"].any()
    x[0, 1, :4] = 1.0
    assert concepts_of(x)["yellow"][0, :4].all()
    assert not concepts_of(x)["red"].any()
    assert "red" not in concepts_of(x[:, :1])


def test_background_is_what_hangs_together_with_the_border():
    """White with a dark ring: the white within the ring is no background."""
    x = torch.ones(1, 1, 9, 9)
    x[0, 0, 2:7, 2:7] = 0.0
    x[0, 0, 3:6, 3:6] = 1.0
    found = background(x)[0]
    assert found.sum() == 81 - 25
    assert not found[2:7, 2:7].any()


def test_edges_are_where_brightness_is_steep():
    x = torch.zeros(1, 1, 6, 8)
    x[..., 4:] = 1.0
    assert edges(x)[0].nonzero()[:, 1].unique().tolist() == [3, 4]
    assert not edges(x * 0.2).any()


def test_transparency_is_laid_over_white():
    x = torch.tensor([-1.0, -1.0, -1.0, 0.0]).view(1, 4, 1, 1)
    assert torch.allclose(opaque(x), torch.full((1, 3, 1, 1), 0.5))
    assert torch.allclose(brightness(opaque(x)), torch.tensor(0.5))


def test_counts_against_a_direct_computation():
    torch.manual_seed(0)
    maps, masks = torch.randn(3, 5, 4, 4), torch.rand(2, 3, 8, 8) > 0.6
    levels = torch.tensor([[-0.3] * 5, [0.4] * 5])
    counts = Counts.none(levels, 2)
    for i in range(3):  # in parts
        counts.add(maps[i : i + 1], masks[:, i : i + 1], levels)
    large = enlarged(maps, (8, 8))
    for k, unit, concept in ((0, 0, 0), (1, 3, 1), (1, 4, 0)):
        strong, there = large[:, unit] > levels[k, unit], masks[concept]
        both, either = (strong & there).sum(), (strong | there).sum()
        assert counts.iou()[k, unit, concept] == pytest.approx(float(both / either))
        table = torch.stack(
            [(a & b).float().mean() for a in (strong, ~strong) for b in (there, ~there)]
        ).double()
        joint = -(table * table.log()).sum()
        parts = [strong.double().mean(), there.double().mean()]
        single = sum(-(p * p.log() + (1 - p) * (1 - p).log()) for p in parts)
        wanted = (single - joint) / joint if table[0] > parts[0] * parts[1] else 0.0
        assert counts.quality()[k, unit, concept] == pytest.approx(float(wanted), abs=1e-7)


def test_units_that_are_known_to_draw_something_are_found(game):
    (layer,) = layers_of(game)
    found = dissect(game, layer, n=4 * BATCH)
    assert found.best("red") == [0]
    assert found.best("bright") == [1]
    assert found.iou[0, found.number("red")] > 0.99
    assert found.iou[1, found.number("bright")] > 0.99
    assert found.iou[3].max() == 0  # always silent
    assert found.shares[found.number("left")] == 0.5
    assert found.rows()[0][2] >= found.rows()[-1][2]
    with pytest.raises(UsageError, match=r"unknown concept 'reed'; did you mean 'red'\?"):
        found.best("reed")
    with pytest.raises(UsageError, match="3 pictures are too few"):
        dissect(game, layer, n=3)


def test_classes_are_concepts_as_asked_for_or_as_named():
    game = Known(labels=True).eval()
    (layer,) = layers_of(game)
    found = dissect(game, layer, n=4 * BATCH)
    assert found.best("label yes") == [3]
    named = dissect(
        game, layer, n=4 * BATCH, namer=lambda x: (x[:, 0, 0, 0] > 0).long(), words=("b", "r")
    )
    assert "label yes" not in named.concepts
    assert named.best("class r") == [0]


def test_without_the_unit_the_red_is_gone(game):
    (layer,) = layers_of(game)
    before, after = ablated(game, layer, [0], n=32)
    told = effects(before, after)
    assert told["red"][0] > 0.1
    assert told["red"][1] == 0
    assert told["bright"][0] == told["bright"][1] > 0
    right = ablated(game, layer, [1], n=32)[1]
    assert torch.equal(right[:, :, :, :4], before[:, :, :, :4])
    _, same = ablated(game, layer, [2, 3], n=32)
    assert torch.equal(same, before)
    with pytest.raises(UsageError, match="units 0 to 3, and not 9"):
        ablated(game, layer, [9])
    with pytest.raises(UsageError, match="without which units"):
        ablated(game, layer, [])


def test_a_unit_at_its_mean(game):
    (layer,) = layers_of(game)
    mean = means(game, layer)
    assert mean[0] == pytest.approx(0.25, abs=0.08)  # half of the pictures, half of each
    _, after = ablated(game, layer, [0], n=4, to="mean")
    assert torch.allclose(after[:, 0, 0, 0], 2 * mean[0] - 1)


def test_strips_and_exhibits(game):
    (layer,) = layers_of(game)
    tiles = strip(game, layer, [0], n=5)
    assert tiles.shape == (15, 3, 8, 8)
    before, after, off = tiles.split(5)
    assert torch.allclose(off, (after - before) / 2, atol=1e-6)
    found = dissect(game, layer, n=4 * BATCH)
    shown = exhibits(game, found, "red", n=6)
    assert shown.shape == (6, 3, 8, 8)
    assert (shown[:, 0, :, :4] == 1).all()
    assert (shown[:, 0, :4, 4:] == -1).all()
