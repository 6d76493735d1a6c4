"""What `ganvas --help` and `ganvas VERB --help` print: text alone, so that it is there at once."""

from __future__ import annotations

from ganvas.cli.pages_data import DATA
from ganvas.cli.pages_measure import COMPARE, EVALUATE, MEASURE
from ganvas.cli.pages_pictures import EDIT, EXPLORE, IMPORT, TRANSLATE
from ganvas.cli.pages_pretrained import PRETRAINED
from ganvas.cli.pages_studio import STUDIO

HELP = ("-h", "--help")

_GANVAS = """\
ganvas: the workshop for generative adversarial networks

usage: ganvas VERB ...

begin
  demo       train on real handwritten digits and look at the result: 2 minutes
see what there is
  list       the games, one for each paper
  show       a game's card: paper, idea, players, moves, options
  data       sources of data; check a folder of your own before training on it
  pretrained generators that come with ganvas: sample from them at once
work
  train      train a game, or go on with a run
  sample     draw from a trained run: a picture, a folder of pictures, an array
  explore    what a generator has learned: walks, sums, mixtures, directions
  edit       your own pictures in a generator: found, or their holes filled
  translate  pictures of any size by a trained run: a file, a folder, a pattern
  studio     a web page for all of this: sample, explore, translate, compare
  import     make a run of weights that others have trained with PyTorch
measure
  evaluate   figures of a run with their protocol; or ask people (--human)
  compare    runs side by side: a table, and a plot over their training
  measure    figures of one folder of images against another
  doctor     what is wrong with a run, why, and what to try

  ganvas VERB --help        about a verb
  ganvas train GAME --help  every option of a game, with its default
  ganvas --version

examples
  ganvas demo
  ganvas show dcgan
  ganvas train dcgan --data digits --minutes 1
  ganvas train dcgan --data my/pictures/ --size 32 --out runs/mine
  ganvas train --resume runs/mine --minutes 10
  ganvas sample runs/mine -n 64 -o grid.png

Results go to standard output, progress and errors to standard error.
Exit codes: 0 done, 2 wrong use, 1 failed. GANVAS_DEBUG=1 shows where an error
comes from.
"""

_DEMO = """\
usage: ganvas demo [--out RUN] [--json]

The first two minutes: trains a DCGAN on 901 real handwritten digits (as many
are held back), small enough for a CPU, draws digits nobody wrote, and keeps
the third that the discriminator likes best. Nothing is downloaded.

  --out RUN  the folder of the run; a new one below runs/ unless given
  --json     print the result as one JSON object
"""

_LIST = """\
usage: ganvas list [--json]

The games: name, year and title of the paper, what a game takes and makes, its
parameters, and the data that it trains on unless told otherwise; sizes are
those of the default preset.

  --json     print the table as JSON
"""

_SHOW = """\
usage: ganvas show GAME [--preset P] [--json]

A game's card: paper and idea, players with their parameters, what it takes and
makes, what its data must have, the order of moves of one round, its stages, its
presets, and every option with its type, default and meaning. The networks are
counted without being made: no size costs memory.

  --preset P  default, or paper for the paper's own size
  --json      print the card as JSON

examples
  ganvas show dcgan
  ganvas show cyclegan --preset paper
"""

