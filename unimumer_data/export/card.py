"""The dataset card of a Hugging Face folder: where the set comes from, its licence, its fields, its statistics."""

from __future__ import annotations

from unimumer_data.records.labelled import read_labelled
from unimumer_data.stats.markdown import overview
from unimumer_data.stats.measure import StatsConfig, measure
from unimumer_data.support.tables import markdown_text, write_table

from .rows import DataSet


def dataset_card(data: DataSet) -> str:
    """The text of ``README.md``, with the front matter that ``datasets`` reads."""
    stats = measure(read_labelled(str(data.file), root=data.root), StatsConfig())
    front = f"""---
license: other
task_categories:
- image-to-text
configs:
- config_name: default
  data_files:
  - split: {data.split}
    path: data/{data.split}-*.parquet
---
"""
    fields = [
        ("image", "the picture of a handwritten expression"),
        ("id", "of the sample"),
        ("question", "the instruction of the task"),
        ("answer", "what a model is trained to write"),
        ("label", "the LaTeX of the expression"),
    ]
    return (
        f"{front}\n# {markdown_text(data.name)}\n\n{len(stats.lengths):,} samples, split `{data.split}`.\n\n"
        f"Licence of the corpus: {markdown_text(data.licence or 'not known; ask its makers')}\n\n"
        + write_table(("field", "what it is"), fields, "markdown", text_columns=2)
        + "\n\n## Statistics\n\n"
        + "\n".join(overview(stats)).replace("## Symbols", "### Symbols")
    )
