"""What `train auto` picks: the decision from facts alone, and then on this machine."""

from __future__ import annotations

import math
import shlex

import numpy as np
import pytest
from PIL import Image as Pillow

import ganvas
from ganvas import auto, data, machine
from ganvas.auto import choose, game_for, words
from ganvas.core import Image, Label, Points, Schedule, Settings, Tokens, UsageError, registry
from ganvas.data.facts import Facts
from ganvas.machine import Machine


def machine_of(speed: float = 1e15) -> Machine:
    """A machine that takes a second for so many pixels and channels."""

    def pace(game, spaces, config):
        return math.prod(spaces["x"].shape) / speed

    return Machine("a rock", pace)


FAST, SLOW = machine_of(), machine_of(1e5)
PICTURES = {"x": Image(3, 32, 32)}


def pictures(height: int, width: int, rows: int = 2000, channels: int = 3, **more) -> Facts:
    return Facts({"x": Image(channels, height, width), **more}, rows)


def classes(k: int, rarest: int, rows: int | None = None) -> Facts:
    rows = k * rarest if rows is None else rows
    return Facts({"x": Image(1, 28, 28), "label": Label(k)}, rows, rarest)


# -- the game ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "game", "why"),
    [
        (Facts({"x": Points(2)}, 9), "wgan_gp", "9 points"),
        (Facts({"x": Points(2), "label": Label(8)}, 900, 99), "wgan_gp", "points"),
        (Facts({"x": Tokens(9, 9)}, 9), "seqgan", "9 sentences"),
        (Facts({**PICTURES, "y": Image(3, 32, 32)}, 9), "cyclegan", "two domains"),
        (pictures(32, 32), "dcgan", "2,000 pictures without labels"),
        (classes(2, 50), "cgan", "in 2 classes, the rarest of 50"),
        (classes(1000, 50), "cgan", "1,000 classes"),
        (classes(2, 49), "dcgan", "the rarest has 49, and 50 are needed"),
        (classes(1001, 50), "dcgan", "too many"),
    ],
)
def test_the_data_decides_the_game(facts, game, why, monkeypatch):
    monkeypatch.setattr(auto, "CONDITIONAL", ("no_such_game", "cgan"))
    picked, said = game_for(facts)
    assert picked == game
    assert why in said


def test_the_first_conditional_game_that_there_is(monkeypatch):
    monkeypatch.setattr(auto, "CONDITIONAL", ("infogan", "cgan"))
    assert game_for(classes(3, 60))[0] == "infogan"


# -- the size ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "size"),
    [
        ((64, 64), (64, 64)),
        ((32, 32), (32, 32)),
        ((40, 40), (40, 40)),
        ((25, 25), (24, 24)),  # which can be halved
        ((8, 8), (16, 16)),
        ((16, 48), (16, 48)),
        ((512, 512), (64, 64)),
        ((300, 200), (80, 56)),  # as many pixels, and of that shape
        ((200, 300), (56, 80)),
        ((1000, 20), None),
    ],
)
def test_pictures_get_a_size_that_the_game_makes(own, size):
    picked = choose(pictures(*own), FAST).values["size"]
    assert size is None or picked == size
    registry.make("dcgan", spaces={"x": Image(3, *picked)})


def test_a_slow_machine_gets_smaller_pictures_and_is_told_how_to_ask_for_more():
    choice = choose(pictures(300, 200), SLOW)
    height, width = choice.values["size"]
    assert height * width < 40 * 40
    assert height / width == pytest.approx(1.5, rel=0.15)
    about = next(reason for reason in choice.reasons if reason.startswith("size"))
    assert "80x56 would take" in about
    assert "--size" in about


def test_the_slowest_machine_still_gets_a_size():
    choice = choose(pictures(300, 300), machine_of(1))
    assert choice.values["size"] == (16, 16)
    assert "hours on a rock" in choice.reasons[-1]


def test_time_that_was_given_is_what_counts():
    facts = pictures(300, 300)
    sides = [choose(facts, SLOW, {"minutes": m}).values["size"][0] for m in (1, 20, 60, 500)]
    assert sides == sorted(sides)
    assert sides[0] == 16
    assert sides[-1] == 64
    assert "images" not in choose(facts, SLOW, {"minutes": 1}).values


def test_too_little_memory_is_as_bad_as_too_little_time():
    def pace(game, spaces, config):
        return math.inf if spaces["x"].height > 32 else 1e-9

    choice = choose(pictures(64, 64), Machine("a rock", pace))
    assert choice.values["size"] == (32, 32)
    assert "more memory than there is" in " ".join(choice.reasons)


