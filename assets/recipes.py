"""What the generators that come with ganvas are trained by, and what is to be said of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from benchmarks import glyphs

from ganvas import data
from ganvas.core import Image
from ganvas.core.run import Run
from ganvas.metrics.evaluation import evaluate
from ganvas.metrics.features import Random
from ganvas.metrics.sides import Wish

Figures = dict[str, dict[str, Any]]
"""By name: title, value, better, protocol; as in a run's scores.json."""


@dataclass(frozen=True)
class Recipe:
    """What is to become a generator."""

    command: str
    makes: str
    """In words, as the list has it."""
    licence: str
    """Of the pictures that it learns from."""
    about: str
    """Of these pictures and their licence, for the card."""
    limits: str
    """What it cannot do."""
    figure: str
    """The one that stands in the list."""
    more: Callable[[Run], Figures] | None = None
    """Figures that `ganvas evaluate` does not have."""
    features: str = "auto"
    """What `ganvas evaluate` compares by, where the usual would not do."""


def retrieved(run: Run) -> Figures:
    """How many held-out characters their translations find, as in benchmarks/glyphs.py."""
    y = run.game.output
    assert isinstance(y, Image)
    size = (y.height, y.width)
    pairs = data.load("glyphs", size=size, split="test", fields=("x", "y"), paired=True)
    rows = pairs.tables[0].fetch(torch.arange(glyphs.AMONG))
    made = run.sample(glyphs.AMONG, x=rows["x"])
    what = (
        f"the share of {glyphs.AMONG} held-out characters whose translation is nearest to its own "
        "in Ming, by the L2 distance of pixels or of the features of a network with random weights "
        "(benchmarks/glyphs.py)"
    )
    return {
        f"found by {space}": {
            "title": f"Found by {space}",
            "value": glyphs.found(made, rows["y"], seen),
            "better": "higher",
            "protocol": {
                "what": what,
                "of the input": glyphs.found(rows["x"], rows["y"], seen),
            },
        }
        for space, seen in (("pixels", glyphs.pixels), ("features", Random(y)))
    }


def named(run: Run) -> Figures:
    """In how many samples a classifier sees the class that was asked for; it may often be wrong."""
    wish = Wish(metrics=["label_accuracy"], features="classifier")
    scores = evaluate(run, wish)
    right = next(v for k, v in (scores.protocol.features or {}).items() if k.startswith("accuracy"))
    what = (
        "the share of samples in which a classifier sees the class that they were asked for; of "
        f"held-out pictures it names {right:.0%} rightly"
    )
    return {"label_accuracy": {**scores.figures["label_accuracy"], "protocol": {"what": what}}}


EMOJI = (
    "`emoji`: 3,126 emoji of the font Noto Color Emoji 2.042 (Google, SIL Open Font License 1.1). "
    "Take the weights and what they paint as you would the font: under its licence."
)
RECIPES = {
    "digits": Recipe(
        command="ganvas train dcgan --data digits --size 16 --images 384000",
        makes="handwritten digits, grey, 16x16",
        licence="CC-BY-4.0",
        about="`digits`: 901 pictures of handwritten digits, 8x8 pixels, enlarged; 896 more "
        "were held back to measure. They are the test part of Optical Recognition of Handwritten "
        "Digits (E. Alpaydin, C. Kaynak, UCI Machine Learning Repository 1998, CC BY 4.0), as it "
        "comes with scikit-learn.",
        limits="Eight pixels a side are all that the originals have: larger digits would show no "
        "more. Now and then a stroke is broken, or a digit lies between two.",
        figure="fid",
    ),
    "edges2emoji": Recipe(
        command="ganvas train pix2pix --data emoji --partner edges --size 64 --images 80000 "
        "--batch 8 --width 20 --norm batch --noise 0",
        makes="coloured emoji of outlines, 64x64",
        licence="OFL-1.1",
        about="`emoji --partner edges`: 3,126 emoji of the font Noto Color Emoji 2.042 (Google, "
        "SIL Open Font License 1.1), and their outlines, drawn by `ganvas.data.outlines`. Of the "
        "others, whose kin it has not seen in any skin tone, are the grid and the figures. Take "
        "the weights and what they paint as you would the font: under its licence.",
        limits="It learned outlines of emoji, thin and dark on white, which fill the picture. "
        "Drawings by hand are coloured too, the better the more they look like these. Colours are "
        "guesses: what an outline leaves open comes as the most usual, often yellow or brown.",
        figure="psnr",
    ),
    "emoji-64": Recipe(
        command="ganvas train r3gan --data emoji --size 64 --channels 3 --conditional --base 256 "
        "--widest 96 --penalty-weight '1@0 0.1@0.8' --lr '2e-3@0 2e-3@0.3 3e-4@1' --ema 0.998 "
        "--precision bf16 --images 300000",
        makes="emoji that nobody drew, 64x64",
        licence="OFL-1.1",
        about=EMOJI,
        limits="Three thousand pictures are few, and most are faces and people: smileys, hands, "
        "people and flags come out as such; animals, food, places and things have the colours, "
        "outlines and shading of emoji and are none in particular. Of a class there is little "
        "variety: smileys are alike, and most flags are red or blue.",
        figure="fid",
        more=named,
        features="random",
    ),
    "emoji-styles": Recipe(
        command="ganvas train stylegan2 --data emoji --size 32 --channels 3 "
        "--lr '2e-3@0 2e-3@0.5 3e-4@1' --ema 0.998 --images 280000",
        makes="emoji that nobody drew, of styles that can be mixed, 32x32",
        licence="OFL-1.1",
        about=EMOJI,
        limits="It is small, and learned for 39 minutes: people, hands, fruit and flags can be "
        "told, faces have no features, and much is a patch of colours that emoji have. It is here "
        "for its styles: to be mixed, truncated and walked through.",
        figure="fid",
        features="random",
    ),
    "kai2ming": Recipe(
        command="ganvas train pix2pix --data glyphs --size 64 --images 96000 --batch 16 --width 24 "
        "--norm batch --noise 0",
        makes="Chinese characters in Ming, as if printed, of those in Kai, as if written; 64x64",
        licence="Arphic-1999",
        about="`glyphs`: 3,155 characters of GB2312 level 1 in the fonts AR PL KaitiM GB and AR PL "
        "SungtiL GB (Arphic Technology 1999, Arphic Public License); 600 more, in neither typeface "
        "seen, are the grid and the figures. Take the weights and what they draw as you would the "
        "fonts: under their licence.",
        limits="It learned one typeface of brushes, set so that a character fills its square; "
        "other hands come out the worse the less they look like it. Dense characters lose strokes.",
        figure="found by pixels",
        more=retrieved,
    ),
}
"""By name. What one types for another is a line here."""
