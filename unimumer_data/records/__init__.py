"""ShareGPT records and their registry: the one place that reads and writes them."""
