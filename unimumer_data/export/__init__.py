"""Records for other tools: TRL, ms-swift, Hugging Face datasets, webdataset, LLaMA-Factory's next layout."""
