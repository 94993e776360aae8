"""Other Jupyter tools can have sandboxed kernels too."""

from __future__ import annotations

import nbformat
import pytest
from jupyter_client import KernelManager
from jupyter_client.provisioning import KernelProvisionerFactory
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from traitlets.config import Config

from tests.sandboxes import added_to, belongings


@pytest.fixture
def manager(monkeypatch):
    monkeypatch.setenv("JUPYTER_DEFAULT_PROVISIONER_NAME", "mlp-course-sandbox")
    # a process has one factory, which remembers the name from the first kernel on
    KernelProvisionerFactory.clear_instance()
    before = belongings()
    yield KernelManager
    KernelProvisionerFactory.clear_instance()
    assert not added_to(before, up_to=1)


def book(*sources):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


def executed(notebook, **more):
    NotebookClient(notebook, kernel_name="python3", config=Config(more)).execute()
    return [cell.outputs for cell in notebook.cells]


def test_nbclient_runs_a_notebook_in_a_sandbox(manager):
    seen = executed(book("import os", "print(os.uname().nodename, os.getcwd(), os.listdir())", "6 * 7"))
    assert seen[1][0].text == "sandbox /home/student/work []\n"
    assert seen[2][0].data["text/plain"] == "42"


def test_a_kernel_that_ends_is_seen_to_be_dead(manager):
    with pytest.raises(DeadKernelError):
        executed(book("import os; os._exit(0)"))


def test_a_kernel_can_be_interrupted_and_restarted(manager):
    kernel = manager(kernel_name="python3")
    kernel.start_kernel()
    client = kernel.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        waiting = client.execute("left = 1\nprint(left, flush=True)\nimport time; time.sleep(60)")
        # not as soon as the request is there: before the code runs, an interrupt finds nothing to end
        while client.get_iopub_msg(timeout=30)["header"]["msg_type"] != "stream":
            pass
        kernel.interrupt_kernel()
        reply = client.get_shell_msg(timeout=30)
        assert reply["parent_header"]["msg_id"] == waiting
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        kernel.restart_kernel(now=True)
        client.stop_channels()
        client = kernel.client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        reply = client.execute_interactive("left", timeout=30, output_hook=print)
        assert reply["content"]["ename"] == "NameError"
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
