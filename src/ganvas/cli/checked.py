"""What `ganvas data check` prints for people."""

from __future__ import annotations

from ganvas.cli.printing import bold, table
from ganvas.data.check import Pairs, Report, Would
from ganvas.data.source import listed


def checked(report: Report) -> list[str]:
    """A report for people, section by section."""
    facts = [
        ("images", f"{report.images:,}, of which {report.readable:,} can be read"),
        ("formats", _counts(report.formats)),
        ("modes", _counts(report.modes)),
        ("sizes", _counts(report.sizes, most=8) + " (height x width)"),
        ("colour", _colour(report)),
        ("duplicates", _twins(report)),
        ("other files", _counts(report.others)),
        ("closed folders", listed(report.closed)),
        ("test part", "yes: kept out of training" if report.test else ""),
    ]
    rows = [bold(report.folder), table([f for f in facts if f[1]], indent=2)]
    if report.unreadable:
        broken = list(report.unreadable.items())
        rows += ["", bold(f"cannot be read: {len(broken):,}"), table(broken, indent=2)]
    if report.duplicates:
        groups = [("", " = ".join(group[:6])) for group in report.duplicates[:10]]
        rows += ["", bold("the same picture"), table(groups)]
    if report.classes:
        rows += ["", bold(f"classes: {len(report.classes)}"), *_balance(report.classes)]
    if report.would:
        rows += ["", bold("training would"), table(_would(report, report.would), indent=2)]
    return rows


def _counts(counts: dict[str, int], most: int = 12) -> str:
    words = [f"{word} {n:,}" for word, n in counts.items()]
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def _colour(report: Report) -> str:
    said = {
        "in colour": report.readable - report.grey,
        "grey": report.grey,
        "with transparency": report.transparent,
        "of more than 8 bits": report.deep,
        "with several frames": report.frames,
    }
    return ", ".join(f"{n:,} {what}" for what, n in said.items() if n)


def _twins(report: Report) -> str:
    spare = sum(len(group) - 1 for group in report.duplicates)
    across = f"; {report.contradictions:,} pictures are in two classes" * (
        report.contradictions > 0
    )
    return (
        f"{spare:,} could go: they show exactly what another one shows{across}" if spare else "none"
    )


def _balance(classes: dict[str, int]) -> list[str]:
    """The classes with their shares; the rarest and the most frequent of many."""
    total, most = sum(classes.values()), max(classes.values())
    order = sorted(classes.items(), key=lambda item: -item[1])
    shown = list(classes.items()) if len(order) <= 20 else [*order[:10], *order[-10:]]
    rows = [(name, f"{n:,}", f"{n / total:.1%}", "#" * round(30 * n / most)) for name, n in shown]
    told = [table(rows, right=[1, 2], indent=2)]
    least = min(classes.values())
    if most > 5 * least:
        told.append(f"  out of balance: the largest class is {most / least:.0f} times the smallest")
    return told


def _would(report: Report, would: Would) -> list[tuple[str, str]]:
    """What training would make of a folder, and for which games that is enough."""
    height, width = would.size
    colours = {1: "grey", 3: "RGB", 4: "RGBA"}[would.channels]
    where = "kept in memory" if would.kept else "too much to keep: decoded anew whenever needed"
    cut = f", {would.cut:.0%} of an average image cut off" if would.cut > 0.005 else ""
    return [
        ("make", f"{report.readable:,} images of {height}x{width}, {colours}{cut}"),
        ("need", f"{would.megabytes:,.1f} MB, {where}"),
        *(("note", note) for note in report.notes),
        ("feed games", "that take images: yes"),
        ("", "that take labels: " + (
            f"yes, {len(would.labels)} classes" if would.labels
            else "no; put the images of each class into a folder of its own"
        )),
        ("", f"between two domains: {_domains(report, would)}"),
        ("", f"that learn from pairs: {_pairs(would.pairs)}"),
    ]  # fmt: skip


def _domains(report: Report, would: Would) -> str:
    """Whether there are two sets of pictures to translate between."""
    if lone := [name for name in would.domains if report.classes[name] == 1]:
        return f"no; {lone[0]} has a single picture"
    if would.domains:
        sides = zip(would.domains, "xy", strict=True)
        return f"yes, {' and '.join(f'{name} ({field})' for name, field in sides)}"
    if would.pairs.layout == "side-by-side":
        return "no; ganvas data prepare FOLDER OUT --layout domains takes A and B apart"
    return "no; they need exactly two folders of images"


def _pairs(pairs: Pairs) -> str:
    """Whether there are pairs, and what keeps them from being learned from."""
    if pairs.trouble is not None:
        return f"no; {pairs.trouble}"
    if pairs.layout is None:
        return "no; ganvas train ... --partner P makes a partner of each (edges, grey ...)"
    where = "of the same name" if pairs.layout == "domains" else "beside each other, A on the left"
    height, width = pairs.size
    return f"yes, {pairs.number:,} pairs {where}, {height}x{width} each"
