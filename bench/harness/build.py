"""Builds polc, the C++ half of the benchmarks and the peers, each once.

polc and the C++ programs are built in build/bench. Peers are built outside the checkout, in
~/.cache/polc (or $XDG_CACHE_HOME/polc), under a hash of their sources: clean checkouts share them. A peer whose
tools are missing is skipped, by name and with the reason.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "bench"
WORK = ROOT / "build" / "bench"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "polc"


class Skip(Exception):
    """Why something cannot be measured here."""


def run(command, log, **kwargs):
    """Runs a build step; its output goes to a log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "w") as out:
        status = subprocess.run(["nice", *map(str, command)], stdout=out, stderr=subprocess.STDOUT, **kwargs).returncode
    if status != 0:
        tail = log.read_text(errors="replace").strip().splitlines()[-3:]
        shown = log.relative_to(ROOT) if log.is_relative_to(ROOT) else log.name
        raise Skip(f"{Path(command[0]).name} failed, see {shown}: " + " | ".join(tail))


def polc(jobs):
    """The release build, installed where the benchmarks see nothing but what users get."""
    prefix = WORK / "prefix"
    release = ROOT / "build" / "release"
    if not (release / "build.ninja").exists():
        run(["cmake", "--preset", "release"], WORK / "log" / "configure.txt", cwd=ROOT)
    targets = ["polc", "polc_manual", "polc_shared", "polc_json_shared", "polc_sign_shared"]
    run(["cmake", "--build", "--preset", "release", "-j", jobs, "--target", *targets], WORK / "log" / "build.txt", cwd=ROOT)
    run(["cmake", "--install", release, "--prefix", prefix], WORK / "log" / "install.txt")
    run(["cmake", "-S", BENCH, "-B", WORK / "cc", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}"], WORK / "log" / "cc.txt")
    run(["cmake", "--build", WORK / "cc", "-j", jobs], WORK / "log" / "cc-build.txt")
    return prefix / "bin" / "polc"


def _key(folders):
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in ("Cargo.lock", "go.sum")):
            digest.update(str(file.relative_to(folder)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def _cached(name, folders, binary, build):
    """The peer's binary, built by build(folder of copied sources, where the binary goes) unless it is there."""
    home = CACHE / f"bench-{name}-{_key(folders)}"
    target = home / binary
    if not target.exists():
        source = home / "src"
        shutil.rmtree(source, ignore_errors=True)
        for folder in folders:
            shutil.copytree(folder, source / folder.name)
        build(source, home)
        shutil.rmtree(source, ignore_errors=True)
        if not target.exists():
            raise Skip(f"the build of {name} left no binary")
    return target


def cedar_rust():
    if not shutil.which("cargo"):
        raise Skip("no cargo on PATH")

    def build(source, home):
        # One folder for what cargo builds on the way, so that a change here does not build the crates again.
        target = CACHE / "bench-cargo"
        run(["cargo", "build", "--release", "-j", "1", "--manifest-path", source / "cedar-rust" / "Cargo.toml",
             "--target-dir", target], home / "build.log")
        shutil.copy(target / "release" / "polc-bench-cedar", home / "polc-bench-cedar")

    return _cached("cedar-rust", [BENCH / "peers" / "cedar-rust"], "polc-bench-cedar", build)


def go_peer(name):
    if not shutil.which("go"):
        raise Skip("no go on PATH")

    def build(source, home):
        environment = dict(os.environ, GOFLAGS="-mod=mod", GOMAXPROCS="1", GOTOOLCHAIN="local")
        run(["go", "build", "-p", "1", "-o", home / name, "."], home / "build.log", cwd=source / name, env=environment)

    return _cached(name, [BENCH / "peers" / "go" / "harness", BENCH / "peers" / "go" / name], name, build)
