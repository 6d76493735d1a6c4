"""The pages of the verbs that measure: text alone, as in `ganvas.cli.pages`."""

from __future__ import annotations

EVALUATE = """\
usage: ganvas evaluate RUN [--metrics NAME,NAME...] [-n N] [options]
       ganvas evaluate RUN --human [--port P] [options]

Measures a run against the part of its data that was held back, prints the
figures with their protocol, and adds them to RUN/scores.json.

  --metrics A,B     figures, such as fid,kid,precision,recall; all usual ones
                    that fit unless given; a wrong name lists them
  -n N              generated rows (as many as real ones, but at least 2000)
  --features F      the space they are taken in:
                      classifier  a network trained on the labelled data itself,
                                  once, then kept (auto, where there are labels)
                      random      a network with random weights (auto, else)
                      inception, dinov2, clip    need weights: see --download
                      itself      the rows as they are (auto, for points)
  --split PART      test (what was held back), train, or all (test)
  --seed S          decides what is drawn (0)
  --weights W       average: the moving averages that a game shows, or last
  --truncation T    less variety for better samples, as in ganvas sample (none)
  --allow-small     figures also from fewer rows than they ask for, with a note
  --download        fetch the weights of the feature space if they are missing
  --json            print the result as one JSON object
people
  --human           serve a page that asks people "made by a machine?" instead
  --host H --port P --exposure MS --no-open      of that page (127.0.0.1, 8000)

Only figures of one protocol may be compared; ganvas compare sees to that.

examples
  ganvas evaluate runs/mine
  ganvas evaluate runs/mine --metrics fid,kid -n 10000 --json
"""

COMPARE = """\
usage: ganvas compare RUN RUN ... [--metrics NAME,...] [-o FILE.png] [--json]

Runs side by side: a table with the best in bold, and a plot of each figure
against images seen and against seconds of training. A run that was never
measured is measured first; runs measured under different protocols are refused.

  --metrics A,B         figures; all that every run has unless given
  -o, --output FILE.png where the plot goes (compare.png)
  --json                print the table as JSON

examples
  ganvas train dcgan --evaluate-every 200 --out runs/a
  ganvas train wgan_gp --data digits --evaluate-every 100 --out runs/b
  ganvas compare runs/a runs/b
"""

MEASURE = """\
usage: ganvas measure A B [--metrics NAME,NAME...] [options]

Measures the images of B against those of the reference A: two folders, or a
folder and a built-in source. The images of B take the size of A's.

  --metrics A,B     figures; all usual ones that fit unless given
  -n N              rows of B (all)
  --features F      as for ganvas evaluate
  --size N or HxW   of the images; --channels C, --fit HOW as for ganvas train
  --split PART      train, test or all of each (all)
  --seed S, --allow-small, --download, --json    as for ganvas evaluate

examples
  ganvas measure photos/ generated/
  ganvas measure digits samples/ --metrics fid,kid
"""
