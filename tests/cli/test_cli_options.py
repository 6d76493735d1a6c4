"""Options made from dataclasses."""

from dataclasses import dataclass
from typing import Any, Literal

import pytest

from ganvas.cli.options import Option, options_of, parse, shown, size_of, take, value_of
from ganvas.cli.pages import PAGES
from ganvas.cli.sample import Draw
from ganvas.cli.train import GoOn, Length, Start, options
from ganvas.core import Config, Schedule, Settings, UsageError, registry
from ganvas.core.schedule import Rate


@dataclass(frozen=True)
class Paints(Config):
    lr: Rate = 1e-3
    """How fast."""
    decay: float | None = 0.9
    """Of colours; none keeps them."""
    law: Literal["oil", "ink"] = "oil"
    """What with."""
    sizes: tuple[int, ...] = (4, 8)
    """Of the brushes."""
    betas: tuple[float, float] = (0.5, 0.9)
    """Two of them."""
    wet_edge: bool = False
    """Whether."""


def read(*words: str) -> dict[str, Any]:
    return parse("paint", "Paints.", {"paint": options_of(Paints())}, words)


def test_what_is_not_given_has_its_default():
    assert Paints(**read()) == Paints()


def test_values_are_read_by_their_types():
    said = read(
        "--lr", "2e-4@0 0@1", "--decay", "None", "--law=ink", "--sizes", "16,32,64",
        "--betas", "-0.5,0", "--wet-edge", "--batch", "12",
    )  # fmt: skip
    painted = Paints(**said)
    assert painted.lr == Schedule(((0.0, 2e-4), (1.0, 0.0)))
    assert (painted.decay, painted.law, painted.sizes) == (None, "ink", (16, 32, 64))
    assert (painted.betas, painted.wet_edge, painted.batch) == ((-0.5, 0.0), True, 12)
    assert read("--lr", "3e-4", "--decay", "none")["lr"] == 3e-4
    assert read("--wet_edge")["wet_edge"] is True


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--batch", "four"], "--batch must be a whole number, not 'four'"),
        (["--batch", "none"], "--batch must be a whole number, not 'none'"),
        (["--decay", "x"], "--decay must be a number or none, not 'x'"),
        (["--lr", "inf"], "--lr must be a number or a schedule"),
        (["--lr", "1@x"], "cannot read the schedule '1@x'"),
        (["--law", "wax"], "--law must be oil or ink, not 'wax'"),
        (["--sizes", "1,b"], "each a whole number, not '1,b'"),
        (["--betas", "1"], "--betas must be 2 values"),
        (["--bach", "1"], "ganvas paint has no option --bach; did you mean --batch?"),
        (["--zzz", "1"], "there are: --batch, --betas, --decay"),
        (["stray"], "ganvas paint does not take 'stray'"),
        (["--batch"], "--batch needs a value"),
        (["--batch", "--wet-edge"], "--batch needs a value"),
        (["--batch", "--stray"], "--batch needs a value"),
    ],
)
def test_wrong_words_say_what_was_expected(words, message):
    with pytest.raises(UsageError) as error:
        read(*words)
    assert message in str(error.value)


def test_help_lists_every_option_with_meaning_and_default(capsys):
    with pytest.raises(SystemExit) as left:
        read("--help")
    said = capsys.readouterr().out
    assert left.value.code == 0
    for words in ("--lr X|SCHEDULE", "How fast. (default: 0.001)", "--law {oil,ink}", "--wet-edge",
                  "--sizes N,N,...", "--betas X,X", "--decay X|none"):  # fmt: skip
        assert words in said


@pytest.mark.parametrize("preset", ["default", "paper"])
@pytest.mark.parametrize("name", registry.names())
def test_every_game_has_options_whose_defaults_are_its_config(name, preset):
    groups = options(name, preset)  # raises if a field has the name of another option
    game = registry.find(name)
    usual = registry.config_of(game).build(**registry.preset_of(game, preset).config)
    values = parse(f"train {name}", "", groups, [])
    own = {option.name: values[option.name] for option in groups["game"]}
    assert usual.but(**own) == usual
    typed = [f"{o.word}={shown(o.default)}" for o in groups["game"] if o.hint is not bool]
    again = parse(f"train {name}", "", groups, typed)
    assert {option.name: again[option.name] for option in groups["game"]} == own
    for option in groups["game"]:
        assert option.help


def test_the_static_pages_name_every_option():
    for part in (Start(), GoOn(), Length(), Settings()):
        for option in options_of(part):
            assert f"  {option.word} " in PAGES["train"], option.word
    for option in options_of(Draw()):
        assert f"{option.word} " in PAGES["sample"], option.word


def test_the_first_word_that_is_no_value():
    assert take(["--lr", "3", "dcgan", "--quiet"], ["--quiet"]) == (
        "dcgan",
        ["--lr", "3", "--quiet"],
    )
    assert take(["--quiet", "dcgan"], ["--quiet"])[0] == "dcgan"
    assert take(["--code", "-1,2", "run"], [])[0] == "run"
    assert take(["--lr=3", "dcgan"], [])[0] == "dcgan"
    assert take(["--quiet"], ["--quiet"]) == (None, ["--quiet"])


def test_the_value_of_an_option_before_the_others_are_known():
    assert value_of("--preset", ["a", "--preset", "paper"], "default") == "paper"
    assert value_of("--preset", ["--preset=paper"], "default") == "paper"
    assert value_of("--preset", ["--preset"], "default") == "default"


def test_sizes():
    assert size_of("32") == 32
    assert size_of("24x32") == (24, 32)
    for wrong in ("0", "axb", "1x2x3", "", "-4"):
        with pytest.raises(UsageError, match="--size must be like 32"):
            size_of(wrong)


def test_a_flag_that_is_on_can_be_turned_off():
    on = Option("blur", bool, True, "Blurs.")
    assert parse("paint", "", {"paint": [on]}, [])["blur"] is True
    assert parse("paint", "", {"paint": [on]}, ["--no-blur"])["blur"] is False
