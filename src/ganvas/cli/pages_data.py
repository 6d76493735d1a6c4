"""What `ganvas data --help` prints."""

DATA = """\
usage: ganvas data list [--json]
       ganvas data show SOURCE_OR_FOLDER [--size S] [--channels C] [--fit HOW]
                        [--split PART] [-o FILE.png] [--json]
       ganvas data check FOLDER [--size S] [--channels C] [--fit HOW] [--json]
       ganvas data prepare FOLDER OUT [--with FOLDER_B | --partner P]
                        [--layout L] [--split 80:10:10] [--size S]
                        [--channels C] [--fit HOW] [--seed N] [--dry-run]
                        [--json]

Sources of data: built-in ones, which need no network, and folders of images.

  list    the built-in sources
  show    what a source holds, as a game would get it
  check   counts, sizes, channels, duplicates, unreadable files, classes, pairs,
          and what training would make of them
  prepare makes a new folder of PNG files to train on: resized, cropped, grey,
          with a partner, divided; the pairs beside each other or apart

  --size N or HxW   of the images: 32 for squares, 24x32 for height x width
  --channels C      1 grey, 3 RGB, 4 RGBA
  --fit HOW         crop, pad or stretch images of another shape (crop)
  --split PART      of show: train, test (what is held back), or all (train)
  -o FILE.png       a picture of some
  --json            print the result as JSON
prepare
  --partner P       makes A of each picture, which becomes B: grey, edges,
                    negative, smaller:N, holed[:AREA] ...
  --with FOLDER_B   its pictures are B, those of FOLDER are A; the two of a pair
                    have the same name
  --layout L        domains (trainA, trainB ...), side-by-side (A|B in one
                    picture) or pictures (each by itself); as it is if not
                    given
  --split 80:10:10  into train, val and test; 90:10 into train and test
  --seed N          decides the split, and where holes lie (0)
  --dry-run         looks at everything, writes nothing

examples
  ganvas data list
  ganvas data check my/pictures/
  ganvas data prepare photos/ edges/ --partner edges --size 64 --split 80:10:10
  ganvas data prepare facades/ apart/ --layout domains
  ganvas data prepare sketches/ pairs/ --with drawings/ --layout side-by-side
"""
