module polc.bench/casbin

go 1.24

require (
	github.com/casbin/casbin/v2 v2.135.0
	polc.bench/harness v0.0.0
)

replace polc.bench/harness => ../harness
