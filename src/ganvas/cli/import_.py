"""`ganvas import FILE... --from FORMAT`: weights that others have trained, as a run."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from ganvas.cli.options import JSON, options_of, parse, take
from ganvas.cli.pages import HELP, PAGES
from ganvas.cli.printing import paragraph, table
from ganvas.core import UsageError
from ganvas.core.config import Options
from ganvas.tools.foreign.formats import FORMATS
from ganvas.tools.importing import Imported, import_


@dataclass(frozen=True)
class Ask(Options):
    """What can be asked of an import."""

    from_: str | None = None
    """The repository that the weights come from."""
    out: str | None = None
    """The run's folder; a new one below runs/ unless given."""
    size: int | None = None
    """Of the pictures that it was trained on, where the weights do not tell."""
    labels: tuple[str, ...] = ()
    """Names of the domains, with commas between, in their order."""
    json: bool = False
    """Print the report as one JSON object."""


def main(words: Sequence[str]) -> None:
    """Imports, and says what went where.

    Raises:
        UsageError: for wrong options, or nothing to import.
        CheckpointError: if a file is no checkpoint, or of another architecture.
    """
    files: list[str] = []
    rest = list(words)
    while (found := take(rest, [JSON, *HELP]))[0] is not None:
        files.append(found[0])
        rest = found[1]
    if set(rest) & set(HELP) and not files:
        print(PAGES["import"], end="")
        return
    if not files:
        raise UsageError(f"import which files? ganvas import FILE... --from {'|'.join(FORMATS)}")
    more = {
        "from_": {"value": "FORMAT"},
        "out": {"short": "-o", "value": "RUN"},
        "labels": {"value": "NAME,NAME..."},
    }
    groups = {"weights": options_of(Ask(), **more)}
    asked = parse("import FILE...", "Makes a run of weights.", groups, rest)
    if asked["from_"] is None:
        raise UsageError(f"import from which repository? --from {', --from '.join(FORMATS)}")
    as_json, format = asked.pop("json"), asked.pop("from_")
    done = import_(files, format, **asked)
    print(json.dumps(done.to_json(), ensure_ascii=False) if as_json else _told(done))


def _told(done: Imported) -> str:
    """The report for people."""
    rows = [
        (name, f"{about['tensors']:,} tensors, {about['parameters']:,} parameters", about["file"])
        for name, about in done.players.items()
    ]
    parts = [f"{done.game}: {done.architecture}", table(rows, indent=2, whole=True)]
    for name, about in done.players.items():
        if about["dropped"]:
            parts.append(
                f"{name}: {len(about['dropped']):,} statistics of norms were left out, which ours "
                "does not use"
            )
    if done.untrained:
        parts.append(f"untrained, as no file was given: {', '.join(done.untrained)}")
    parts += [paragraph(note) for note in done.notes]
    folder = shlex.quote(done.run)
    last = [("run", done.run), ("next", f"ganvas translate {folder} INPUT OUTPUT")]
    return "\n".join([*parts, table(last, whole=True)])
