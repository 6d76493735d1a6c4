from __future__ import annotations

import math

import pytest
import torch

from ganvas.core import Batch, Chance, Game, Image, Label, Trainer, UsageError
from ganvas.core.registry import build, card, config_of, find, make, needs, takes
from ganvas.data.source import Rows
from ganvas.nets.pyramid import doubled, halved

TINY = {"noise": 4, "units": 32, "width": 4, "batch": 8}
WIDER = {**TINY, "units": 128, "batch": 16}
SIZE = {"x": Image(1, 16, 32), "label": Label(3)}


def at(stage: int, **config: object) -> Game:
    torch.manual_seed(0)
    game = make("lapgan", **{"spaces": {"x": Image(3, 32, 32)}, **TINY, **config})
    game.clock.stage, game.chance = stage, Chance("test")
    return game


def test_the_paper_s_size() -> None:
    """Section 4: 1200 and 600 units at 8x8; above it 3 and 2 convolutions, as the official ones."""
    players = card("lapgan", "paper").players
    n = 3 * 8 * 8
    assert players["G2"]["parameters"] == 101 * 1200 + 1201 * 1200 + 1201 * n == 1_792_992
    assert players["D2"]["parameters"] == (n + 1) * 600 + 601 * 600 + 601 == 477_001
    G = (4 * 49 + 1) * 128 + (128 * 49 + 1) * 128 + (128 * 25 + 1) * 3
    assert players["G0"]["parameters"] == players["G1"]["parameters"] == G == 837_763
    convolutions = (3 * 25 + 1) * 128 + (128 * 25 + 1) * 128
    assert players["D0"]["parameters"] == convolutions + 128 * 12 * 12 + 1 == 437_889
    assert players["D1"]["parameters"] == convolutions + 128 * 4 * 4 + 1


def test_a_label_costs_a_plane_or_units() -> None:
    plain, told = (
        {name: sum(p.numel() for p in player.parameters()) for name, player in game.players.items()}
        for game in (at(0, ema=None), at(0, ema=None, spaces={"label": Label(3)}, conditional=True))
    )
    more = {name: told[name] - plain[name] for name in plain}
    assert more["G2"] == 3 * 32
    assert more["D2"] == 3 * 16
    assert more["G0"] == (3 + 1) * 32 * 32 + 25 * 4  # the layer of the plane, and its weights
    assert more["D1"] == (3 + 1) * 16 * 16 + 25 * 4


def test_a_picture_is_its_pyramid() -> None:
    x = torch.rand(2, 3, 16, 16) * 2 - 1
    flat = torch.full((1, 1, 8, 8), 0.3)
    torch.testing.assert_close(halved(flat), flat[..., :4, :4])
    torch.testing.assert_close(doubled(flat[..., :4, :4]), flat)
    weights = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8  # the triangle, four pixels wide
    inner = x[:, :, 5:9, 3:7]
    expected = torch.einsum("nchw,h,w->nc", inner, weights, weights)
    torch.testing.assert_close(halved(x)[:, :, 3, 2], expected)
    torch.testing.assert_close(halved(x, 2), halved(halved(x)))


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_what_each_player_wants(stage: int) -> None:
    """Equations 1 and 2; D sees l + h, which of real pictures is the picture."""
    game, picture = at(stage, r1=0.5), torch.rand(6, 3, 32, 32) * 2 - 1
    k = 2 - stage
    moves = list(game.play(iter([Batch(x=picture)])))

    game.chance = Chance("test")
    x, y = halved(picture, k).requires_grad_(), torch.zeros(6, 0)
    low = doubled(halved(x.detach()))
    G, D = getattr(game, f"G{k}"), getattr(game, f"D{k}")

    def draw() -> torch.Tensor:
        z = game.draw(f"z{k}", 6)
        if stage == 0:
            return G(z)
        return low + G(torch.cat([low, z.view(6, 1, *low.shape[2:])], 1), y)

    def logit(x: torch.Tensor) -> torch.Tensor:
        return D(x) if stage == 0 else D(x, y)

    fake, other = draw(), draw()
    p, q, r = (logit(v).sigmoid() for v in (x, fake, other))
    (gradient,) = torch.autograd.grad(logit(x).sum(), x)
    penalty = gradient.square().flatten(1).sum(1).mean() / 2
    loss = -(p.log().mean() + (1 - q).log().mean())
    torch.testing.assert_close(moves[0].loss, loss + 0.5 * penalty)
    torch.testing.assert_close(moves[1].loss, -r.log().mean())
    assert moves[0].players == (D,)
    assert moves[1].players == (G,)
    assert moves[0].figures["size"] == 8 * 2**stage


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_the_chain_adds_a_band_to_each_enlarged_level(stage: int) -> None:
    game = at(stage)
    made, z = game.sample(3)
    with torch.no_grad():
        x = game.G2.best(z["z2"])
        for k in (1, 0)[:stage]:
            low = doubled(x)
            plane = z[f"z{k}"].view(3, 1, *low.shape[2:])
            x = low + getattr(game, f"G{k}").best(torch.cat([low, plane], 1), torch.zeros(3, 0))
        for _ in range(2 - stage):
            x = doubled(x)
    torch.testing.assert_close(made, x.clamp(-1, 1))
    k = 2 - stage
    scores = game.score(k, halved(made, k), torch.zeros(3, 0))
    torch.testing.assert_close(game.judge(made), scores)


