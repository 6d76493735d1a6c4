"""ganvas: the workshop for generative adversarial networks."""
