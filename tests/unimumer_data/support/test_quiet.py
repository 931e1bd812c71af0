"""What nobody can act on is hidden; errors are not."""

import subprocess
import sys

CODE = """
import logging, warnings
from unimumer_data.support.quiet import hush_libraries
hush_libraries()
warnings.warn("use something else", FutureWarning)
warnings.warn("this is yours", UserWarning)
deepspeed = logging.getLogger("DeepSpeed")
deepspeed.setLevel(logging.INFO)
deepspeed.warning("there is no GPU")
deepspeed.error("broken")
"""


def test_only_what_a_user_can_act_on_is_shown() -> None:
    said = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True).stderr
    assert "yours" in said and "broken" in said
    assert "something else" not in said and "GPU" not in said
