"""What is shown of a generator: the right points in the right places, in files that open."""

import gc

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from runs import untrained

from ganvas import data
from ganvas.core import Config, Image, Label, Noise, UsageError, checkpoint, registry
from ganvas.core.clock import Clock
from ganvas.core.plan import Plan
from ganvas.core.run import Run
from ganvas.tools import films, points
from ganvas.tools.explore import insides
from ganvas.tools.explore.action import Study, blank, styles_of
from ganvas.tools.explore.blends import Arithmetic, Mix
from ganvas.tools.explore.exploring import ACTIONS, explore
from ganvas.tools.explore.insides import Dissect, Features
from ganvas.tools.explore.variations import Seeds, Sweep, Traverse
from ganvas.tools.explore.walks import Grid, Interpolate
from ganvas.tools.latent import Latent
from ganvas.watch.pictures import GAP, grid
from tiny import Tiny, tiny


@pytest.fixture(autouse=True)
def _known():
    registry._registered["tiny"] = Tiny
    yield
    registry._registered.pop("tiny", None)


@pytest.fixture
def styled(tmp_path):
    """A run of the game with styles, and of one that is told a class too."""

    def make(*, labels=False):
        game = tiny(labels=labels)
        spaces = {"x": game.output, **({"label": game.inputs["label"]} if labels else {})}
        plan = Plan.of("tiny", Config(), spaces, {"source": "nowhere"})
        return saved(Run.create(tmp_path / f"tiny{labels}", plan), game)

    return make


def saved(run, game):
    """The run with the weights of a game."""
    state = checkpoint.State(game.state_dict(), {"clock": Clock().to_json()})
    checkpoint.save(run.folder, state, {})
    return Run(run.folder)


@pytest.fixture
def plain(tmp_path):
    """A DCGAN whose first weights are so large that its pictures differ."""
    spaces = {"x": Image(1, 16, 16)}
    run = untrained(tmp_path / "dcgan", "dcgan", spaces, width=4, data={"source": "digits"})
    with torch.no_grad():
        for weight in run.game.G.parameters():
            weight.mul_(8 if weight.ndim > 1 else 1)
    return saved(run, run.game)


def study(run, **how):
    return Study(run, Latent(run.game, **how))


def same(a, b):
    return torch.allclose(a, b, atol=2e-5)


# -- walks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("space", ["z", "w", "w+"])
def test_a_strip_goes_from_seed_to_seed(styled, space):
    here = study(styled(), space=space)
    sheet = Interpolate(seeds=(4, 9, 2), frames=5).sheet(here)
    pictures = here.latent.show(here.latent.at([4, 9, 2]))
    rows = sheet.images.view(2, 5, 3, 16, 16)
    assert same(rows[0, 0], pictures[0])
    assert same(rows[0, 4], pictures[1])
    assert same(rows[1, 0], pictures[1])
    assert same(rows[1, 4], pictures[2])
    assert not same(rows[0, 2], rows[0, 1])
    assert sheet.side == ["4 to 9", "9 to 2"]
    assert sheet.about["how"] == ("spherical" if space == "z" else "linear")
    assert (sheet.picture().mode, sheet.columns) == ("RGB", 5)


def test_a_video_comes_back_to_where_it_began(plain):
    """Each frame once: the step from the last to the first is one like all others."""
    here = study(plain)
    asked = Interpolate(seeds=(1, 5, 9), frames=4)
    frames = torch.cat(list(asked.film(here)))
    keys = here.latent.at([1, 5, 9])
    assert len(frames) == 12
    assert same(frames[::4], here.latent.show(keys))
    assert same(frames[11:], here.latent.show(here.latent.between(keys[2:], keys[:1], 0.75)))


def test_a_grid_has_its_corners_and_is_even_between(styled):
    here = study(styled())
    sheet = Grid(seeds=(1, 2, 3, 4), rows=3, columns=5).sheet(here)
    tiles = sheet.images.view(3, 5, 3, 16, 16)
    corners = here.latent.at([1, 2, 3, 4])
    ends = torch.stack([tiles[0, 0], tiles[0, -1], tiles[-1, 0], tiles[-1, -1]])
    assert same(ends, here.latent.show(corners))
    assert same(tiles[1, 2], here.latent.show(corners.mean(0, keepdim=True))[0])


