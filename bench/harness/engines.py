"""The engines as child processes: the orchestrator's side of the protocol."""

import json
import select
import subprocess
import time

from .build import WORK, Skip


class Process:
    """One engine at work on one case. Commands go in as lines, answers come out as lines of JSON."""

    def __init__(self, name, command, timeout):
        self.name = name
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=open(WORK / "log" / f"{name}.txt", "w"), text=True)
        try:
            self.info = self._read(timeout)
        except Skip:
            self.close()
            raise
        if "skip" in self.info:
            self.close()
            raise Skip(self.info["skip"])

    def _read(self, timeout):
        end = time.monotonic() + timeout
        while True:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            if not ready:
                self.process.kill()
                raise Skip(f"no answer within {timeout:.0f} s")
            line = self.process.stdout.readline()
            if not line:
                tail = (WORK / "log" / f"{self.name}.txt").read_text(errors="replace").strip().splitlines()[-1:]
                raise RuntimeError(f"{self.name} ended: {' '.join(tail)}")
            return json.loads(line)

    def ask(self, *words, timeout=300):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self._read(timeout)

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
