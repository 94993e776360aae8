"""JupyterLab on the release, and a page to open it in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from course.explorer.model import runs
from course.explorer.model.problem import Problem
from tests.helpers import ROOT
from tests.jupyterlab import Lab, running_lab

PATIENCE = 900_000  # milliseconds; a machine may be busy


@pytest.fixture(scope="module")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "release", root, dirs_exist_ok=True)
    with running_lab(root, tmp_path_factory.mktemp("home")) as lab:
        yield lab


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield page
    context.close()


@pytest.fixture(scope="module")
def curves() -> np.ndarray:
    return runs.loss_curves(Problem(), runs.learning_rates(Problem()))
