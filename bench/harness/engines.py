"""The engines as child processes: the orchestrator's side of the protocol."""

import json
import select
import subprocess
import time
from pathlib import Path

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
                self.process.kill()  # it would not read another command before it has answered this one
                raise Skip(f"no answer within {timeout:.0f} s")
            line = self.process.stdout.readline()
            if not line:
                tail = (WORK / "log" / f"{self.name}.txt").read_text(errors="replace").strip().splitlines()[-1:]
                raise Skip(f"it ended: {' '.join(tail) or 'without a word'}")
            return json.loads(line)

    def ask(self, *words, timeout=300):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self._read(timeout)

    def schedule(self):
        """(nanoseconds its threads ran, nanoseconds they waited for a processor)."""
        ran = waited = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                fields = (task / "schedstat").read_text().split()
                ran, waited = ran + int(fields[0]), waited + int(fields[1])
            except (OSError, IndexError):
                pass
        return ran, waited

    def timed(self, *words):
        """As ask(), with the share of the time that the engine waited for a processor that others had."""
        ran, waited = self.schedule()
        answer = self.ask(*words)
        ran_after, waited_after = self.schedule()
        total = (ran_after - ran) + (waited_after - waited)
        return dict(answer, waited=(waited_after - waited) / total if total > 0 else 0.0)

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