# -- blends --------------------------------------------------------------------------------------


def test_arithmetic_adds_the_means_of_groups(plain):
    here = study(plain)
    sheet = Arithmetic(start=(1, 2, 3), minus=(4,), plus=(5, 6)).sheet(here)
    z = here.latent.at([1, 2, 3, 4, 5, 6])
    result = z[:3].mean(0) - z[3] + z[4:].mean(0)
    rows = sheet.images.view(4, 4, 1, 16, 16)
    assert same(rows[3, 3], here.latent.show(result[None])[0])
    assert same(rows[:3, 0], here.latent.show(z[:3]))
    assert same(rows[3, 0], here.latent.show(z[:3].mean(0, keepdim=True))[0])
    assert same(rows[1, 1], blank(rows[1, 1]))
    assert sheet.header == ["start", "- minus", "+ plus", "= result"]
    assert np.allclose(sheet.about["point"], result, atol=1e-5)
    longer = Arithmetic(start=(1, 2, 3), plus=(5, 6), rescale=True).sheet(here)
    assert np.linalg.norm(longer.about["point"]) == pytest.approx(4.0, 1e-4)


def test_arithmetic_by_label_asks_for_the_class_where_w_knows_it(styled):
    run = styled(labels=True)
    here = study(run, label="a")
    sheet = Arithmetic(start=("a",), minus=("b",), plus=("c",), by="label", number=20).sheet(here)
    means = [Latent(run.game, label=word).draw(20, 0).mean(0) for word in "abc"]
    assert np.allclose(sheet.about["point"], means[0] - means[1] + means[2], atol=1e-4)
    with pytest.raises(UsageError, match="told the class beside z"):
        Arithmetic(start=("a",), minus=("b",), by="label").sheet(study(run, space="z"))


def test_arithmetic_by_label_finds_classes_with_a_classifier(plain, monkeypatch):
    class Brightness:
        """Class 3: what is brighter than half of all."""

        def probabilities(self, x):
            bright = x.mean((1, 2, 3))
            sure = torch.full((len(x), 10), 0.01)
            sure[:, 3] = bright.argsort().argsort() / len(x)
            sure[:, 7] = 0.5
            return sure

    monkeypatch.setattr("ganvas.tools.explore.groups.features", lambda *_: Brightness())
    here = study(plain)
    sheet = Arithmetic(start=("3",), minus=("7",), by="label", number=8).sheet(here)
    rows = sheet.images.view(5, 3, 1, 16, 16)
    assert rows[:4, 0].mean() > rows[:4, 1].mean()
    with pytest.raises(UsageError, match="none shows '5'"):
        Arithmetic(start=("5",), minus=("7",), by="label").sheet(here)
    with pytest.raises(UsageError, match="no class 'cat' among the 10"):
        Arithmetic(start=("cat",), minus=("7",), by="label").sheet(here)


def test_a_mixing_grid_takes_the_chosen_styles_of_the_columns(styled):
    here = study(styled())
    sheet = Mix(styles="2-3", rows=(1, 2), columns=(7, 8, 9)).sheet(here)
    tiles = sheet.images.view(3, 4, 3, 16, 16)
    wide = here.latent.into("w+")
    a, b = wide.at([1, 2]), wide.at([7, 8, 9])
    w = a[1].clone()
    w[2:4] = b[2, 2:4]
    assert same(tiles[2, 3], wide.show(w[None])[0])
    assert same(tiles[1:, 0], wide.show(a))
    assert same(tiles[0, 1:], wide.show(b))
    assert sheet.about["styles"] == [2, 3]
    every = Mix(styles="all", rows=(1,), columns=(7, 8)).sheet(here).images.view(2, 3, 3, 16, 16)
    assert same(every[1, 1:], every[0, 1:])