_TRAIN = """\
usage: ganvas train GAME [options]
       ganvas train auto --data SOURCE [options]
       ganvas train --resume RUN [--from ROUND] [options]

Trains a game and keeps the run in a folder: weights, figures, pictures, report.
`ganvas train GAME --help` adds the game's own options (--lr, --batch ...).

auto picks what suits the data and the machine, unless given, and says why.

the data
  --data SOURCE        a built-in source (ganvas data list), a folder of images
  --size N or HxW      of the images: 32 for squares, 24x32 for height x width
  --channels C         1 grey, 3 RGB, 4 RGBA; what the data has unless given
  --fit HOW            crop, pad or stretch images of another shape (crop)
  --labels-per-class N few labels: so many of each class are shown (10)
  --label-draw D       which rows these are (0)
  --partner P          makes the input of single pictures: grey, edges,
                       negative, smaller:N, holed[:AREA], holed:centre,
                       blurred[:LENGTH]
  --to A|B             which of two sides is to be made (B)
the run
  --out RUN            its folder; a new one below runs/ unless given
  --steps N            end after N rounds ...
  --images N           ... or after N real images, repeats counted ...
  --minutes M          ... or after M minutes
  --preset P           default, or paper for the paper's own size
  --seed S             decides everything that is drawn (0)
  --save-every S       seconds between checkpoints (30)
  --evaluate-every N   rounds between measurements (ganvas evaluate): onto the
                       curves, and the best state into RUN/best
  --metrics A,B        the figures measured then, the deciding one first
  --on-collapse WHAT   once mode collapse is likely: warn, stop, or rollback to
                       before it, to go on with other draws (warn)
  --quiet              no progress bar
  --json               print the result as one JSON object
how to compute
  --device D           auto (a GPU if there is one), cpu, cuda, cuda:1, mps
  --precision P        fp32, or bf16 to compute forward passes in bfloat16
  --micro-batches N    divide each batch into N parts to save memory (1)
  --compile            compile the networks (torch.compile, with a C++ compiler)
  --channels-last      keep the channels of a pixel together (on a GPU)
  --clip-norm X        scale each move's gradient down to this norm
  --sync-batchnorm     batch statistics over all processes
  --patience N         how often in a row to go back after a NaN or infinity (3)
  --snapshot-every N   rounds between the states that it goes back to (100)
going on
  --resume RUN         go on exactly where a run stands: with the same game,
                       data and options; only its length may be new
  --from ROUND         go back to an earlier checkpoint of that run first

A rate may be a schedule over the run: "value@progress value@progress ...".

Ctrl-C (or SIGTERM) ends the round, saves, and says how to go on. Nothing failed
then, so the exit code is 0. A second Ctrl-C ends at once.

Several GPUs or processes: torchrun --nproc-per-node 2 -m ganvas train GAME ...

examples
  ganvas train auto --data my/pictures/
  ganvas train dcgan
  ganvas train dcgan --data my/pictures/ --size 32 --minutes 20 --out runs/mine
  ganvas train wgan_gp --lr "1e-4@0 1e-4@0.5 0@1"   falls in the second half
  ganvas train --resume runs/mine --minutes 60
"""

_SAMPLE = """\
usage: ganvas sample RUN [-n N] [--seed S] [--best FRACTION] [-o OUTPUT]
                         [--INPUT VALUE ...] [--json]

Draws from a trained run.

  -n, --number N      how many (64)
  --seed S            decides the draw (0)
  --best FRACTION     draw N / FRACTION, keep the N that the discriminator finds
                      most real
  --truncation T      less variety for better samples: in W, where the game has
                      styles, 1 changes nothing and 0 makes the mean; else no
                      value of z is larger than T
  -o, --output OUTPUT where to:
                        FILE.png  a picture of all (points are drawn as points)
                        FILE.npz  arrays: `samples`, and each input by its name;
                                  images as bytes, n x height x width x channels
                        FILE.txt  sentences, a line each
                        FOLDER/   a picture each, at its own size: 00000.png ...
                      RUN/sample-SEED.png (or .txt) unless given
  --json              print the result as one JSON object

Each input of the game is an option (`ganvas sample RUN --help` lists those of
the run); what is not given is drawn:
  --label 3           a class, by number or name; 0,1,2 several; all: each one
  --z 0.3,-1.2,...    a vector; or FILE.safetensors, points of ganvas edit
  --x FILE_OR_FOLDER  pictures; some of the run's own data unless given
Several elements are taken in turn until there are N, and the picture's columns
keep them apart.

examples
  ganvas sample runs/mine -n 64 -o grid.png
  ganvas sample runs/mine -n 100 --label all -o classes.png
  ganvas sample runs/mine -n 10000 -o samples.npz
"""

_DOCTOR = """\
usage: ganvas doctor RUN [--json]

Judges a run, finished, stopped or still running: mode collapse, a discriminator
that is too strong or too weak, running in circles, exploding weights, NaN,
copies of the training data, labels or noise without effect, data all alike,
weights that do not move, no progress. For each trouble: what was seen and since
when, how sure that is, why it happens and who found out, and which options of
`ganvas train` to try. The run is only read; a run that nobody has looked at yet
is loaded and looked at once.

  --json  print the verdict as one JSON object

Trouble is an answer, no failure: the exit code is 0.

examples
  ganvas doctor runs/mine
"""

PAGES = {
    "": _GANVAS,
    "demo": _DEMO,
    "list": _LIST,
    "show": _SHOW,
    "data": DATA,
    "pretrained": PRETRAINED,
    "train": _TRAIN,
    "sample": _SAMPLE,
    "explore": EXPLORE,
    "edit": EDIT,
    "translate": TRANSLATE,
    "studio": STUDIO,
    "import": IMPORT,
    "evaluate": EVALUATE,
    "compare": COMPARE,
    "measure": MEASURE,
    "doctor": _DOCTOR,
}
"""The page of each verb, by name; of the program itself, by no name. The table of all verbs."""
