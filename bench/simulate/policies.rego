# examples/deploy-agents/policies.cedar in Rego, for OPA: what is compared is the decision.
package bench

default allow := false

allow if {
	not forbidden
	permitted
}

reasons := []

change if input.action in {"pod.restart", "service.scale", "table.drop"}

agent if startswith(input.principal.uid, "Agent::")

human if startswith(input.principal.uid, "Human::")

permitted if {
	input.action == "logs.read"
	net.cidr_contains("10.0.0.0/8", input.context.source.__extn.arg)
}

permitted if {
	agent
	"Team::sre" in input.principal.up
	input.action in {"pod.restart", "service.scale"}
	to_number(input.context.blast_radius.__extn.arg) <= 0.05
	time.parse_duration_ns(input.principal.attrs.credential_ttl.__extn.arg) <= 900000000000
}

permitted if {
	human
	change
	some team in input.resource.attrs.owners
	team in input.principal.up
	startswith(input.context.ticket, "CHG-")
}

forbidden if {
	agent
	input.action == "table.drop"
}

forbidden if {
	change
	data.frozen[input.resource.uid]
}

forbidden if {
	agent
	change
	"Environment::production" in input.resource.up
	input.principal.attrs.maturity == "intern"
}
