"""The pages of the verbs of pictures: text alone, as in `ganvas.cli.pages`."""

from __future__ import annotations

TRANSLATE = """\
usage: ganvas translate RUN INPUT... OUTPUT [options]

Translates pictures with a trained run: a file, a folder with its sub-folders, a
pattern such as "photos/*.jpg", or several of these. One picture may go into a
file; more go into a folder, as PNG files of the same names.

Pictures may have any size. A game that takes any size gets each one whole, or
in tiles where memory would not do; one that takes a single size always gets
tiles. Tiles overlap and pass smoothly into each other. Transparency is kept
where the game makes none, and so are grey levels of 16 bits. For a game that
fills holes, what is transparent is the hole.

  --to A|B          which side to make, B of A or A of B, of a game that learned
                    both ways; the one that the run was trained to make
  --tile N          side of the tiles (what fits into memory)
  --seed S          decides what is drawn, the same for each picture (0)
  --truth FOLDER    what should come out, by the same names: PSNR and SSIM
  --results FILE.html   a page with input, output and truth side by side;
                    OUTPUT/results.html where OUTPUT is a folder; none for none
  --overwrite       write over results that are there already
  --device D        auto (a GPU if there is one), cpu, cuda, cuda:1, mps (auto)
  --json            print the result as one JSON object

Other inputs of the game are options (`ganvas translate RUN --help` lists them):
  --label blond     the domain, by number or name

Files that cannot be read are named and skipped; if more than half of them are,
the exit code is 1, and the others have been translated all the same.

examples
  ganvas translate runs/zebras horse.jpg zebra.png
  ganvas translate runs/zebras horses/ out/
  ganvas translate runs/zebras "zebras/*.jpg" out/ --to A
  ganvas translate runs/larger small/ large/ --truth originals/
"""

IMPORT = """\
usage: ganvas import FILE... --from FORMAT [-o RUN] [options]

Makes a run of weights that others have trained with PyTorch, for ganvas
translate and ganvas sample. The files are read as tensors; no code in them is
ever executed. What fitted where is told; weights of another architecture are
refused, with the names and the shapes that disagree.

  --from FORMAT     pytorch-cyclegan-and-pix2pix
                      latest_net_G_A.pth, latest_net_G_B.pth (and D_A, D_B),
                      or one direction alone: cyclegan
                      latest_net_G.pth (and D) with a U-Net: pix2pix
                    stargan    200000-G.ckpt, 200000-D.ckpt
                    deblurgan  latest_net_G.pth
  -o, --out RUN     the folder of the run; a new one below runs/ unless given
  --size N          of the pictures that it was trained on, where the weights do
                    not tell (256; stargan 128)
  --labels A,B,C    names of the domains, in their order, for stargan
  --json            print the report as one JSON object

FILE is a file, several, or the folder that they lie in: of each network the
latest is taken. In the CycleGAN repository G_A makes B of A, so it becomes G,
which makes y of x, and G_B becomes F.

examples
  ganvas import latest_net_G_A.pth latest_net_G_B.pth
                --from pytorch-cyclegan-and-pix2pix -o runs/zebras
  ganvas import checkpoints/facades_pix2pix/ --from pytorch-cyclegan-and-pix2pix
"""

EXPLORE = """\
usage: ganvas explore RUN ACTION [options]

Shows what the generator of a trained run has learned: any game that draws its
pictures from noise.

  seeds        pictures with their seeds, to pick from
  interpolate  from picture to picture, as a strip or as a video
  grid         a plane between four pictures
  arithmetic   start - minus + plus, of groups of pictures
  mix          styles of one picture in another: coarse, middle, fine
  traverse     along directions found without labels: GANSpace, SeFa
  sweep        the same seeds with more and more truncation
  features     the feature maps of a picture, layer by layer, of G or D
  dissect      which units of a layer draw what; --units 3,5: pictures without

All of them take
  --seed S          decides what is drawn and not given (0)
  -n, --number N    how many, where their seeds are not given
  --label CLASS     the class of all pictures, by number or name; drawn unless
                    given
  --truncation T    less variety for better pictures, as in ganvas sample
  --space z|w|w+    where to move; w where the game has styles, z where it has
                    none
  -o, --output FILE .png; .gif, .webp or .mp4 for a video (interpolate);
                    RUN/ACTION-SEED.png unless given
  --fps X           pictures in a second of a video (20)
  --device D        auto (a GPU if there is one), cpu, cuda, cuda:1, mps (auto)
  --json            print the result as one JSON object
and what `ganvas explore RUN ACTION --help` lists.

A seed is a picture: that of `ganvas sample RUN -n 1 --seed SEED`, but with the
label, and the noise maps of a game with styles, of --seed. So is a point in
FILE.safetensors, which `ganvas edit RUN project` makes of a picture of yours.

examples
  ganvas explore runs/mine seeds
  ganvas explore runs/mine interpolate --seeds 1,5,9 --frames 12 -o strip.png
  ganvas explore runs/mine interpolate --seeds 1,5,9 -o walk.gif
  ganvas explore runs/mine grid --seeds 1,2,3,4
  ganvas explore runs/mine arithmetic --start 1,5,9 --minus 2,7 --plus 3,4
  ganvas explore runs/mine traverse --method sefa
  ganvas explore runs/styles mix --styles middle -n 6
  ganvas explore runs/mine features --of D
  ganvas explore runs/mine dissect --layer 3 --units 7,12
"""

