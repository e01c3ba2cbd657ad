package bench

import rego.v1

default allow := false

allow if {
	input.action in {"CreateList", "GetLists"}
	input.resource.uid == "Application::TinyTodo"
}

allow if {
	input.resource.attrs.owner == input.principal.uid
}

allow if {
	input.action == "GetList"
	reads
}

allow if {
	input.action in {"UpdateList", "CreateTask", "UpdateTask", "DeleteTask"}
	data.up[input.principal.uid][input.resource.attrs.editors]
}

reads if data.up[input.principal.uid][input.resource.attrs.readers]

reads if data.up[input.principal.uid][input.resource.attrs.editors]

reasons contains "policy0" if {
	input.action in {"CreateList", "GetLists"}
	input.resource.uid == "Application::TinyTodo"
}

reasons contains "policy1" if {
	input.resource.attrs.owner == input.principal.uid
}

reasons contains "policy2" if {
	input.action == "GetList"
	reads
}

reasons contains "policy3" if {
	input.action in {"UpdateList", "CreateTask", "UpdateTask", "DeleteTask"}
	data.up[input.principal.uid][input.resource.attrs.editors]
}
