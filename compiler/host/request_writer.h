// Requests as JSON (docs/requests.md): the inverse of reading them.
//
// Values are written in Cedar's canonical JSON, whose escapes every reader understands. A record with a key
// that JSON reads as an escape is written as null. Law: what is read back is the same request, but for spans.
// Tested by request_writer_test.cc.
#pragma once

#include "compiler/data/entities.h"
#include "llvm/Support/JSON.h"

namespace polc::host {

// The members of a request, of the object that is being written: with `pol` the host's part is `host`,
// otherwise the entities stand beside the request as Cedar has them and the host says nothing.
void WriteRequest(const data::Request& request, bool pol, llvm::json::OStream& json);

}  // namespace polc::host