EDIT = """\
usage: ganvas edit RUN project IMAGE... [-o FILE.png|FOLDER/] [options]
       ganvas edit RUN inpaint IMAGE [--mask MASK | --hole HOLE] [options]
       ganvas edit RUN paint [IMAGE] --strokes FILE [options]
       ganvas edit RUN drag [IMAGE] --from X,Y --to X,Y [options]

Pictures of your own, in the generator of a trained run: any image game that
draws from noise.

  project   finds the point whose picture is nearest to a given one
  inpaint   fills a hole with what the generator would draw there; a run of
            context, which has learned to fill holes, does so at once
  paint     lets a picture follow strokes of colour, lines, moved parts
  drag      drags parts of a picture to where they are wanted

A picture of another size, or with other colours than the run makes, is turned
into what the run makes, and that is said. Beside each NAME.png come
NAME-strip.png, to compare, and NAME.safetensors, the point.

where to look
  --space z|w|w+    w, in a game with styles, and z in all others; holes are
                    filled from z, w+ is dragged in. w+, a style for each
                    layer, comes nearest
  --label CLASS     the picture's class, by number or name; the one that comes
                    nearest unless given, or drawn where no picture is
  --noises          move the noise maps of a game with styles too
how to look
  --seconds S       for each picture, at most; none for no limit (60; by hand
                    20)
  --steps N         at most (400; by hand 200)
  --goal DB         the PSNR that is enough (40)
  --draws N         points that are drawn to begin with (512)
  --starts N        the best of them, which go on (16)
  --method HOW      lbfgs or adam (lbfgs)
  --typical X       keeps the point where drawn ones are: such can be moved
                    further, and look less alike (0; 0.02 for holes)
  --seed S          decides what is drawn (0)
holes
  --mask MASK       a picture of the same size, white where the hole is; unless
                    given, the hole is where the picture is transparent
  --hole HOLE       in place of a mask: centre (50% of the area, or
                    centre:25%), random (80%, or random:50%)
  --prior X         weight of what the discriminator says (0.003; paint 0)
  --blend HOW       poisson leaves no seam, paste puts in what was drawn, none
                    gives the whole picture that was drawn (poisson)
what paint and drag begin with: IMAGE, which is looked for first, or
  --point FILE      a point that a projection or an edit left
  --seed S          the sample of this seed (0)
painting; files have the size of IMAGE, or of the run's pictures
  --strokes FILE    colours, transparent where nothing is painted
  --sketch FILE     lines, dark on light or light on dark
  --region MASK     white where the part is that is to be moved ...
  --by X,Y          ... so many pixels to the right and down (0,0),
  --times X         to be so many times as large (1)
  --candidates N    pictures to look for; the best is kept (4)
  --near X          keeps it near to where it began (0.01)
dragging; pixels of the run's pictures, the first at 0,0
  --from X,Y        what is taken hold of; again for another
  --to X,Y          where it is to go; as often as --from
  --mask MASK       white where the picture may change
  --layer LAYER     whose feature maps are followed, by name or number
  --rate X          how far a coordinate goes in a step (0.015)
  --keep X          how much what is not in the mask is to stay (20)
and
  --film FILE       .gif, .webp or .mp4 of what was painted or dragged
  --fit HOW         crop, pad or stretch pictures of another shape (crop)
  -o, --output O    FILE.png, or FOLDER/; RUN/ACTION/ unless given
  --device D        auto (a GPU if there is one), cpu, cuda, cuda:1, mps (auto)
  --json            print the result as one JSON object

An IMAGE that is painted upon or dragged gets NAME-transferred.png too: itself,
at its own size, with the motion and the colours of the edit.

A point of z can be drawn from again: ganvas sample RUN --z NAME.safetensors,
with --label NAME.safetensors too where the game takes one.

examples
  ganvas edit runs/mine project me.jpg
  ganvas edit runs/mine project photos/*.jpg -o found/ --space w+ --seconds 20
  ganvas edit runs/mine inpaint scratched.png --mask scratch.png -o whole.png
  ganvas edit runs/mine inpaint photo.png --hole centre:50%
  ganvas edit runs/mine paint --seed 3 --strokes strokes.png -o green.png
  ganvas edit runs/mine paint me.jpg --region nose.png --by 0,2 --times 1.5
  ganvas edit runs/mine drag --seed 5 --from 7,2 --to 10,2 --film drag.gif
"""