@pytest.mark.parametrize("x", [Image(1, 28, 29), Image(3, 28, 28)])
def test_dense_networks_get_small_grey_pictures(x, monkeypatch):
    monkeypatch.setattr(auto, "CONDITIONAL", ("cgan",))
    facts = Facts({"x": x, "label": Label(2)}, 999, 400)
    assert game_for(facts)[0] == "dcgan"
    monkeypatch.setattr(auto, "CONDITIONAL", ("cgan", "infogan"))
    assert game_for(facts)[0] == "infogan"


# -- the recipe and the length -------------------------------------------------------------------


def test_few_pictures_mean_more_regularisation_and_a_shorter_run():
    few, many = choose(pictures(32, 32, 100), FAST), choose(pictures(32, 32, 500), FAST)
    usual = registry.make("dcgan").config
    assert few.values["penalty_weight"] > usual.penalty_weight
    assert "penalty_weight" not in many.values
    assert few.values["images"] / few.values["batch"] < many.values["images"] / usual.batch
    assert many.values["images"] == usual.images
    assert any("--penalty-weight 1.0" in r and "fewer than 500" in r for r in few.reasons)


def test_no_weight_is_chosen_for_a_penalty_that_was_given():
    for penalty in ((), ("r1", "r2")):
        few = auto.choose(pictures(32, 32, rows=60), machine_of(), {"penalty": penalty})
        assert "penalty_weight" not in few.values
        registry.make(few.game, penalty=penalty, **{k: few.values[k] for k in ("batch", "augment")})


def test_few_pictures_are_augmented_where_the_game_can(monkeypatch):
    fields = auto._fields("dcgan")
    assert ("augment" in choose(pictures(32, 32, 100), FAST).values) == ("augment" in fields)
    monkeypatch.setattr(auto, "_fields", lambda game: fields | {"augment"})
    monkeypatch.setattr(auto, "_makeable", lambda *of: (32, 32))
    assert choose(pictures(32, 32, 100), FAST).values["augment"] == "diff"
    assert "augment" not in choose(pictures(32, 32, 500), FAST).values


def test_very_many_pictures_are_seen_more_often_if_there_is_time():
    facts = pictures(16, 16, 100_000, channels=1)
    assert choose(facts, FAST).values["images"] == 1_000_000
    usual = registry.make("dcgan").config.images
    some = choose(facts, machine_of(256 * 300)).values["images"]
    assert usual < some <= 300 * 60 * auto.MINUTES
    assert choose(facts, machine_of(1)).values["images"] == usual


def test_what_has_no_size_keeps_its_defaults():
    for game, x in (("wgan_gp", Points(2)), ("seqgan", Tokens(9, 9))):
        choice = choose(Facts({"x": x}, 50), FAST)
        assert choice.values == {"images": registry.make(game).config.images}


def test_what_is_given_is_not_picked():
    facts = pictures(300, 300, 100)
    given = {"size": 128, "batch": 4, "images": 777, "penalty_weight": 0.0, "channels": 1}
    seen = []

    def pace(game, spaces, config):
        seen.append((spaces["x"], config))
        return 1.0

    choice = choose(facts, Machine("a rock", pace), given)
    assert not given.keys() & choice.values.keys()
    config = {"batch": 4, "images": 777, "penalty_weight": 0.0, "augment": "diff"}
    assert seen == [(Image(1, 128, 128), config)]
    assert "images" not in choose(facts, FAST, {"steps": 3}).values


def test_a_preset_is_left_as_it_is():
    choice = choose(pictures(32, 32), Machine("a rock", None), {"preset": "paper"})
    assert (choice.game, choice.values) == ("dcgan", {})


