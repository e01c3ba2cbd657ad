package bench

import rego.v1

default allow := false

allow if {
	input.action == "read"
	data.up[input.resource.uid][input.principal.attrs.documentsAndFoldersWithViewAccess]
}

allow if {
	input.action == "read"
	input.resource.attrs.isPublic
}

allow if {
	input.action in {"read", "write", "share"}
	owns
}

allow if {
	input.action == "changeOwner"
	input.resource.uid in input.principal.attrs.ownedDocuments
}

allow if {
	input.action == "createDocument"
	input.resource.uid in input.principal.attrs.ownedFolders
}

owns if {
	some document in input.principal.attrs.ownedDocuments
	data.up[input.resource.uid][document]
}

owns if {
	some folder in input.principal.attrs.ownedFolders
	data.up[input.resource.uid][folder]
}

reasons contains "policy0" if {
	input.action == "read"
	data.up[input.resource.uid][input.principal.attrs.documentsAndFoldersWithViewAccess]
}

reasons contains "policy1" if {
	input.action == "read"
	input.resource.attrs.isPublic
}

reasons contains "policy2" if {
	input.action in {"read", "write", "share"}
	owns
}

reasons contains "policy3" if {
	input.action == "changeOwner"
	input.resource.uid in input.principal.attrs.ownedDocuments
}

reasons contains "policy4" if {
	input.action == "createDocument"
	input.resource.uid in input.principal.attrs.ownedFolders
}
