// What a bundle declares, as the program that it was made of declared it: the model of requests, levels,
// kinds, inputs, hours, settings.
//
// Requests and entities in JSON are read by a program's model (compiler/host); for a bundle that model is the
// one it carries. There are no rules and facts in it, and inputs have no code: it is for reading, not for
// deciding. Lists are in a program's order, by name. Tested by tests/engine/bundle_program_test.cc.
#pragma once

#include "compiler/core/core.h"
#include "runtime/bundle/verify.h"

namespace polc::bridge {

// Of a bundle without Pol rules: an empty program.
core::Program DeclarationsOf(const bundle::VerifiedBundle& verified);

}  // namespace polc::bridge
