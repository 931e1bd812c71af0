r"""lmms-eval with the model ``unimumer``: this project's engines, with pictures scaled as in training.

    python eval/harness/lmms.py --model unimumer --model_args model=outputs/unimumer,engine=transformers \
        --tasks unimumer_crohme_2014 --include_path data/harness --output_path results/lmms

All words are those of lmms-eval; its own models answer the same tasks. ``--model_args`` are the keys of
``unimumer recognize``.
"""

from __future__ import annotations

from lmms_eval.__main__ import cli_evaluate
from lmms_eval.models import MODEL_REGISTRY_V2
from lmms_eval.models.registry_v2 import ModelManifest

MODEL_REGISTRY_V2.register_manifest(
    ModelManifest(model_id="unimumer", simple_class_path="lmms_model.UniMumer"), overwrite=True
)

if __name__ == "__main__":
    cli_evaluate()