def test_ranges_of_styles_are_those_of_the_paper():
    assert styles_of("coarse", 18, "g") == [0, 1, 2, 3]
    assert styles_of("middle", 18, "g") == [4, 5, 6, 7]
    assert styles_of("fine", 18, "g") == [*range(8, 18)]
    assert styles_of("middle", 6, "g") == [4, 5]
    assert styles_of("all", 6, "g") == [*range(6)]
    assert styles_of("3", 6, "g") == [3]
    assert styles_of("0-1,4", 6, "g") == [0, 1, 4]
    for text, message in [
        ("fine", "'fine' holds no style: g draws from 6: coarse 0-3, middle 4-5, all 0-5"),
        ("", "styles are coarse, middle, fine, all or numbers"),
        ("2-1", "numbers as 0-3; not '2-1'"),
        ("corse", "not 'corse'"),
        ("4-6", "draws from 6 styles, 0 to 5: there is no 6"),
        ("1-2-3", "not '1-2-3'"),
    ]:
        with pytest.raises(UsageError, match=message):
            styles_of(text, 6, "g")


def test_points_of_files_stand_for_seeds(styled, tmp_path):
    """As `ganvas edit RUN project` writes them, in the space at hand or in one before it."""
    here = study(styled(), seed=3)
    for space in ("z", "w", "w+"):
        latent = Latent(here.latent.game, space)
        points.write(tmp_path / f"{space}.safetensors", latent, latent.draw(1, 8))
    z, w, wide = (str(tmp_path / f"{space}.safetensors") for space in ("z", "w", "w+"))
    assert same(here.at([8]), here.at([z]))
    sheet = Interpolate(seeds=(z, 2, w), frames=3).sheet(here)
    assert same(sheet.images[0], sheet.images[5])
    assert same(sheet.images[0], here.latent.show(here.latent.draw(1, 8))[0])
    assert sheet.side == ["z to 2", "2 to w"]
    mixed = Mix(rows=(wide,), columns=(1,), styles="all").sheet(here).images
    assert same(mixed[2], here.latent.show(here.at([8]))[0])
    along = Traverse(point=wide, number=1, steps=3).sheet(study(here.run, space="w+", seed=3))
    assert same(along.images[1], mixed[2])
    with pytest.raises(UsageError, match=r"holds points of w\+: take --space w\+"):
        here.at([wide])
    with pytest.raises(UsageError, match="there is no file"):
        here.at(["nowhere.safetensors"])
    with pytest.raises(UsageError, match="a picture is a seed, a whole number, or FILE"):
        here.at(["cat"])


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_blank_tiles_are_not_seen(channels):
    tile = blank(torch.zeros(channels, 8, 8))
    assert (np.asarray(grid(tile[None], 1)) == GAP).all()


# -- variations ----------------------------------------------------------------------------------


def test_seeds_are_those_of_sample(plain):
    sheet = Seeds(seed=5, number=7, columns=3).sheet(study(plain))
    assert sheet.side == ["5", "8", "11"]
    assert same(sheet.images[4], plain.sample(1, seed=9)[0].clamp(-1, 1))


@pytest.mark.parametrize("method", ["pca", "sefa"])
def test_a_traversal_goes_through_its_picture(plain, method):
    here = study(plain)
    sheet = Traverse(method=method, number=3, steps=5, reach=2.0, seed=4).sheet(here)
    rows = sheet.images.view(3, 5, 1, 16, 16)
    assert same(rows[:, 2], here.latent.show(here.latent.draw(1, 4)).expand(3, -1, -1, -1))
    assert sheet.header == ["-2", "-1", "0", "+1", "+2"]
    change = (rows[:, 4] - rows[:, 0]).flatten(1).norm(dim=1)
    assert (change > 0.01).all()


def test_a_traversal_moves_the_styles_that_are_meant(styled):
    here = study(styled())
    sheet = Traverse(layers="4-5", number=2, method="sefa").sheet(here)
    assert sheet.about["styles"] == [4, 5]
    assert sheet.about["of"].startswith("16 rows of affine maps")


def test_a_sweep_goes_from_the_mean_to_the_seeds(styled):
    here = study(styled())
    tiles = Sweep(seeds=(3, 4), levels=(0.0, 0.5, 1.0)).sheet(here).images.view(2, 3, 3, 16, 16)
    assert same(tiles[0, 0], tiles[1, 0])
    assert same(tiles[:, 0], here.latent.show(here.latent.centre).expand(2, -1, -1, -1))
    assert same(tiles[:, 2], here.latent.show(here.latent.at([3, 4])))


