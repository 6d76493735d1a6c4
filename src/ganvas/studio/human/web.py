"""The web application that asks people: pages, pictures, answers, results. Needs FastAPI.

The browser learns the opaque name of one image at a time, and which kind it is only where results
are shown; those of a rater at work leave out what is still to come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel, Field

from ganvas.studio.guard import LOCAL, Guard, Rules
from ganvas.studio.human.ledger import LEDGER
from ganvas.studio.human.trials import Conflict, Trials, Unknown

PAGES = {
    "/": ("human.html", "text/html"),
    "/results": ("results.html", "text/html"),
    "/human.css": ("human.css", "text/css"),
    "/words.js": ("words.js", "text/javascript"),
    "/human.js": ("human.js", "text/javascript"),
    "/results.js": ("results.js", "text/javascript"),
}

Name = Annotated[str, Field(max_length=80)]


class Joining(BaseModel):
    """Who begins."""

    rater: Name | None = None
    again: bool = False


class Judgement(BaseModel):
    """What a rater says of an image."""

    rater: Name
    image: Annotated[str, Field(max_length=64)]
    machine: Annotated[bool, Field(strict=True)]
    rating: Annotated[int, Field(strict=True, ge=1, le=5)]
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None


def app(
    trials: Trials,
    pictures: Mapping[str, bytes],
    examples: list[str],
    *,
    exposure: int | None = None,
    hosts: frozenset[str] | None = LOCAL,
) -> FastAPI:
    """The application.

    Args:
        trials: the experiment.
        pictures: PNG files by opaque name; no others are served.
        examples: which of them may be shown as real ones before the judging.
        exposure: milliseconds for which an image is shown; None until it is judged.
        hosts: names by which the server may be called; None for any.
    """
    web = FastAPI(title="ganvas", docs_url=None, redoc_url=None, openapi_url=None)
    web.add_middleware(Guard, rules=Rules(hosts))
    _add_files(web, pictures)
    settings = {"examples": examples, "exposure": exposure, "total": len(trials.images)}
    _add_words(web, trials, settings)
    return web


def _add_files(web: FastAPI, pictures: Mapping[str, bytes]) -> None:
    """Pages, and pictures from memory: no path of a request ever meets the disk."""
    for path, (file, kind) in PAGES.items():
        content = (files("ganvas.studio.human") / file).read_bytes()
        web.add_api_route(path, _always(content, kind))

    @web.get("/images/{name}.png")
    def picture(name: str) -> Response:
        if name not in pictures:
            raise HTTPException(404, "no such image")
        return Response(pictures[name], media_type="image/png")


def _always(content: bytes, kind: str) -> Callable[[], Response]:
    return lambda: Response(content, media_type=kind)


def _add_words(web: FastAPI, trials: Trials, settings: dict[str, Any]) -> None:
    """What the pages say to the server, and hear from it."""

    @web.get("/api/settings")
    def about() -> dict[str, Any]:
        return settings

    @web.post("/api/raters", status_code=201)
    def join(who: Joining) -> dict[str, Any]:
        return _tried(lambda: trials.state(trials.join(who.rater, who.again)))

    @web.get("/api/next")
    def following(rater: Name) -> dict[str, Any]:
        return _tried(lambda: trials.state(rater))

    @web.post("/api/answers", status_code=201)
    def judged(said: Judgement) -> dict[str, Any]:
        return _tried(lambda: trials.answer(**said.model_dump()))

    @web.get("/results.json")
    def results(rater: Name | None = None) -> dict[str, Any]:
        found = trials.results(rater)
        return {**found, "run": trials.folder.name, "file": LEDGER}  # no paths to the browser


def _tried(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return ask()
    except Unknown as error:
        raise HTTPException(404, str(error)) from error
    except Conflict as error:
        raise HTTPException(409, str(error)) from error
    except OSError as error:
        raise HTTPException(507, f"the answer could not be saved: {error.strerror}") from error
