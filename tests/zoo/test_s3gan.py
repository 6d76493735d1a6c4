"""S3GAN: few labels, the classes that D finds, and which way is up."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy

from ganvas.core import Batch, Chance, Image, Label, Trainer, UsageError
from ganvas.core.registry import make
from ganvas.data.few import divided
from ganvas.data.source import Rows, Source
from ganvas.losses.adversarial import hinge_d

SPACES = {"x": Image(1, 8, 8), "few": Image(1, 8, 8), "label": Label(3)}
SMALL = {"noise": 4, "width": 8, "widest": 8, "batch": 16}


def test_what_each_player_wants() -> None:
    """The hinge, with classes that D finds; naming a few; turns of real and of made pictures."""
    torch.manual_seed(0)
    game = make("s3gan", spaces=SPACES, named=2.0, turn_d=0.5, turn_g=0.3, **SMALL).eval()
    x, few = (Chance(name).uniform(8, 1, 8, 8) for name in ("x", "few"))
    label = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    game.chance = Chance("test")
    d, g = game.play(iter([Batch(x=x, few=few, label=label)]))

    found = game.classify(x).argmax(1)
    chance, D = Chance("test"), game.D.net
    fake, again = (game.G(chance.draw(game.inputs["z"], 8), found) for _ in range(2))
    r = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])
    turned, made = (
        cross_entropy(
            D.turns(D.net.features(torch.cat([y[:2].rot90(k, (2, 3)) for k in range(4)]))), r
        )
        for y in (x, again)
    )
    expected = hinge_d(game.D(x, found), game.D(fake, found))
    expected = expected + 2 * cross_entropy(game.classify(few), label) + 0.5 * turned
    torch.testing.assert_close(d.loss, expected)
    torch.testing.assert_close(g.loss, -game.D(again, found).mean() + 0.3 * made)
    assert set(d.figures) == {"D(x)", "D(G(z))", "right", "turned right"}


def test_two_labels_name_dark_and_bright_and_draw_them() -> None:
    torch.manual_seed(0)
    label = torch.arange(64) % 2
    noise = 0.1 * Chance("x").normal(64, 1, 8, 8)
    x = (noise + (label - 0.5)[:, None, None, None]).clamp(-1, 1)
    spaces = {"x": Image(1, 8, 8), "label": Label(2)}
    few = divided(Source("levels", [Rows(spaces, {"x": x, "label": label})], {}, ""), 1, 0)
    game = make("s3gan", spaces=few.spaces, **{**SMALL, "ema": 0.9, "lr": 5e-3})
    Trainer(game, few.tables, rounds=70).run()
    with torch.no_grad(), game.showing():
        assert (game.classify(x).argmax(1) == label).float().mean() > 0.95
    made, _ = game.sample(64, label=label)
    assert ((made.mean((1, 2, 3)) > 0).long() == label).float().mean() > 0.95


def test_what_it_refuses() -> None:
    wide = {name: Image(1, 8, 16) for name in ("x", "few")}
    assert make("s3gan", spaces=wide, **SMALL).sample(2)[0].shape == (2, 1, 8, 16)
    for option in ("turn_d", "turn_g"):
        with pytest.raises(UsageError, match="only squares"):
            make("s3gan", spaces=wide, **{option: 1.0})
    with pytest.raises(UsageError, match="those without"):
        make("s3gan", spaces={"x": Image(3, 16, 16)})
