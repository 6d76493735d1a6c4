"""Serves the page on which people judge a run's images.

Real images that were held back and generated ones are shown one by one, shuffled. Of each a rater
says whether a machine made it, as in LAPGAN's experiment, and how much they like it, from 1 to 5,
as in CAN's. What comes of it is the fooling rate: the share of generated images judged real.

Emily Denton, Soumith Chintala, Arthur Szlam, Rob Fergus. NIPS 2015.
https://arxiv.org/abs/1506.05751
Ahmed Elgammal, Bingchen Liu, Mohamed Elhoseiny, Marian Mazzone. ICCC 2017.
https://arxiv.org/abs/1706.07068
"""

from __future__ import annotations

import json
import secrets
import sys
from typing import Any

from ganvas.core import UsageError
from ganvas.core.run import Run
from ganvas.studio import listening, serving
from ganvas.studio.human import tally
from ganvas.studio.human.gallery import gallery
from ganvas.studio.human.trials import Trials

BRIEFEST, LONGEST = 10, 60_000
"""Limits of an exposure, in milliseconds: a screen cannot show less, a minute is no exposure."""


def serve(
    run: Run,
    *,
    n: int = 40,
    seed: int = 0,
    host: str = "127.0.0.1",
    port: int = 8000,
    open_browser: bool = True,
    exposure: int | None = None,
    as_json: bool = False,
) -> None:
    """Serves the page until Ctrl-C, then prints what people said.

    Args:
        run: whose images are judged.
        n: images of each kind.
        seed: decides which.
        host: the address to listen at; others than this machine's own let others in.
        port: the port to listen at; any free one if 0.
        open_browser: show the page in the browser.
        exposure: milliseconds for which an image is shown; None until it is judged.
        as_json: print the results as one JSON object.

    Raises:
        UsageError: if a library is missing, the run has nothing to judge, or the port is taken.
    """
    serving.need("the page for people", "fastapi", "uvicorn")
    if exposure is not None and not BRIEFEST <= exposure <= LONGEST:
        raise UsageError(f"exposure must be {BRIEFEST} to {LONGEST:,} ms, not {exposure}")
    with listening.listening(host, port) as listener:
        print(f"drawing {n} images and loading {n} real ones ...", file=sys.stderr, flush=True)
        web, trials = app(run, n=n, seed=seed, exposure=exposure, hosts=listening.names(host))
        address = listening.address(listener)
        _say(address, host, run)
        serving.serve(web, listener, address if open_browser else None)
    found = trials.results()
    print(
        json.dumps(found, ensure_ascii=False) if as_json else f"{run.folder}: {tally.told(found)}"
    )


def app(
    run: Run,
    *,
    n: int = 40,
    seed: int = 0,
    exposure: int | None = None,
    hosts: frozenset[str] | None = None,
) -> tuple[Any, Trials]:
    """The web application (of FastAPI) for a run, and the experiment behind it.

    Args:
        run, n, seed, exposure: as for `serve`.
        hosts: names by which the server may be called; None for any.
    """
    from ganvas.studio.human import web

    shown = gallery(run, n, seed)
    trials = Trials(run.folder, {**shown.about, "exposure": exposure}, n)
    pictures = dict(zip(trials.images, [*shown.real, *shown.made], strict=True))
    examples = {secrets.token_hex(8): file for file in shown.examples}
    everything = {**pictures, **examples}
    return web.app(trials, everything, list(examples), exposure=exposure, hosts=hosts), trials


def _say(address: str, host: str, run: Run) -> None:
    lines = [
        f"asking people about {run}",
        f"  judge    {address}",
        f"  results  {address}results",
        "Ctrl-C ends it; every answer is kept, and the same command goes on.",
    ]
    if not listening.is_local(host):
        lines.insert(3, f"  everybody who can reach {host} may judge and see the results")
    print("\n".join(lines), file=sys.stderr, flush=True)
