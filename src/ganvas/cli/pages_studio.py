"""The page of `ganvas studio`: text alone, as in `ganvas.cli.pages`."""

from __future__ import annotations

STUDIO = """\
usage: ganvas studio [RUN ...] [--runs FOLDER] [--data FOLDER ...]
                     [--host H] [--port P] [--token T] [--no-open]

A web page, served from this machine, for everything one does with pictures and
a trained generator: look, explore, translate, train, compare. It opens on the
generators that come with ganvas; each RUN, or folder of runs, is there too.
Nothing is loaded from elsewhere and nothing is sent anywhere.

  --runs FOLDER  where runs are put that are trained in the page (runs)
  --data FOLDER  a folder of images to train on there, beside the built-in
             sources; may be given several times
  --host H   the address to listen at (127.0.0.1: nobody but this machine);
             any other asks for a token, which is part of the address that is
             printed
  --port P   the port (8000), or the next that is free; 0 for any free one
  --token T  what whoever opens the page must know, 8 characters or more; made
             up unless given, and only needed with --host
  --no-open  do not open the browser

It needs pip install 'ganvas[studio]'. Ctrl-C ends it.

examples
  ganvas studio
  ganvas studio runs/mine runs/other
  ganvas studio runs/ --port 0 --no-open
  ganvas studio --data photos/cats --data photos/dogs
  ganvas studio --host 0.0.0.0
"""
