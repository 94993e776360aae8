"""Runs solved notebooks with what students have installed: `python solved_notebooks.py FOLDER`."""

import json
import sys
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell

for path in sorted(Path(sys.argv[1]).glob("*.ipynb")):
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"]).replace("%matplotlib inline", "")
            shell.run_cell(source).raise_error()
    print(f"{path.stem} ran")
