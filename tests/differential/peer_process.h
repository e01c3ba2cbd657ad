// The reference engine as a child process: a line in, a line out.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace polc::differential {

class PeerProcess {
 public:
  explicit PeerProcess(const std::string& binary);
  ~PeerProcess();
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;

  // Whether the program was started.
  bool running() const { return pid_ > 0; }
  // Writes one line. The peer reads it whole before it answers, so at most one may be under way.
  bool Send(const std::string& line);
  // The answer to the last line; nothing if the peer has died.
  std::optional<std::string> Receive();

 private:
  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
  std::string buffer_;
};

struct PeerBinary {
  std::string path;    // empty: there is none here
  std::string reason;  // why
};
// $POLC_PEER if set, else what build_peer.sh builds or finds.
PeerBinary FindPeer();

}  // namespace polc::differential
