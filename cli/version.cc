// `polc --version`: no date and no host, so that the same sources print the same bytes.
#include "cli/command_line.h"

namespace polc::cli {

std::string_view Version() { return POLC_VERSION; }

std::string VersionText() { return std::string("polc ") + POLC_VERSION + "\n"; }

std::string VersionJson() {
  return std::string(R"({"name":"polc","version":")") + POLC_VERSION +
         R"(","cedar":{"language":"4.5","versions":["4.12","4.13"],"default":"4.12"}})" + "\n";
}

}  // namespace polc::cli
