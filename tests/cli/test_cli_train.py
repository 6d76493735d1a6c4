"""`ganvas train`, `ganvas train --resume` and `ganvas demo`."""

import json
import shutil
import signal

import pytest
from PIL import Image

from ganvas.cli import demo
from ganvas.core import Trainer
from ganvas.core.run import Run


def test_a_run_ends_with_where_it_is_and_what_to_type_next(ganvas, tmp_path):
    said = ganvas("train gan --steps 2 --out {}", tmp_path / "my run")
    lines = said.out.splitlines()
    assert said.code == 0
    assert lines[0].startswith("gan: done after round 2 (128 images, ")
    assert lines[1].endswith("my run")
    assert lines[2].endswith("my run/samples/000000128.png")
    assert lines[3].endswith("my run/report.html")
    assert lines[4].endswith("my run' -n 64 -o grid.png")
    assert lines[5].endswith("my run' --steps 4")
    assert "round 2" in said.err  # the progress goes elsewhere


def test_the_result_as_json_is_one_object_alone(ganvas, tmp_path):
    said = ganvas("train gan --steps 2 --json --out {}", tmp_path / "r")
    made = said.json()
    assert {k: made[k] for k in ("game", "rounds", "images", "ended")} == {
        "game": "gan", "rounds": 2, "images": 128, "ended": "done"
    }  # fmt: skip
    assert made["run"] == str(tmp_path / "r")
    assert made["seconds"] > 0
    assert {"loss/D", "loss/G"} <= made["figures"].keys()
    with Image.open(made["picture"]) as drawn:
        assert min(drawn.size) > 100
    assert "round 2" in said.err


def test_options_reach_the_run(ganvas, tmp_path):
    ganvas(
        "train --quiet wgan_gp --steps 1 --out {} --lr '1e-3@0 0@1' --ema none --critic-steps 2 "
        "--seed 9 --clip-norm 2 --patience 5 --batch 32 --micro-batches 2 --betas 0.5,0.9",
        tmp_path / "r",
    )
    plan = Run(tmp_path / "r").plan
    assert (plan.game, plan.seed, plan.rounds) == ("wgan_gp", 9, 1)
    config = {k: plan.config[k] for k in ("lr", "ema", "critic_steps", "batch", "betas")}
    assert config == {
        "lr": "0.001@0 0@1", "ema": None, "critic_steps": 2, "batch": 32, "betas": [0.5, 0.9]
    }  # fmt: skip
    compute = {k: plan.settings[k] for k in ("clip_norm", "patience", "micro_batches")}
    assert compute == {"clip_norm": 2.0, "patience": 5, "micro_batches": 2}


def test_size_and_fit_reach_the_data(ganvas, tmp_path):
    ganvas("train gan --quiet --images 64 --size 6x8 --fit stretch --out {}", tmp_path / "r")
    run = Run(tmp_path / "r")
    assert run.sample(2).shape == (2, 1, 6, 8)
    assert (run.plan.data["fit"], run.plan.config["images"], run.clock.round) == ("stretch", 64, 1)


def test_auto_is_the_command_that_it_prints(ganvas, tmp_path):
    said = ganvas("train auto --data faces --steps=2 --width 4 --json --out {}", tmp_path / "a")
    made = said.json()
    assert made["game"] == "dcgan"
    lines = [line for line in said.err.splitlines() if line.startswith("auto: ")]
    assert lines[0] == "auto: dcgan: 100 pictures without labels"
    command = lines[-1].removeprefix("auto: ganvas ")
    again = ganvas(command.replace(str(tmp_path / "a"), "{}"), tmp_path / "b").json()
    assert again["figures"] == made["figures"]
    plans = [vars(Run(tmp_path / folder).plan) | {"created": ""} for folder in "ab"]
    assert plans[0] == plans[1]
    assert plans[0]["config"]["width"] == 4


def test_auto_with_quiet_says_nothing_of_its_picks(ganvas, tmp_path):
    assert ganvas("train --quiet auto --data ring8 --steps 1 --out {}", tmp_path).err == ""


def test_help_for_a_game_has_the_values_of_its_preset(ganvas):
    said = ganvas("train dcgan --preset paper --help")
    assert said.code == 0
    for words in ("Convolutional GANs (2015)", "--batch N", "(default: 128)", "--precision {fp32,",
                  "--save-every X", "--ema X", "(default: lsun)"):  # fmt: skip
        assert words in said.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "train which game? there are: acgan"),
        ("dcgn", "did you mean 'dcgan'?"),
        ("auto", "it needs --data"),
        ("auto --data no/such", "there is no folder 'no/such'"),
        ("auto --data faces --bach 3", "ganvas train dcgan has no option --bach"),
        ("auto --data faces --size 17", "must be multiples of 4"),
        ("--data dcgan", "train which game?"),
        ("gan --preset huge", "unknown preset"),
        ("gan --bach 3", "ganvas train gan has no option --bach; did you mean --batch?"),
        ("gan --batch four", "--batch must be a whole number, not 'four'"),
        ("gan --batch 0", "batch must be int, 1 or more, not 0"),
        ("gan --precision fp8", "--precision must be fp32 or bf16, not 'fp8'"),
        ("gan --data digts", "did you mean 'digits'?"),
        ("gan --data no/such", "there is no folder 'no/such'"),
        ("gan --data tokens", "gan needs x to be Image"),
        ("cgan --data faces", "cgan needs label"),
        ("dcgan --size 17", "must be multiples of 4, such as 16x16 or 20x20"),
        ("gan --channels 7", "channels must be 1 (grey), 3 (RGB) or 4 (RGBA), not 7"),
        ("gan --steps 3 --minutes 1", "give one length, not --steps and --minutes"),
        ("gan --steps 0", "--steps must be above 0"),
        ("gan --from 3", "--from goes with --resume"),
        ("gan vae", "ganvas train gan does not take 'vae'"),
        ("--resume", "--resume needs the folder of a run"),
        ("--resume {tmp}", "is no run: it has no config.json"),
    ],
)
def test_wrong_use_is_told_in_a_line_and_leaves_nothing_behind(ganvas, tmp_path, words, message):
    words = words.replace("{tmp}", str(tmp_path))
    out = "" if "--resume" in words else f" --out {tmp_path / 'r'}"
    said = ganvas(f"train {words}{out}")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("ganvas: error: ")
    assert said.err.count("\n") == 1
    assert message in said.err
    assert not any(tmp_path.iterdir())


