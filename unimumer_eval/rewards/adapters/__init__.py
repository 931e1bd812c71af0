"""One short file for each trainer. verl, EasyR1 and ms-swift load theirs by its path, so each stands on its own."""
