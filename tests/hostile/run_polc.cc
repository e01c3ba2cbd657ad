#include "tests/hostile/run_polc.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace polc::hostile {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

Folder::Folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "polc_hostile.XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

Folder::~Folder() { std::filesystem::remove_all(path_); }

std::string Folder::Write(const std::string& name, const std::string& text) const {
  std::filesystem::path path = Path(name);
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
  return name;
}

Ran Folder::Run(const std::vector<std::string>& arguments, const std::string& input) const {
  Write(".stdin", input);
  pid_t child = fork();
  if (child == 0) {
    auto redirect = [&](const char* name, int fd, int flags) {
      int file = open(Path(name).c_str(), flags, 0600);
      if (file < 0 || dup2(file, fd) < 0) _exit(125);
    };
    redirect(".stdin", STDIN_FILENO, O_RDONLY);
    redirect(".stdout", STDOUT_FILENO, O_WRONLY | O_CREAT | O_TRUNC);
    redirect(".stderr", STDERR_FILENO, O_WRONLY | O_CREAT | O_TRUNC);
    if (chdir(path_.c_str()) != 0) _exit(125);
    std::string program = POLC_BINARY_DIR "/bin/polc";
    std::vector<char*> argv = {program.data()};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    execv(program.c_str(), argv.data());
    _exit(126);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  Ran ran;
  auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  ran.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  ran.peak_mib = usage.ru_maxrss / 1024.0;
  ran.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ran.out = ReadAll(Path(".stdout"));
  ran.err = ReadAll(Path(".stderr"));
  return ran;
}

double Slack() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return 20;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return 20;
#endif
#endif
#ifdef NDEBUG
  return 1;
#else
  return 4;
#endif
}

}  // namespace polc::hostile
