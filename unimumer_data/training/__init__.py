"""What a training run needs around it: recipes read as LLaMA-Factory reads them, the doctor, tiny models."""
