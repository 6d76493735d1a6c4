import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from torch import Tensor, nn
from watched import Rows, ToyConfig, play, prepare, shade

from ganvas.core import (
    Adam,
    Batch,
    Game,
    Image,
    Label,
    Listener,
    Move,
    Noise,
    Player,
    Points,
    Space,
    Tokens,
    Trainer,
)
from ganvas.watch import Previews
from ganvas.watch import previews as previews_module
from ganvas.watch.files import frames
from ganvas.watch.pictures import GAP
from ganvas.watch.scenes import real_scene, scene

GREY = Image(1, 8, 8)


@pytest.fixture(autouse=True)
def nothing_went_wrong(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record.getMessage() for record in caplog.records] == []


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Previews that need no rest, so that their number depends on the rounds alone."""
    monkeypatch.setattr(previews_module, "REST", 0.0)
    monkeypatch.setattr(previews_module, "FIRST", 1)


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in (folder / "samples").iterdir())


def pixels(file: Path) -> np.ndarray:
    return np.asarray(Pillow.open(file))


@pytest.mark.usefixtures("hasty")
def test_first_last_real_and_all_of_them_moving(tmp_path: Path):
    play(Previews(tmp_path), rounds=20, space=GREY)
    found = names(tmp_path)
    assert found[0] == "000000000.png"
    assert found[-3:] == ["000000160.png", "animation.gif", "real.png"]
    sizes = {pixels(tmp_path / "samples" / name).shape for name in found[:-2]}
    assert len(sizes) == 1
    with Pillow.open(tmp_path / "samples" / "animation.gif") as moving:
        assert moving.n_frames == len(found) - 2 > 5


@pytest.mark.usefixtures("hasty")
def test_a_run_of_any_length_keeps_few_previews_that_show_all_of_it(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(previews_module, "KEPT", 10)
    monkeypatch.setattr(previews_module, "PAUSE", 0.0)  # one after each round
    play(Previews(tmp_path), rounds=60, space=Image(1, 2, 2), batch=1)
    seen = [int(p.stem) for p in frames(tmp_path)]
    assert len(seen) == 10
    assert seen[0] == 0 < seen[1] <= 3
    assert seen[-1] == 60
    assert max(b / a for a, b in pairwise(seen[1:])) < 2.5


def test_previews_rest_after_work(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(previews_module, "REST", 1e9)
    play(Previews(tmp_path), rounds=60, space=GREY)
    assert len(frames(tmp_path)) <= 3  # the first, one more, the last


def test_pictures_come_from_the_same_inputs(tmp_path: Path):
    trainer = prepare(rounds=1, space=GREY)
    draw = scene(trainer.game, {})
    first = draw(trainer.game)
    torch.rand(3)
    trainer.game.eval()
    assert (np.asarray(first) == np.asarray(draw(trainer.game))).all()
    with torch.no_grad():
        trainer.game.G.net[0].bias += 0.5
    assert (np.asarray(first) != np.asarray(draw(trainer.game))).any()


class Touch(Listener):
    """Notes what the next round would find changed."""

    def __init__(self, inner: Previews) -> None:
        self.inner, self.changed = inner, []

    def after_round(self, trainer: Trainer) -> None:
        trainer.game.G.net[1].eval()  # a part that a game keeps in evaluation mode
        before = self.look(trainer)
        self.inner.after_round(trainer)
        self.changed.append(self.look(trainer) != before)

    def look(self, trainer: Trainer):
        modes = [m.training for m in trainer.game.modules()]
        return modes, torch.get_rng_state().tolist(), id(trainer.game.chance)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("space", [GREY, Points(2)], ids=str)
def test_watching_changes_nothing(tmp_path: Path, space: Space):
    def weights(*listeners: Listener) -> list[Tensor]:
        game = play(*listeners, rounds=3, space=space).game
        return [p.detach() for p in game.state_dict().values()]

    watched = weights(Previews(tmp_path / "a"))
    assert all(map(torch.equal, watched, weights()))
    inner = Previews(tmp_path / "b")
    touch = Touch(inner)
    trainer = prepare(touch, rounds=2, space=space)
    inner.begin(trainer)
    trainer.run()
    assert touch.changed == [False] * 2
    assert len(frames(tmp_path / "b")) == 3


@pytest.mark.usefixtures("hasty")
def test_a_resumed_run_goes_on_in_the_same_folder(tmp_path: Path):
    play(Previews(tmp_path), rounds=30, space=GREY, stop_after=20)
    kept = {p.name: p.read_bytes() for p in frames(tmp_path) if int(p.stem) <= 80}
    trainer, early = (prepare(rounds=30, space=GREY) for _ in range(2))
    for _ in range(10):
        early.round()
    trainer.load(early.state(copied=True))
    trainer.listeners = [watch := Previews(tmp_path)]
    watch.begin(trainer)
    after = {p.name: p.read_bytes() for p in frames(tmp_path)}
    assert after.keys() == kept.keys() | {"000000080.png"}
    assert all(after[name] == kept[name] for name in kept)
    trainer.run()
    assert names(tmp_path)[-3:] == ["000000240.png", "animation.gif", "real.png"]


def test_each_class_has_its_column_and_each_row_its_noise(tmp_path: Path):
    label = Label(3, ("red", "green", "绿"))
    trainer = play(Previews(tmp_path), rounds=1, space=GREY, label=label)
    picture = pixels(frames(tmp_path)[-1]).astype(float)
    assert (picture[:22] > 200).any()  # their names
    tiles = picture[26:].reshape(-1, picture.shape[1])
    columns = [tiles[:, 4 + i * 68 : 68 + i * 68] for i in range(3)]
    shades = [(column[:64].mean() / 127.5) - 1 for column in columns]
    assert shades == pytest.approx(shade(torch.arange(3), 3).tolist(), abs=0.12)
    z = [column[:64] - column[:64].mean() for column in columns]
    assert np.abs(z[0] - z[1]).max() < 2  # the same noise, up to rounding
    real = real_scene(trainer.game, trainer.stream.tables[0].fields)
    assert real is not None
    assert real.size == (picture.shape[1], picture.shape[0])


def test_of_many_classes_some_are_shown():
    game = prepare(space=GREY, label=Label(1000)).game
    assert scene(game, {})(game).width == 12 * 68 + 4


@pytest.mark.parametrize("space", [Points(1), Points(3)], ids=str)
def test_toy_laws_are_drawn(tmp_path: Path, space: Space):
    play(Previews(tmp_path), rounds=2, space=space)
    assert names(tmp_path) == ["000000000.png", "000000016.png", "animation.gif"]
    assert pixels(tmp_path / "samples" / "000000016.png").shape[2] == 3


class Other(Game):
    """Turns whatever its input is into its output, in a way that a test can recognise."""

    def __init__(self, config: ToyConfig, x: Space, y: Space) -> None:
        super().__init__(config)
        self.inputs, self.output = {"x": x} if isinstance(x, Image) else {"z": Noise(4)}, y
        self.G = Player(nn.Linear(1, 1), Adam())

    def play(self, data: Iterator[Batch]) -> Iterator[Move]:
        next(data)
        yield Move(self.G, self.G(torch.ones(1, 1)).sum())

    def generate(self, x: Tensor | None = None, z: Tensor | None = None) -> Tensor:
        if isinstance(self.output, Tokens):
            return (z.abs() * 10).long() % self.output.vocabulary
        return -x.repeat(1, self.output.channels, 1, 1)[:, : self.output.channels]


def run_other(folder: Path, x: Space, y: Space, rows: Tensor) -> list[str]:
    table = Rows({"x": x}, x=rows)
    Trainer(Other(ToyConfig(), x, y), [table], rounds=1, listeners=[Previews(folder)]).run()
    return names(folder)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_translation_stands_beside_its_input(tmp_path: Path, channels: int):
    rows = torch.linspace(-1, 1, 40)[:, None, None, None].expand(-1, 1, 8, 8)
    run_other(tmp_path, GREY, Image(channels, 8, 8), rows)
    picture = pixels(frames(tmp_path)[-1]).reshape(8 * 68 + 4, 8 * 68 + 4 + 3 * 8, -1)
    for pair in range(3):
        left = 4 + pair * (2 * 68 + 8)
        source, made = picture[30, left + 30, 0], picture[30, left + 68 + 30, 0]
        value = rows[pair, 0, 0, 0].item()
        assert source == pytest.approx((value + 1) * 127.5, abs=1)
        if channels < 4:
            assert made == pytest.approx((1 - value) * 127.5, abs=1)
    assert (picture[30, 136:148] == GAP).all()  # pairs stand apart


def test_sentences_are_written_out(tmp_path: Path):
    words = tuple(f"word{i}" for i in range(7))
    space = Tokens(7, 4, words)
    rows = torch.randint(7, (40, 4))
    assert run_other(tmp_path, space, space, rows) == ["000000000.txt", "000000008.txt", "real.txt"]
    text = (tmp_path / "samples" / "000000008.txt").read_text()
    assert re.fullmatch(r"((word[0-6] ){3}word[0-6]\n){24}", text)
    first = (tmp_path / "samples" / "real.txt").read_text().splitlines()[0]
    assert first == " ".join(words[i] for i in rows[0])


def test_sentences_without_names_are_numbers(tmp_path: Path):
    space = Tokens(7, 4)
    run_other(tmp_path, space, space, torch.randint(7, (40, 4)))
    assert re.fullmatch(r"([0-6 ]{7}\n){24}", (tmp_path / "samples" / "000000000.txt").read_text())


@pytest.mark.usefixtures("hasty")
def test_an_unwritable_folder_is_told_once_and_the_run_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / "samples").write_text("a file where a folder should be")
    trainer = play(Previews(tmp_path), rounds=10, space=GREY)
    assert trainer.clock.round == 10
    assert len(caplog.records) == 1
    assert "The run goes on without it." in caplog.records[0].getMessage()
    assert trainer.game.training
    caplog.clear()


@pytest.mark.usefixtures("hasty")
def test_after_trouble_no_preview_is_of_what_did_not_happen(tmp_path: Path):
    class Look(Listener):
        def trouble(self, trainer: Trainer, error: Exception) -> None:
            self.seen = [int(p.stem) for p in frames(tmp_path)]

    look = Look()
    play(Previews(tmp_path), look, rounds=8, space=GREY, breaks_in=5)
    assert look.seen == [0]
