package bench

import rego.v1

# What a permission on a repository lets its holder do.
grants := {
	"read": {"read"},
	"triage": {"read", "triage"},
	"write": {"read", "triage", "write"},
	"maintain": {"read", "triage", "write", "maintain"},
	"admin": {"read", "triage", "write", "maintain", "admin"},
}

default allow := false

allow if {
	input.action in grants.read
	data.up[input.principal.uid][input.resource.attrs.readers]
}

allow if {
	input.action in grants.triage
	data.up[input.principal.uid][input.resource.attrs.triagers]
}

allow if {
	input.action in grants.write
	data.up[input.principal.uid][input.resource.attrs.writers]
}

allow if {
	input.action in grants.maintain
	data.up[input.principal.uid][input.resource.attrs.maintainers]
}

allow if {
	input.action in grants.admin
	data.up[input.principal.uid][input.resource.attrs.admins]
}

allow if {
	input.action in grants.read
	data.up[input.principal.uid][data.attrs[input.resource.attrs.owner].readers]
}

allow if {
	input.action in grants.write
	data.up[input.principal.uid][data.attrs[input.resource.attrs.owner].writers]
}

allow if {
	input.action in grants.admin
	data.up[input.principal.uid][data.attrs[input.resource.attrs.owner].admins]
}

reasons contains "policy0" if {
	input.action in grants.read
	data.up[input.principal.uid][input.resource.attrs.readers]
}

reasons contains "policy1" if {
	input.action in grants.triage
	data.up[input.principal.uid][input.resource.attrs.triagers]
}

reasons contains "policy2" if {
	input.action in grants.write
	data.up[input.principal.uid][input.resource.attrs.writers]
}

reasons contains "policy3" if {
	input.action in grants.maintain
	data.up[input.principal.uid][input.resource.attrs.maintainers]
}

reasons contains "policy4" if {
	input.action in grants.admin
	data.up[input.principal.uid][input.resource.attrs.admins]
}

reasons contains "policy5" if {
	input.action in grants.read
	data.up[input.principal.uid][data.attrs[input.resource.attrs.owner].readers]
}

reasons contains "policy6" if {
	input.action in grants.write
	data.up[input.principal.uid][data.attrs[input.resource.attrs.owner].writers]
}

reasons contains "policy7" if {
	input.action in grants.admin
	data.up[input.principal.uid][data.attrs[input.resource.attrs.owner].admins]
}
