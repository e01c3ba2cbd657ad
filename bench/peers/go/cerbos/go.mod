module polc.bench/cerbos

go 1.26.4

require (
	github.com/cerbos/cerbos v0.55.0
	github.com/cerbos/cerbos/api/genpb v0.54.1-0.20260813080016-d7e58838e7d9
	google.golang.org/protobuf v1.36.12-0.20260120151049-f2248ac996af
	polc.bench/harness v0.0.0
)

replace polc.bench/harness => ../harness
