"""The page on which people judge images, and what comes of it."""
