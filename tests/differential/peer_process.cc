#include "tests/differential/peer_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace polc::differential {

PeerProcess::PeerProcess(const std::string& binary) {
  int in[2], out[2];
  // Close-on-exec keeps one worker's pipes out of another's child, where they would never see their end.
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) return;
  signal(SIGPIPE, SIG_IGN);
  pid_ = fork();
  if (pid_ == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    execl(binary.c_str(), binary.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  to_ = in[1];
  from_ = out[0];
}

PeerProcess::~PeerProcess() {
  if (to_ >= 0) close(to_);
  if (from_ >= 0) close(from_);
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
}

bool PeerProcess::Send(const std::string& line) {
  const std::string whole = line + "\n";
  for (size_t at = 0; at < whole.size();) {
    ssize_t n = write(to_, whole.data() + at, whole.size() - at);
    if (n <= 0) return false;
    at += static_cast<size_t>(n);
  }
  return true;
}

std::optional<std::string> PeerProcess::Receive() {
  char chunk[1 << 16];
  size_t searched = 0;
  while (true) {
    size_t end = buffer_.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    searched = buffer_.size();
    ssize_t n = read(from_, chunk, sizeof chunk);
    if (n <= 0) return std::nullopt;
    buffer_.append(chunk, static_cast<size_t>(n));
  }
}

PeerBinary FindPeer() {
  if (const char* given = std::getenv("POLC_PEER"); given && *given) return {given, ""};
  FILE* script = popen(POLC_SOURCE_DIR "/tests/differential/build_peer.sh 2>&1", "r");
  if (!script) return {"", "build_peer.sh cannot be started"};
  std::string output;
  char chunk[4096];
  while (size_t n = fread(chunk, 1, sizeof chunk, script)) output.append(chunk, n);
  const int status = pclose(script);
  while (!output.empty() && output.back() == '\n') output.pop_back();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return {"", output};
  return {output, ""};
}

}  // namespace polc::differential
