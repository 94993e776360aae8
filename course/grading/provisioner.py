"""Sandboxed kernels for any Jupyter tool: nbclient, `jupyter execute`, a notebook server.

Named `mlp-course-sandbox` among jupyter_client's kernel provisioners: choose it in a kernelspec's metadata,
or for all kernels with `JUPYTER_DEFAULT_PROVISIONER_NAME`. The grader itself does not use it, since the
clients of Jupyter believe a kernel more than a student's deserves.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from course.grading.confinement import kernel_side
from course.grading.limits import Limits
from course.grading.sandbox import Sandbox

_PERIOD = 0.05


class SandboxProvisioner(KernelProvisionerBase):
    """Forks a kernel from the warm parent, in a sandbox with the grader's default limits.

    Its working folder is empty, whatever folder the tool asks for, and nothing of it stays.
    """

    _sandbox: Sandbox | None = None

    @property
    def has_process(self) -> bool:
        """Whether a kernel has been launched and not cleaned up."""
        return self._sandbox is not None

    async def poll(self) -> int | None:
        """Return None while the kernel runs."""
        return None if self._sandbox and self._sandbox.running else 0

    async def wait(self) -> int | None:
        """Wait until the kernel has ended."""
        while self._sandbox and self._sandbox.running:
            await asyncio.sleep(_PERIOD)
        return 0

    async def send_signal(self, signum: int) -> None:
        """Send the kernel's process a signal."""
        if self._sandbox is None:
            return
        if signum == signal.SIGKILL:
            self._sandbox.kill()
        elif signum:
            self._sandbox.send(signum)

    async def kill(self, restart: bool = False) -> None:
        """End everything in the sandbox."""
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """End everything in the sandbox: there is nothing to save."""
        await self.kill(restart)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """There is no command: the parent knows what a kernel is."""
        return await super().pre_launch(cmd=[], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start a kernel; return how to reach it. Raises SandboxUnavailable."""
        key = self.parent.session.key if self.parent else b""
        inside = kernel_side(key.decode())
        sandbox = Sandbox(Limits(), files={})
        try:
            await asyncio.to_thread(sandbox.start, inside)
        except BaseException:
            sandbox.close()
            raise
        self._sandbox = sandbox
        outside = {"ip": f"/proc/{os.getpid()}/fd/{sandbox.sockets}/k", "key": key}
        self.connection_info = cast(KernelConnectionInfo, {**inside, **outside})
        return self.connection_info

    async def cleanup(self, restart: bool = False) -> None:
        """End the sandbox, and let go of it."""
        if self._sandbox is not None:
            await asyncio.to_thread(self._sandbox.close)
            self._sandbox = None