def test_a_sweep_of_z_has_thresholds(plain):
    here = study(plain)
    sheet = Sweep(seeds=(3,), levels=(0.5, 2.0)).sheet(here)
    drawn = torch.cat([here.latent.draw(1, 3, truncation=t) for t in (0.5, 2.0)])
    assert same(sheet.images, here.latent.show(drawn))
    assert sheet.header == ["< 0.5", "< 2"]


# -- insides -------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", ["G", "D"])
def test_features_are_the_maps_of_the_picture(plain, of):
    here = study(plain)
    sheet = Features(of=of, number=3, seed=2).sheet(here)
    assert same(sheet.images[0], here.latent.show(here.latent.draw(1, 2))[0])
    layers = len(sheet.about["units"])
    assert len(sheet.images) == 3 * (1 + layers)
    assert layers == 2  # the convolutions of 4x4 and 8x8, after norm and ReLU
    assert all(name.startswith(f"{of}.layers.") for name in sheet.about["units"])
    maps = sheet.images[3:]
    assert float(maps.amin()) == -1
    assert float(maps.amax()) == 1


def test_all_maps_of_one_layer(plain):
    sheet = Features(layer="0").sheet(study(plain))
    assert "G.layers.0" in sheet.about["layer"]
    assert len(sheet.images) == sheet.columns == 8
    conv = plain.game.G.best.layers[0]
    seen = []
    handle = conv.register_forward_hook(lambda *given: seen.append(given[2]))
    plain.game.sample(1, seed=0)
    handle.remove()
    unit = seen[0][0, 5]
    scaled = 2 * (unit - unit.min()) / (unit.max() - unit.min()) - 1
    assert same(sheet.images[5, 0, ::4, ::4], scaled)


def test_a_dissection_and_pictures_without_units(plain, monkeypatch):
    monkeypatch.setattr(insides, "_namer", lambda _: (None, ()))
    here = study(plain)
    sheet = Dissect(pictures=64, number=3, rows=2).sheet(here)
    assert len(sheet.images) == 6
    assert sheet.side[0].startswith(sheet.about["concepts"][0]["concept"])
    without = Dissect(units=(0, 1), layer="2", number=3).sheet(here)
    assert len(without.images) == 9
    assert not same(without.images[:3], without.images[3:6])
    assert set(without.about["effects"]) >= {"dark", "edges"}


# -- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", [*ACTIONS])
def test_every_action_writes_a_picture(styled, tmp_path, action):
    asked = {
        "arithmetic": {"start": (1, 2), "minus": (3,), "plus": (4,)},
        "dissect": {"pictures": 64, "number": 2, "units": (1,)},
        "features": {"number": 4},
    }.get(action, {})
    file = tmp_path / "a.png"
    done = explore(styled(), action, file, truncation=None, **asked)
    with Pillow.open(file) as picture:
        picture.load()
        assert picture.size == done.size
        assert picture.mode == "RGB"
        assert np.asarray(picture).std() > 5
    assert [f.name for f in tmp_path.glob("*a.png*")] == ["a.png"]
    again = explore(styled_again(done), action, **asked)
    assert again.output is None
    assert np.array_equal(np.asarray(again.picture), np.asarray(Pillow.open(file)))


