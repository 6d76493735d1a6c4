"""The page of `ganvas pretrained`: text alone, as in `ganvas.cli.pages`."""

from __future__ import annotations

PRETRAINED = """\
usage: ganvas pretrained list [--json]
       ganvas pretrained card NAME [--json]
       ganvas pretrained get NAME [-o RUN] [--json]

Generators that come with ganvas, trained: nothing is downloaded. Each has only
what generates; the discriminator stayed behind, so they cannot be trained
further, and --best has nobody to ask.

  list           name, game, size, one figure, and what it makes
  card NAME      what it learned from, under which licence, how it was trained
                 and measured, and what it cannot do
  get NAME       make a run of it, for every verb that takes one; its files are
                 checked against their SHA-256 first
    -o, --out RUN  the folder of the run (runs/pretrained/NAME)
  --json         print the result as JSON

Wherever a verb takes a RUN, pretrained:NAME gets the generator, once, and takes
its run.

examples
  ganvas pretrained list
  ganvas sample pretrained:digits -n 64 -o digits.png
  ganvas translate pretrained:edges2emoji drawing.png emoji.png
"""