def test_levels_are_stages_and_the_others_wait() -> None:
    torch.manual_seed(0)
    game = make("lapgan", spaces=SIZE, first=2.0, **TINY)
    assert [(s.name, s.share) for s in game.stages()] == [("8x16", 2.0), ("16x32", 1.0)]
    assert list(game.inputs) == ["z0", "z1"]
    trainer = Trainer(
        game,
        [Rows(SIZE, {"x": torch.rand(8, 1, 16, 32), "label": torch.zeros(8, dtype=torch.int64)})],
        rounds=3,
    )
    for moving in ("1", "1", "0"):
        before = {k: v.clone() for k, v in game.state_dict().items()}
        trainer.round()
        moved = {k for k, v in game.state_dict().items() if not torch.equal(v, before[k])}
        assert {name.split(".")[0] for name in moved} == {"G" + moving, "D" + moving}


@pytest.mark.parametrize(("stage", "rounds"), [("8x8", 3), ("16x16", 9)])
def test_a_conditional_run_resumes_bit_for_bit(stage: str, rounds: int) -> None:
    spaces = {"x": Image(1, 16, 16), "label": Label(2)}
    draws = torch.Generator().manual_seed(0)
    columns = {
        "x": torch.rand(16, 1, 16, 16, generator=draws),
        "label": torch.randint(2, (16,), generator=draws),
    }

    def trainer(seed: int) -> Trainer:
        torch.manual_seed(seed)
        game = make("lapgan", spaces=spaces, conditional=True, first=1.0, **TINY)
        return Trainer(game, [Rows(spaces, columns)], rounds=12)

    straight, resumed = trainer(0), trainer(1)
    for _ in range(rounds):
        straight.round()
    assert straight.game.stage.name == stage
    resumed.load(straight.state(copied=True))
    for one in (straight, resumed):
        one.round()
    a, b = straight.game.state_dict(), resumed.game.state_dict()
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_it_draws_what_it_is_asked_for() -> None:
    """Class 0 is dark, class 1 bright; asked for one, the chain draws it at every level."""
    spaces = {"x": Image(1, 16, 16), "label": Label(2)}
    label = torch.arange(200) % 2
    noise = torch.rand(200, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    x = (label * 1.2 - 0.6).view(-1, 1, 1, 1) + 0.2 * (noise - 0.5)
    torch.manual_seed(0)
    game = make("lapgan", spaces=spaces, conditional=True, ema=0.9, lr=3e-3, **WIDER)
    Trainer(game, [Rows(spaces, {"x": x, "label": label})], rounds=400).run()
    for asked, shade in ((0, -0.6), (1, 0.6)):
        made = game.sample(100, label=torch.tensor([asked]))[0]
        assert abs(made.mean() - shade) < 0.25
        assert (made.flatten(1).mean(1).sign() == math.copysign(1, shade)).all()


def test_a_label_is_taken_if_there_is_one_and_needed_if_asked_for() -> None:
    cls = find("lapgan")
    assert takes(cls) == {"x": (Image,), "label": (Label,)}
    assert needs(cls) == {"x": (Image,)}
    assert card("lapgan").needs["label"] == "Label or none"
    config = config_of(cls)
    pictures = {"x": Image(1, 16, 16)}
    assert "label" not in build(cls, config(), {**pictures, "label": Label(3)}).inputs
    assert build(cls, config(), pictures).sample(2)[0].shape == (2, 1, 16, 16)
    with pytest.raises(UsageError, match=r"needs a label.*FOLDER/<class>/"):
        build(cls, config(conditional=True), pictures)
    with pytest.raises(UsageError, match="label to be Label"):
        build(cls, config(), {**pictures, "label": Image(1, 8, 8)})


@pytest.mark.parametrize(
    ("size", "words"),
    [((37, 32), "multiples of 4, such as 36x32 or 40x32"), ((15, 15), "at least 16x16")],
)
def test_sizes_that_have_no_pyramid(size: tuple[int, int], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make("lapgan", spaces={"x": Image(3, *size)}, **TINY)


def test_other_sizes() -> None:
    for size, levels in (((28, 28), 2), ((16, 40), 2), ((64, 64), 4)):
        game = make("lapgan", spaces={"x": Image(4, *size)}, **TINY)
        assert len(game.stages()) == levels
        game.clock.stage = levels - 1
        assert game.sample(2)[0].shape == (2, 4, *size)
