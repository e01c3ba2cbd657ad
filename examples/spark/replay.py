#!/usr/bin/env python3
"""Replays a decision log on a Spark cluster: replay.py POLC LOG OUT KEY [--new …, --old …, --entities …].

KEY is `none`, or what the state is kept by: `principal` or `resource`. Result lines go to OUT."""

import json
import subprocess
import sys


def main():
    polc, log, out, key, *rest = sys.argv[1:]
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.appName("polc").master("local-cluster[2,1,1024]").getOrCreate()
    try:
        def part_of(numbered):
            line, number = numbered
            return (number if key == "none" else json.dumps(json.loads(line)["request"][key], sort_keys=True), numbered)

        def replay(records):
            # In the order of the log: state depends on it.
            lines = [line for _, (line, _) in sorted(records, key=lambda record: record[1][1])]
            if not lines:
                return []
            command = [polc, "simulate", "--stream", *rest]
            if key != "none":
                command += ["--partitioned-by", key]
            done = subprocess.run(command, input="".join(line + "\n" for line in lines), text=True, capture_output=True)
            if done.returncode != 0:
                raise RuntimeError(done.stderr)
            return done.stdout.splitlines()

        results = (spark.sparkContext.textFile(log, 4).zipWithIndex().map(part_of)
                   .partitionBy(4).mapPartitions(replay).collect())
    finally:
        spark.stop()
    with open(out, "w") as file:
        file.writelines(line + "\n" for line in results)


if __name__ == "__main__":
    main()
