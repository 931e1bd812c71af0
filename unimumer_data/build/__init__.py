"""From a corpus to the folder of a data set: pictures, records of every task, manifest, drops, registry entries."""
