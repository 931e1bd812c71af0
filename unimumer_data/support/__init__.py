"""Configuration, command line, progress, files, processes: nothing here knows what a formula is."""