def styled_again(done):
    return Run(done.run)


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_videos_without_more_than_pillow(plain, tmp_path, suffix):
    file = tmp_path / f"a{suffix}"
    done = explore(plain, "interpolate", file, seeds=(1, 2), frames=3, fps=10)
    with Pillow.open(file) as film:
        assert (film.n_frames, film.size, film.info.get("loop")) == (6, (256, 256), 0)
        film.seek(5)
        film.load()
        assert film.info["duration"] == 100
    assert (done.frames, done.size) == (6, (256, 256))


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # imageio-ffmpeg leaves its pipes to Python
def test_mp4_by_the_extra(plain, tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    file = tmp_path / "a.mp4"
    done = explore(plain, "interpolate", file, seeds=(1, 2), frames=5, fps=10)
    reader = ffmpeg.read_frames(str(file))
    about = next(reader)
    frames = [np.frombuffer(frame, np.uint8).reshape(256, 256, 3) for frame in reader]
    assert (len(frames), about["size"], about["fps"]) == (10, (256, 256), 10)
    drawn = np.asarray(explore(plain, "seeds", seed=1, number=1).picture)
    assert abs(float(frames[0].mean()) - float(drawn[6:-6].mean())) < 30
    assert done.frames == 10
    assert not list(tmp_path.glob(".*draft*"))
    del reader
    gc.collect()


def test_odd_frames_are_made_even():
    (pixels,) = films._even([Pillow.new("L", (5, 3), 9)])
    assert pixels.shape == (4, 6, 3)
    assert (pixels == 9).all()


def test_mp4_without_the_extra_says_how(plain, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "imageio_ffmpeg", None)
    with pytest.raises(UsageError, match=r"pip install 'ganvas\[video\]'; .gif and .webp"):
        explore(plain, "interpolate", tmp_path / "a.mp4")


@pytest.mark.parametrize(
    ("action", "asked", "message"),
    [
        ("walk", {}, "unknown action of explore 'walk'"),
        ("mixx", {}, "did you mean 'mix'"),
        ("seeds", {"seedz": 1}, "did you mean 'seed'"),
        ("seeds", {"number": 0}, "number must be int, 1 or more, not 0"),
        ("interpolate", {"seeds": (3,)}, "takes two at least"),
        ("interpolate", {"frames": 1}, "2 frames at least"),
        ("interpolate", {"fps": 0.0}, "fps must be above 0"),
        ("interpolate", {"truncation": -1.0}, "threshold of at least 0.02"),
        ("interpolate", {"label": 3}, "knows no classes"),
        ("interpolate", {"space": "w"}, "draws from no styles"),
        ("grid", {"seeds": (1, 2, 3)}, "four corners"),
        ("grid", {"rows": 1}, "2 rows and 2 columns"),
        ("mix", {}, "nothing to mix: dcgan draws from no styles"),
        ("arithmetic", {}, "takes groups of seeds"),
        ("arithmetic", {"start": (1,), "plus": ("cat",)}, "whole numbers, not 'cat'; --by label"),
        ("arithmetic", {"start": (1,), "plus": (2,), "by": "name"}, "by seed or by label"),
        ("traverse", {"layers": "coarse"}, "no styles to choose from"),
        ("traverse", {"reach": 0.0}, "reach above 0"),
        ("sweep", {"levels": (0.0, 1.0)}, "threshold of at least 0.02"),
        ("sweep", {"truncation": 0.5}, "give --levels, not --truncation"),
        ("dissect", {"space": "z"}, "leave out --space"),
        ("dissect", {"units": (900,)}, "has the units 0 to"),
        ("features", {"layer": "99"}, "no layer 99"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(plain, tmp_path, action, asked, message):
    with pytest.raises(UsageError, match=message):
        explore(plain, action, tmp_path / "a.png", **asked)
    assert not (tmp_path / "a.png").exists()


def test_games_without_pictures_noise_or_truncation(tmp_path):
    law = untrained(tmp_path / "a", "pacgan", {"x": registry.card("pacgan").output})
    with pytest.raises(UsageError, match="makes points, no pictures"):
        explore(law, "seeds")
    pictures = {"x": Image(1, 12, 12), "y": Image(1, 12, 12)}
    translator = untrained(tmp_path / "b", "cyclegan", pictures, width=4, blocks=1)
    with pytest.raises(UsageError, match="draws from no noise.*ganvas translate"):
        explore(translator, "seeds")
    label = {"x": Image(1, 16, 16), "label": Label(10)}
    uniform = untrained(tmp_path / "c", "cgan", label)
    assert uniform.game.inputs["z"] == Noise(32, "uniform")
    with pytest.raises(UsageError, match="cannot be truncated: its noise is uniform"):
        explore(uniform, "sweep")
    with pytest.raises(UsageError, match="no class '10' among the 10"):
        explore(uniform, "seeds", label=10)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"styles": "fine"}, "'fine' holds no style: tiny draws from 6"),
        ({"space": "z"}, "mixed in w, not in z"),
    ],
)
def test_mixing_what_is_not_there(styled, asked, message):
    with pytest.raises(UsageError, match=message):
        explore(styled(), "mix", **asked)


def test_groups_of_data_without_labels(styled, monkeypatch):
    faces = data.load("faces", fields=("x",), size=16)
    monkeypatch.setattr(data, "held_out", lambda *_: faces)
    with pytest.raises(UsageError, match="has no labels to find groups by"):
        explore(styled(), "arithmetic", start=("a",), minus=("b",), by="label")
