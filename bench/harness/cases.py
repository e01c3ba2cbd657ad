"""The cases: which workloads there are, and how their files come to lie in a folder.

Every engine reads the same files: policies.cedar, schema.cedarschema(.json), entities.json, requests.jsonl, and for
those that speak another language what bench/workload wrote from the same model beside them.
"""

import itertools
import json
import random
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path

from .build import BENCH, ROOT, WORK, Skip, run

KINDS = ["exact", "hierarchical", "attributes", "mixed", "adversarial"]
APPLICATIONS = ["gdrive", "github", "tinytodo"]
REQUESTS = 10_000
CORPUS = ROOT.parent / "shared" / "corpora" / "cedar" / "oopsla.tar.xz"


@dataclass
class Case:
    group: str  # "rules", "entities" or "applications"
    kind: str
    rules: int
    entities: int
    folder: Path

    @property
    def name(self):
        return self.kind if self.group == "applications" else f"{self.kind}, {self.rules} rules, {self.entities} entities"


def wanted(quick):
    sizes = [10, 1000, 10_000] if quick else [10, 100, 1000, 10_000, 100_000]
    stores = [100, 10_000, 100_000] if quick else [100, 1000, 10_000, 100_000, 1_000_000]
    for kind, rules in itertools.product(KINDS, sizes):
        yield Case("rules", kind, rules, 10_000, WORK / "cases" / f"{kind}-{rules}")
    for entities in stores:
        yield Case("entities", "hierarchical", 1000, entities, WORK / "cases" / f"entities-{entities}")
    for name in APPLICATIONS:
        yield Case("applications", name, 0, 0, WORK / "cases" / name)


def prepare(case, polc):
    """Writes the case's files and compiles them. Skip: the case cannot be made here."""
    stamp = case.folder / "ready"
    source = [BENCH / "workload", BENCH / "harness" / "cases.py"]
    newest = max(p.stat().st_mtime for s in source for p in (s.rglob("*") if s.is_dir() else [s]))
    if not stamp.exists() or stamp.stat().st_mtime < newest:
        shutil.rmtree(case.folder, ignore_errors=True)
        case.folder.mkdir(parents=True)
        if case.group == "applications":
            _application(case)
        else:
            run([WORK / "cc" / "workload", case.kind, case.rules, case.entities, REQUESTS, 1, case.folder],
                WORK / "log" / "workload.txt")
        stamp.touch()
    else:
        if case.group == "applications":
            _count_application(case)
    # polc may have changed: its files are made anew.
    schema = next(case.folder.glob("schema.cedarschema*"))
    folder = case.folder
    run([polc, "compile", folder / "policies.cedar", "--schema", schema, "-o", folder / "policies.polb"],
        WORK / "log" / "compile.txt")
    run([polc, "compile", "--entities", folder / "entities.json", "--schema", schema, "-o", folder / "entities.pols"],
        WORK / "log" / "compile-entities.txt")


def _application(case):
    """One application of the corpus, N = 50: its first store, and every request its schema allows on it."""
    if not CORPUS.exists():
        raise Skip(f"{CORPUS} is not here")
    home = WORK / "oopsla"
    if not (home / case.kind).exists():
        home.mkdir(parents=True, exist_ok=True)
        with tarfile.open(CORPUS) as archive:
            archive.extractall(home, filter="data") if hasattr(tarfile, "data_filter") else archive.extractall(home)
    source = next(p for p in home.rglob(case.kind) if p.is_dir())
    shutil.copy(source / "policies.cedar", case.folder)
    shutil.copy(source / "schema.cedarschema.json", case.folder)
    shutil.copy(source / "entities_50_1.json", case.folder / "entities.json")
    entities = json.loads((case.folder / "entities.json").read_text())
    schema = json.loads((case.folder / "schema.cedarschema.json").read_text())[""]
    by_type = {}
    for entity in entities:
        uid = entity["uid"]["__entity"]
        by_type.setdefault(uid["type"], []).append(uid)
    requests = []
    for action, declared in sorted(schema["actions"].items()):
        applies = declared.get("appliesTo", {})
        for p, r in itertools.product(applies.get("principalTypes", []), applies.get("resourceTypes", [])):
            for principal, resource in itertools.product(by_type.get(p, []), by_type.get(r, [])):
                requests.append({"principal": principal, "action": {"type": "Action", "id": action},
                                 "resource": resource, "context": {}})
    # What the corpus has answers for comes first: it is always part of what is compared.
    known, answers = [], []
    for line in (source / "requests_50_1.jsonl").read_text().splitlines():
        row = json.loads(line)
        known.append({"principal": row["principal"], "action": row["action"], "resource": row["resource"],
                      "context": row.get("context", {})})
        answers.append(f"{row['decision']}\t{','.join(sorted(row['reason']))}\t")
    rest = [r for r in requests if r not in known]
    random.Random(1).shuffle(rest)
    rows = known + rest
    (case.folder / "requests.jsonl").write_text("".join(json.dumps(r, separators=(",", ":")) + "\n" for r in rows))
    (case.folder / "known.txt").write_text("".join(a + "\n" for a in answers))
    _count_application(case)


def _count_application(case):
    text = (case.folder / "policies.cedar").read_text()
    case.rules = sum(line.startswith(("permit", "forbid")) for line in text.splitlines())
    case.entities = len(json.loads((case.folder / "entities.json").read_text()))
