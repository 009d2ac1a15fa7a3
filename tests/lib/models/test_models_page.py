import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "models.md"


@pytest.mark.system
def test_the_block_of_the_page_runs():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert len(blocks) == 1
    exec(compile(blocks[0], str(PAGE), "exec"), {})
