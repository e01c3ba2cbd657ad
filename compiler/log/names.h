// Who a record's request is of, what it does and to what, as it stands there: for whoever has no model to
// read requests by, or a request that fits none.
//
// Tested by names_test.cc.
#pragma once

#include <array>
#include <string>

#include "compiler/log/record.h"

namespace polc::log {

// Of principal, action and resource; empty where the request does not say, or not as an entity.
struct Names {
  std::array<std::string, 3> uids;   // `Action::"restart"`
  std::array<std::string, 3> types;  // `Action`
};
Names NamesIn(const Record& record);

}  // namespace polc::log
