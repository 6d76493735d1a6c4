"""The page of `ganvas studio`: text alone, as in `ganvas.cli.pages`."""

from __future__ import annotations

STUDIO = """\
usage: ganvas studio [RUN ...] [--host H] [--port P] [--token T] [--no-open]

A web page, served from this machine, for everything one does with pictures and
a trained generator: look, explore, translate, compare. It opens on the
generators that come with ganvas; each RUN, or folder of runs, is there too.
Nothing is loaded from elsewhere and nothing is sent anywhere.

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
  ganvas studio --host 0.0.0.0
"""
