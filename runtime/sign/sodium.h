// Private to runtime/sign.
#pragma once

namespace polc::sign {

// Whether libsodium is initialised. Thread-safe; initialises on first use.
bool SodiumReady();

}  // namespace polc::sign
