module polc.bench/opa

go 1.24

require (
	github.com/open-policy-agent/opa v1.22.0
	polc.bench/harness v0.0.0
)

replace polc.bench/harness => ../harness
