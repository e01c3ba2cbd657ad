module polc.bench/cedar-go

go 1.24

require (
	github.com/cedar-policy/cedar-go v1.9.0
	polc.bench/harness v0.0.0
)

replace polc.bench/harness => ../harness
