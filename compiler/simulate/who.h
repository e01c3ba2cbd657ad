// Who may do what: one decision for each entity of the store that could ask.
//
// What they have in common is asked once: scope goes by the classes of the engine's tree, and tests that do
// not look at what varies keep their answers for the batch (vm/engine.h). A rule that cannot be evaluated
// because the template of the request lacks what it reads leaves the answer open. Tested by who_test.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "compiler/simulate/simulate.h"

namespace polc::simulate {

struct Access {
  data::Request request;
  data::Decision decision;
  // Rules that erred: with what they read, it could be otherwise.
  std::vector<std::string> open;
};

// Every entity of the store as the principal, or resource, of the template, where the action is for its type
// if a model says; in the order of their names. `varying` is principal or resource. Nothing if the set fits
// no bundle.
std::optional<std::vector<Access>> ForEach(const Side& side, const data::Request& request, core::Var varying);
// Every action of the model, or that the policies name, with every resource of the store.
std::optional<std::vector<Access>> ForEachActionAndResource(const Side& side, const data::Request& request);

std::string AccessText(const std::vector<Access>& list, core::Var varying);
std::string AccessJson(const std::vector<Access>& list);
// Resources down, actions across.
std::string MatrixText(const std::vector<Access>& list);

}  // namespace polc::simulate
