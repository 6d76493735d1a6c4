"""`ganvas list` and `ganvas show`."""

import pytest

from ganvas.core import registry
from ganvas.core.config import docs, groups


def test_list_has_a_line_for_each_game(ganvas):
    lines = ganvas("list").out.splitlines()
    assert sorted(line.split()[0] for line in lines[1:]) == registry.names()
    dcgan = next(line for line in lines if line.startswith("dcgan "))
    for word in ("2015", "noise -> image", "84,322", "digits", "Convolutional GANs"):
        assert word in dcgan


def test_list_as_json_says_the_same(ganvas):
    games = {game["name"]: game for game in ganvas("list --json").json()}
    assert sorted(games) == registry.names()
    dcgan = games["dcgan"]
    assert (dcgan["year"], dcgan["parameters"], dcgan["data"]) == (2015, 84_322, "digits")
    assert dcgan["output"] == {"kind": "Image", "channels": 1, "height": 16, "width": 16}


def test_list_takes_nothing_else(ganvas):
    assert ganvas("list --jsno").err.endswith("no option --jsno; did you mean --json?\n")
    assert ganvas("list games").code == 2


@pytest.mark.parametrize("width", ["80", "120"])
def test_tables_fit_the_terminal_and_have_no_blanks_at_the_end(ganvas, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", width)
    for command in ("list", "show cyclegan --preset paper", "show wgan_gp", "show progan"):
        for line in ganvas(command).out.splitlines():
            assert len(line) <= int(width) or "http" in line
            assert line == line.rstrip()


def test_show_names_what_there_is_to_know(ganvas):
    said = ganvas("show wgan_gp")
    game = registry.find("wgan_gp")
    assert said.code == 0
    for word in (
        game.paper.title,
        game.paper.url,
        "5 x C, then G",
        "ring8",
        "ganvas train wgan_gp",
    ):
        assert word in said.out
    options = registry.config_of(game)
    about, group = docs(options), groups(options)
    assert set(group.values()) == {"game", "tricks"}
    for field, text in about.items():
        assert f"--{field.replace('_', '-')}" in said.out
        assert (" ".join(text.split()[:3]) in said.out) == (group[field] == "game")


def test_show_tells_a_flag_from_a_text(ganvas):
    line = next(row for row in ganvas("show pacgan").out.splitlines() if "--norm" in row)
    assert line.split()[:3] == ["--norm", "flag", "off"]


def test_show_counts_cyclegan_exactly_at_the_size_of_the_paper(ganvas):
    card = ganvas("show cyclegan --preset paper --json").json()
    players = {name: player["parameters"] for name, player in card["players"].items()}
    assert players == {"G": 11_378_179, "F": 11_378_179, "D_X": 2_764_737, "D_Y": 2_764_737}
    assert card["output"] == {"kind": "Image", "channels": 3, "height": 256, "width": 256}
    said = ganvas("show cyclegan --preset paper").out
    assert said.count("11,378,179 parameters") == 2
    assert said.count("2,764,737 parameters") == 2
    assert "ganvas train cyclegan --preset paper" in said


def test_show_tells_the_stages_of_a_game_that_has_several(ganvas):
    said = ganvas("show seqgan").out
    for stage in registry.card("seqgan").stages:
        assert f"{stage['name']}: " in said
    assert "stages" not in ganvas("show dcgan").out


def test_show_as_json_is_the_card(ganvas):
    assert ganvas("show --json dcgan").json() == registry.card("dcgan").to_json()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("show", "show which game? there are: acgan"),
        ("show wgan-gp", "did you mean 'wgan_gp'?"),
        ("show dcgan --preset papre", "did you mean 'paper'?"),
        ("show dcgan --prest paper", "did you mean --preset?"),
        ("show dcgan vae", "does not take 'vae'"),
    ],
)
def test_wrong_use_of_show(ganvas, words, message):
    said = ganvas(words)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
