"""What a generator has learned, seen: walks, sums, mixtures and directions of its latent space."""
