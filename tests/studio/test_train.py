"""Train: processes that are begun, paused and found again, and the lab."""

import re
from pathlib import Path

import pytest
import torch
from PIL import Image
from tests.studio.people import Served, until

from ganvas.cli import main
from ganvas.core.run import Run
from ganvas.studio import desk
from ganvas.studio.lab import Lab
from ganvas.studio.trainings import Trainings
from ganvas.watch.advice import ADVICE

pytest.importorskip("fastapi")
pytest.importorskip("websockets")
PHONE = {"width": 390, "height": 844}
ME, OTHER = "m" * 32, "o" * 32
LONG = 90_000


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("trained")


@pytest.fixture(scope="module")
def studio(home, tmp_path_factory):
    pictures = tmp_path_factory.mktemp("data") / "mine"
    pictures.mkdir()
    for i in range(3):
        Image.new("RGB", (20, 20), (80 * i, 0, 0)).save(pictures / f"{i}.png")
    served = Served({}, home=home, data={"mine": pictures, "gone": pictures / "nothing"})
    yield served
    served.close()
    served.desk.trainings.close()


# -- what there is to choose -----------------------------------------------------------------------


def test_games_that_fit_are_offered_and_the_best_comes_first(studio):
    with studio.person() as me:
        parts = [part["part"] for part, _ in me.ask("train.sources")[1]]
        assert [part["source"] for part in parts[:2]] == ["mine", "gone"]
        assert "error" in parts[1]
        assert str(studio.desk.data["gone"]) not in str(parts)
        for source, best, others, never in (
            ("digits", "acgan", {"dcgan", "sgan", "stylegan2", "srgan"}, {"cyclegan", "seqgan"}),
            ("ring8", "wgan_gp", {"gan", "unrolled"}, {"dcgan", "cgan"}),
            ("glyphs", "cyclegan", {"pix2pix"}, {"seqgan", "acgan"}),
            ("tokens", "seqgan", set(), {"gan", "dcgan"}),
            ("mine", "dcgan", {"wgan_gp"}, {"acgan", "cyclegan"}),
        ):
            found = [part["part"] for part, _ in me.ask("train.games", source=source)[1]]
            names = [each["game"] for each in found]
            assert found[0]["best"], source
            assert names[0] == best
            assert others <= set(names), others - set(names)
            assert not never & set(names), source
        facts = me.ask("train.choices", source="digits", game="dcgan")[0]["ok"]
        assert {16, 32, 64} <= set(facts["sizes"])
        assert facts["usual"] == [16, 16]
        batch = next(option for option in facts["options"] if option["name"] == "batch")
        assert batch["help"]


def test_wrong_choices_answer_as_the_command_line_does(studio, home, capsys):
    before = set((home / ".studio").glob("*"))
    usual = {"source": "digits", "game": "dcgan", "name": "wrong", "owner": ME, "minutes": 1}
    (home / "taken").mkdir()
    with studio.person() as me:
        for given, why in (
            ({"source": "/etc"}, "unknown source"),
            ({"source": "digits/../mine"}, "unknown source"),
            ({"source": "ring8"}, "does not suit"),
            ({"game": "dcgna"}, "did you mean 'dcgan'"),
            ({"size": 17}, "17"),
            ({"options": {"batch": "0"}}, "batch must be int, 1 or more, not 0"),
            ({"options": {"lr": "fast"}}, "schedule"),
            ({"options": {"loss": "--out"}}, "loss must be"),
            ({"options": {"out": "/tmp/x"}}, "no option 'out'"),
            ({"options": {"resume": "x"}}, "no option 'resume'"),
            ({"name": "../up"}, "a name is up to"),
            ({"name": "a/b"}, "a name is up to"),
            ({"name": ".studio"}, "a name is up to"),
            ({"name": "lab"}, "a name is up to"),
            ({"name": "taken"}, "take another name"),
            ({"name": "digits"}, "take another name"),
            ({"minutes": -1}, "minutes is a number"),
            ({"owner": "short"}, "owner"),
        ):
            assert why in me.ask("train.begin", **{**usual, **given})[0].get("error", ""), given
        same = me.ask("train.begin", **{**usual, "size": 17})[0]["error"]
        for do in ("follow", "frame", "pause", "stop", "resume"):
            assert (
                "no training" in me.ask(f"train.{do}", name="../x", owner=ME, images=0)[0]["error"]
            )
    assert main(["train", "dcgan", "--data", "digits", "--size", "17"]) == 2
    assert same in capsys.readouterr().err
    assert set((home / ".studio").glob("*")) == before


def test_the_words_of_the_referee_are_all_there():
    terms = (Path(desk.__file__).parent / "page" / "rooms" / "terms.js").read_text("utf-8")
    english = dict(re.findall(r'^    (\w+): "(.*)",$', terms.split("  zh: {")[0], re.M))
    for trouble, advice in ADVICE.items():
        key = trouble.replace("-", "_")
        assert english[f"trouble_{key}"] == advice.title
        assert english[f"why_{key}"] == advice.why


# -- trainings -----------------------------------------------------------------------------------


