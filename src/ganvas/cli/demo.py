"""`ganvas demo`: the first two minutes."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ganvas import api
from ganvas.cli.drawings import Drawn, Place, write
from ganvas.cli.evaluate import figures_of
from ganvas.cli.options import Option, parse
from ganvas.cli.printing import paragraph, table
from ganvas.cli.train import result
from ganvas.core.files import write_whole
from ganvas.core.run import Run
from ganvas.metrics.scores import Scores
from ganvas.watch.evidence import Evidence
from ganvas.watch.pictures import grid, png
from ganvas.watch.telling import in_short
from ganvas.watch.verdicts import judge

GAME, DATA, SECONDS = "dcgan", "digits", 58
SAMPLES, BEST, COLUMNS = 1000, 1 / 3, 10
"""How many digits are kept, which part of all drawn, and how wide the picture is: COLUMNS²."""

FIGURES = ("fid", "precision", "recall", "coverage", "rarest_class", "memorisation")
"""What is measured at the end."""

BEFORE = f"""\
Two networks now play a game. One sees real handwritten digits, 16x16 pixels, and pictures that the
other invents, and learns to tell them apart; the other learns to be mistaken for real. It takes
{SECONDS} seconds.
"""


def main(words: Sequence[str]) -> None:
    """Trains, draws, and says where the pictures are.

    Raises:
        UsageError: for a word that it does not take.
        GanvasError: if something failed.
    """
    options = [
        Option("out", str | None, None, "The run's folder.", value="RUN"),
        Option("json", bool, False, "Print the result as one JSON object."),
    ]
    asked = parse("demo", "", {"demo": options}, words)
    out = sys.stderr if asked["json"] else sys.stdout
    print(paragraph(BEFORE) + "\n", file=out, flush=True)
    run = api.train(GAME, data=DATA, minutes=SECONDS / 60, out=asked["out"])
    began = time.perf_counter()
    samples, inputs = run.sample_with_inputs(SAMPLES, best=BEST)
    drawn_in = time.perf_counter() - began
    picture, arrays = run.folder / "digits.png", run.folder / "digits.npz"
    write(Drawn(run, samples, inputs, {}), Place(arrays, ".npz"))
    tiles = grid(samples[: COLUMNS**2], COLUMNS)
    write_whole(picture, png(tiles))
    files = {"picture": str(picture), "samples": str(arrays)}
    scored = api.evaluate(run, metrics=FIGURES)
    made = {**result(run), **files, "best": BEST, "sampling": drawn_in, **scored.to_json()}
    if asked["json"]:
        print(json.dumps(made, ensure_ascii=False))
    else:
        print(_told(run, drawn_in, picture, scored))


def _told(run: Run, drawn_in: float, picture: Path, scored: Scores) -> str:
    clock, folder = run.clock, shlex.quote(str(run.folder))
    seen = clock.images / run.plan.data["rows"]["x"]
    story = (
        f"{'They' if run.ended == 'done' else f'It was {run.ended}: they'} played "
        f"{clock.round:,} rounds in {clock.seconds:.0f} s and saw {clock.images:,} pictures, "
        f"each real digit about {seen:,.0f} times. Then one drew {SAMPLES / BEST:,.0f} digits that "
        f"nobody wrote, in {drawn_in:.1f} s, and the other kept the {SAMPLES:,} that it finds most "
        f"real; the picture shows the first {COLUMNS**2}."
    )
    evidence = Evidence.of(run.folder)
    rows = [
        ("referee", in_short(judge(evidence), evidence)),
        ("picture", str(picture)),
        ("digits", str(picture.with_suffix(".npz"))),
        ("report", str(run.folder / "report.html")),
        ("scores", str(run.folder / "scores.json")),
        ("next", f"ganvas sample {folder} -n 64 --seed 1 --best 0.25 -o grid.png"),
        ("", f"ganvas train --resume {folder} --minutes 3"),
        ("", "ganvas list"),
        ("", f"ganvas show {GAME}"),
    ]
    measured = (
        "Measured of all that it draws, in the features of a classifier of digits, against real "
        "digits that were held back:"
    )
    figures = table(figures_of(scored), right=[1], indent=2)
    parts = [paragraph(story), f"{paragraph(measured)}\n{figures}", table(rows, whole=True)]
    return "\n" + "\n\n".join(parts)
