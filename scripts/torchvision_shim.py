"""Let PyPI's torchvision be imported beside a CPU build of torch.

Its compiled operators are linked against the CUDA build and do not load there; torchvision then fails at import,
because it registers a fake kernel for ``torchvision::nms``, which nobody has declared. vLLM imports torchvision for
its image transforms only, so a declaration without a kernel is enough. Installed with a ``.pth`` file so that
spawned worker processes have it too; it costs nothing until torchvision is imported.
"""

import sys

SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


class _DeclareOperators:
    """Declares the operators when torchvision is about to be imported, and finds nothing itself."""

    library = None  # kept: the declarations end with this object

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "torchvision" and cls.library is None:
            import torch

            cls.library = torch.library.Library("torchvision", "FRAGMENT")
            for schema in SCHEMAS:
                cls.library.define(schema)


sys.meta_path.insert(0, _DeclareOperators)
