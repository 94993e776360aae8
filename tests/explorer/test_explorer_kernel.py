"""The explorer in a real kernel: messages of its background thread belong to the cell that made it."""

from __future__ import annotations

import pytest
from jupyter_client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

PATIENCE = 60
MAKE = """
import ipywidgets
import threading
from course import LossExplorer

go = threading.Event()

def gradient(X, y, W1, W2):
    go.wait()
    return W1 / 10, W2 / 10

heard = []
explorer = LossExplorer(gradient, steps=20)
chart, button = explorer.chart, ipywidgets.Button()
chart.observe(lambda change: heard.append((change.new, threading.current_thread().name)), "index")
button.on_click(lambda _: heard.append(("clicked", threading.current_thread().name)))
explorer.losses
print(chart.comm.comm_id, button.comm.comm_id)
"""
FOLLOW = "go.set(); explorer.settle()"
HEARD = "print(heard == [(75, 'MainThread'), ('clicked', 'MainThread')] or heard)"


@pytest.mark.slow
def test_what_is_said_in_the_background_belongs_to_the_cell_that_made_the_explorer(tmp_path) -> None:
    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=PATIENCE, cwd=str(tmp_path))
    try:
        made, said = run(client, MAKE)
        comms = printed(said).split()

        reply = ask(client, "control", "create_subshell_request", {})
        followed, said = run(client, FOLLOW, reply["subshell_id"])
        parents = [
            message["parent_header"]["msg_id"]
            for message in said
            if message["msg_type"] == "comm_msg" and message["content"]["comm_id"] == comms[0]
        ]
        assert made != followed
        assert len(parents) >= 2  # the student's runs, and that all are there
        assert set(parents) == {made}

        # so ipykernel hands what the browser says of the chart to the thread that hears all the rest
        tell(client, comms[0], {"method": "update", "state": {"index": 75}, "buffer_paths": []})
        tell(client, comms[1], {"method": "custom", "content": {"event": "click"}})
        _, said = run(client, HEARD)
        assert printed(said) == "True\n"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(client: BlockingKernelClient, code: str, subshell: str | None = None) -> tuple[str, list[dict]]:
    """Run a cell, and return its request's id and what was published until it had ended."""
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
    request = send(client, "shell", "execute_request", content, subshell)
    said = []
    while True:
        said.append(client.get_iopub_msg(timeout=PATIENCE))
        if said[-1]["msg_type"] == "error":
            raise AssertionError("\n".join(said[-1]["content"]["traceback"]))
        ended = said[-1]["msg_type"] == "status" and said[-1]["content"]["execution_state"] == "idle"
        if ended and said[-1]["parent_header"].get("msg_id") == request:
            return request, said


def printed(said: list[dict]) -> str:
    return "".join(message["content"]["text"] for message in said if message["msg_type"] == "stream")


def tell(client: BlockingKernelClient, comm: str, data: dict) -> None:
    send(client, "shell", "comm_msg", {"comm_id": comm, "data": data})


def ask(client: BlockingKernelClient, channel: str, kind: str, content: dict) -> dict:
    request = send(client, channel, kind, content)
    while True:
        reply = getattr(client, f"{channel}_channel").get_msg(timeout=PATIENCE)
        if reply["parent_header"].get("msg_id") == request:
            return reply["content"]


def send(
    client: BlockingKernelClient, channel: str, kind: str, content: dict, subshell: str | None = None
) -> str:
    message = client.session.msg(kind, content)
    message["header"]["subshell_id"] = subshell
    getattr(client, f"{channel}_channel").send(message)
    return message["header"]["msg_id"]