@pytest.mark.parametrize("rows", [20, 2000])
@pytest.mark.parametrize("size", [(8, 8), (30, 45), (100, 100)])
@pytest.mark.parametrize("kind", ["plain", "labels", "domains"])
def test_whatever_is_picked_can_be_made(kind, size, rows):
    x = Image(3, *size)
    more = {"plain": {}, "labels": {"label": Label(3)}, "domains": {"y": x}}[kind]
    choice = choose(Facts({"x": x, **more}, rows, rows // 3), FAST)
    height, width = choice.values.pop("size")
    spaces = {"x": Image(3, height, width), **more}
    if kind == "domains":
        spaces["y"] = spaces["x"]
    registry.make(choice.game, spaces=spaces, **choice.values)
    if size[0] == size[1]:
        assert height == width


# -- facts ---------------------------------------------------------------------------------------


def paint(folder, n: int, height: int, width: int, mode: str = "RGB") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(n)
    for i in range(n):
        pixels = rng.integers(0, 256, (height, width, 3), np.uint8)
        Pillow.fromarray(pixels).convert(mode).save(folder / f"{height}-{i}.png")


def test_facts_of_folders(tmp_path):
    plain, named, sides = tmp_path / "plain", tmp_path / "named", tmp_path / "sides"
    paint(plain, 5, 20, 30)
    (plain / "broken.png").write_bytes((plain / "20-0.png").read_bytes()[:60])
    assert data.facts_of(plain) == Facts({"x": Image(3, 20, 30)}, 5)
    paint(plain, 5, 40, 50, "L")
    assert data.facts_of(str(plain)) == Facts({"x": Image(3, 40, 40)}, 10, mixed=True)
    for name, kind, n in (("A", "cats", 2), ("B", "dogs", 4)):
        paint(named / kind, n, 9, 9, "L")
        paint(sides / f"train{name}", n, 9, 9, "L")
        paint(sides / f"test{name}", 1, 9, 9, "L")
    x = Image(1, 9, 9)
    assert data.facts_of(named) == Facts({"x": x, "label": Label(2, ("cats", "dogs"))}, 6, 2)
    assert data.facts_of(sides) == Facts({"x": x, "y": x}, 2)


def test_facts_of_built_in_sources():
    x, digits = Image(1, 8, 8), Label(10, tuple("0123456789"))
    assert data.facts_of("digits") == Facts({"x": x, "label": digits}, 901, 87)
    assert data.facts_of("negatives") == Facts({"x": x, "y": x}, 447)
    assert data.facts_of("ring8") == Facts({"x": Points(2), "label": Label(8)}, 100_000)
    assert data.facts_of("tokens").rows == 10_000


@pytest.mark.parametrize("source", ["digts", "no/such", "mnist", ""])
def test_bad_sources_are_the_loader_s_to_refuse(source):
    with pytest.raises(UsageError) as expected:
        data.load(source)
    with pytest.raises(UsageError) as error:
        data.facts_of(source)
    assert str(error.value) == str(expected.value)


# -- this machine, and the words -----------------------------------------------------------------


def test_a_larger_game_is_slower_here():
    pace = Machine.here(Settings(device="cpu")).pace
    small, large = ({"x": Image(1, side, side)} for side in (8, 64))
    assert 0 < pace("dcgan", small, {"batch": 8}) < pace("dcgan", large, {"batch": 8})
    assert pace("seqgan", {"x": Tokens(5, 6)}, {"batch": 8}) > 0


def test_memory_that_runs_out_is_an_infinite_pace(monkeypatch):
    def full(*_, **__):
        raise MemoryError

    monkeypatch.setattr(machine.Trainer, "round", full)
    assert machine.pace("gan", {"x": Points(2)}, {}, settings=Settings()) == math.inf


def test_options_as_they_are_typed():
    values = {"size": (24, 16), "on_collapse": "warn", "lr": Schedule.parse("1e-3@0 0@1"),
              "betas": (0.0, 0.9), "ema": None, "compile": True, "penalty_weight": 1.0}  # fmt: skip
    assert shlex.join(words(values)) == (
        "--size 24x16 --on-collapse warn --lr '0.001@0 0@1' --betas 0.0,0.9 --ema none --compile "
        "--penalty-weight 1.0"
    )
    assert words({"size": (16, 16)}) == words({"size": 16}) == ["--size", "16"]


def test_auto_in_python_is_the_run_of_its_game(tmp_path, capsys):
    run = ganvas.train("auto", data="faces", steps=1, width=4, ema=None, out=tmp_path / "r")
    said = capsys.readouterr().err.splitlines()
    assert (run.plan.game, run.plan.config["width"], run.plan.config["ema"]) == ("dcgan", 4, None)
    assert run.plan.config["penalty_weight"] == 1.0
    assert run.plan.spaces["x"]["height"] == 24
    command = next(line for line in said if line.startswith("auto: ganvas train dcgan "))
    for words_ in ("--data faces", "--steps 1", "--width 4", "--size 24", "--penalty-weight 1.0"):
        assert words_ in command
    with pytest.raises(UsageError, match="needs --data"):
        ganvas.train("auto")
    with pytest.raises(UsageError, match="unknown option"):
        ganvas.train("auto", data="faces", wdth=4)
