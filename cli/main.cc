#include "cli/command_line.h"

int main(int argc, char** argv) {
  polc::cli::CommandLine line;
  polc::cli::RegisterAll(line);
  return line.Main(argc, argv);
}