def test_a_folder_that_is_taken_is_left_alone(ganvas, tmp_path):
    (tmp_path / "letters.txt").write_text("dear")
    said = ganvas("train gan --out {}", tmp_path)
    assert (said.code, "exists already" in said.err) == (2, True)
    assert [file.name for file in tmp_path.iterdir()] == ["letters.txt"]


# -- going on ------------------------------------------------------------------------------------


@pytest.fixture
def copied(digits_run, tmp_path):
    return shutil.copytree(digits_run, tmp_path / "copied")


def test_a_run_goes_on(ganvas, copied):
    made = ganvas("train --resume {} --steps 5 --json --quiet", copied).json()
    assert (made["rounds"], made["images"], made["ended"]) == (5, 320, "done")
    again = ganvas("train gan --resume={} --steps=4", copied)
    assert (again.code, "has reached its goal" in again.err) == (2, True)


def test_a_run_goes_back_first(ganvas, copied):
    whole = {round_: ganvas(f"train --resume {{}} --steps {round_} --json --quiet", copied).json()
             for round_ in (4, 6)}  # fmt: skip
    weights = (copied / "weights.safetensors").read_bytes()
    made = ganvas("train --resume {} --from 4 --steps 6 --json --quiet", copied).json()
    assert made["figures"] == whole[6]["figures"]
    assert (copied / "weights.safetensors").stat().st_size == len(weights)
    lost = ganvas("train --resume {} --from 5 --steps 9", copied)
    assert (lost.code, "no checkpoint of round 5" in lost.err) == (1, True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--lr 3", "--lr contradicts --resume"),
        ("--data=faces", "--data contradicts --resume"),
        ("--micro_batches 2", "--micro-batches contradicts --resume"),
        ("--stesp 2", "did you mean --steps?"),
        ("dcgan", "is a run of gan, not of dcgan"),
        ("--steps 9 --minutes 2", "give one length"),
    ],
)
def test_what_contradicts_a_resume_is_named(ganvas, copied, words, message):
    before = (copied / "weights.safetensors").read_bytes()
    said = ganvas(f"train {words} --resume {{}}", copied)
    assert (said.code, said.out, message in said.err) == (2, "", True), said.err
    assert (copied / "weights.safetensors").read_bytes() == before


def test_a_damaged_run_is_refused(ganvas, copied):
    for file in copied.rglob("weights.safetensors"):
        file.write_bytes(file.read_bytes()[:-9] + b"somewhat!")
    for command in ("train --resume {} --steps 9", "sample {}"):
        said = ganvas(command, copied)
        assert (said.code, "Traceback" in said.err) == (1, False)
        assert "refused the checkpoint" in said.err


def test_ctrl_c_ends_the_round_and_says_how_to_go_on(ganvas, tmp_path, monkeypatch):
    play = Trainer.round

    def interrupted(trainer):
        play(trainer)
        if trainer.clock.round == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Trainer, "round", interrupted)
    said = ganvas("train gan --quiet --out {}", tmp_path / "r")
    assert said.code == 0
    assert "gan: stopped by SIGINT after round 2; everything is saved" in said.out
    assert f"go on    ganvas train --resume {tmp_path / 'r'}\n" in said.out
    assert (
        ganvas("train --resume {} --steps 3 --json --quiet", tmp_path / "r").json()["rounds"] == 3
    )


def test_a_full_disk_is_told_in_a_line(ganvas, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ganvas.core.checkpoint.save_file", full)
    said = ganvas("train gan --quiet --steps 1 --out {}", tmp_path / "r")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("ganvas: error: cannot write a checkpoint")


# -- the demo ------------------------------------------------------------------------------------


def test_the_demo_draws_digits_and_says_what_to_type_next(ganvas, tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "SECONDS", 0.05)
    monkeypatch.setattr(demo, "SAMPLES", 120)
    said = ganvas("demo --out {}", tmp_path / "r")
    picture = tmp_path / "r" / "digits.png"
    assert said.code == 0
    assert f"picture  {picture}" in said.out
    assert f"report   {tmp_path / 'r' / 'report.html'}" in said.out
    assert "ganvas sample" in said.out
    assert "real handwritten digits" in said.out
    with Image.open(picture) as drawn:
        assert min(drawn.size) >= 600
    plan = Run(tmp_path / "r").plan
    assert (plan.game, plan.data["source"]) == ("dcgan", "digits")


def test_the_demo_as_json(ganvas, tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "SECONDS", 0.05)
    monkeypatch.setattr(demo, "SAMPLES", 100)
    said = ganvas("demo --json --out {}", tmp_path / "r")
    assert json.loads(said.out)["picture"] == str(tmp_path / "r" / "digits.png")
    assert "real handwritten digits" in said.err
    assert ganvas("demo --size 3").code == 2


def test_the_demo_trains_for_a_minute_at_most():
    assert 20 <= demo.SECONDS <= 60