def test_a_training_is_begun_paused_found_again_and_stopped(opened, look, studio, home):
    with opened("train") as page:
        page.set_default_timeout(LONG)
        ready = page.locator(".form:not([aria-busy])")
        ready.wait_for()
        for menu, value in (("#source", "digits"), ("#game", "dcgan")):
            page.select_option(menu, value)
            ready.wait_for()
        page.get_by_text("All options of dcgan").click()
        page.fill("#option-batch", "0")
        page.fill("#name", "first")
        page.get_by_text("20 min").click()
        page.get_by_role("button", name="Start").click()
        page.get_by_text("batch must be int, 1 or more").wait_for()
        look(page, "train-form")
        page.fill("#option-batch", "16")
        page.get_by_role("button", name="Start").click()
        page.locator(".tag.starting").wait_for()
        page.locator(".sheet[src]").wait_for()
        page.locator(".legend li").nth(3).wait_for()
        page.wait_for_timeout(3000)
        look(page, "train-running")

        again = Trainings(home)  # a Studio that begins anew finds it running
        assert [each.name for each in again] == ["first"]
        assert again.get("first").alive
        with studio.person() as other:
            for do in ("pause", "stop", "resume"):
                said = other.ask(f"train.{do}", name="first", owner=OTHER)[0]
                assert "somebody else's" in said["error"]
            seen = other.ask("train.follow", name="first", owner=OTHER, since=-1)[0]["ok"]
            assert (seen["mine"], seen["state"]) == (False, "running")

        page.get_by_role("button", name="Pause").click()
        page.locator(".tag.paused").wait_for()
        paused = Run(home / "first").clock.round
        assert paused > 0
        page.get_by_role("button", name="Go on").click()
        page.locator(".tag.running").wait_for()
        page.goto(f"{studio.url}#train")
        page.locator(".training .tag.running").wait_for()
        page.locator(".thumb img[src]").wait_for()
        look(page, "train-list")
        page.click(".card.training")
        page.get_by_role("button", name="Stop").click()
        page.locator(".tag.stopped").wait_for()
        assert Run(home / "first").clock.round >= paused
        page.locator(".sheet[src]").wait_for()
        look(page, "train-stopped")
        page.click("#theme")
        page.click("#language")
        look(page, "train-stopped-dark-zh")
        page.set_viewport_size(PHONE)
        look(page, "phone-train-zh")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        page.get_by_role("button", name="探索").click()
        page.locator(".tile img").first.wait_for()
        page.context.close()
    with studio.person() as me:
        assert "first" in [part["part"]["run"] for part, _ in me.ask("gallery.list")[1]]


def test_what_only_the_process_finds_out_is_told_and_the_end_saves(home, tmp_path):
    trainings = Trainings(tmp_path)
    bad = trainings.begin("bad", ["gan", "--data=nowhere"], ME, {"game": "gan"})
    good = trainings.begin("good", ["lsgan", "--data=ring8", "--minutes=30"], ME, {"game": "lsgan"})
    with pytest.raises(Exception, match="of your trainings"):
        trainings.begin("third", ["gan"], ME, {})
    until(lambda: not bad.alive, 90)
    assert bad.state(False) == "failed"
    assert "unknown source 'nowhere'" in bad.complaint()
    stats = tmp_path / "good" / "stats.jsonl"
    until(lambda: stats.is_file() and stats.stat().st_size, 90)
    trainings.close()
    assert not good.alive
    assert Run(tmp_path / "good").clock.round > 0
    assert Trainings(tmp_path).get("good").state(False) == "paused"


# -- the lab ---------------------------------------------------------------------------------------


def test_the_lab_plays_what_the_trainer_plays():
    """Looking between moves changes nothing, and a round is the same however it is played."""
    for game in ("gan", "unrolled", "wgan_gp"):
        slow, quick = Lab("ring8", game), Lab("ring8", game)
        for _ in range(2):
            quick.round()
            for name in slow.order:
                assert slow.move().name == name
                view = slow.look()
                assert view.made.shape == view.pull.shape == (240, 2)
                assert view.surface.shape == (48 * 48,)
        assert slow.number == quick.number == 2
        for a, b in zip(slow.game.parameters(), quick.game.parameters(), strict=True):
            assert torch.equal(a, b), game


def test_the_pull_is_where_the_makers_loss_falls():
    lab = Lab("ring8", "gan")
    for _ in range(20):
        lab.round()
    view = lab.look()
    near = lab.game.scores(view.made, {})
    there = lab.game.scores(view.made + 1e-3 * view.pull / view.pull.norm(dim=1, keepdim=True), {})
    assert float((there > near).float().mean()) > 0.95


def test_the_lab_moves_move_by_move_in_the_page(opened, look):
    with opened("train/lab") as page:
        page.set_default_timeout(LONG)
        page.get_by_text("D begins").wait_for()
        page.get_by_role("button", name="One move").click()
        page.get_by_text("D moved.").wait_for()
        page.get_by_text("G is next.").wait_for()
        page.get_by_role("button", name="One move").click()
        page.get_by_text("G moved.").wait_for()
        page.get_by_role("button", name="One round").click()
        page.get_by_role("heading", name="Round 2", exact=True).wait_for()
        page.locator("#speed").fill("6")
        page.get_by_role("button", name="Play").click()
        page.wait_for_function(
            "() => +document.querySelector('.roundnumber').textContent.replace(/\\D/g, '') > 60"
        )
        page.locator("#rate-D").fill("-2")
        page.get_by_role("button", name="Pause").click()
        look(page, "lab")
        page.click("#theme")
        look(page, "lab-dark")
        page.select_option(".bar select >> nth=0", "gaussian1d")
        page.select_option(".bar select >> nth=1", "wgan_gp")
        page.locator(".turn").nth(5).wait_for()
        page.get_by_role("button", name="Play").click()
        page.wait_for_function(
            "() => +document.querySelector('.roundnumber').textContent.replace(/\\D/g, '') > 30"
        )
        page.get_by_role("button", name="Pause").click()
        page.click("#language")
        page.get_by_text("走了一步").wait_for()
        look(page, "lab-line-dark-zh")
        page.click("#theme")
        page.set_viewport_size(PHONE)
        look(page, "phone-lab-zh")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        page.context.close()
