module polc.bench/harness

go 1.24
