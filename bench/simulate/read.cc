// The least that reading a log can cost: every line of it parsed by simdjson, one document after the other,
// and nothing done with them.
//
//   read_log LOG    prints {"records", "seconds", "bytes"}; seconds are of the processor
#include <simdjson.h>

#include <cstdio>
#include <ctime>
#include <string>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  FILE* const log = std::fopen(argv[1], "rb");
  if (log == nullptr) return 3;
  const auto seconds = [] {
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
  };
  const double begin = seconds();
  constexpr size_t kPiece = size_t{1} << 20;
  std::string text(kPiece + simdjson::SIMDJSON_PADDING, '\0');
  simdjson::dom::parser parser;
  size_t kept = 0, bytes = 0, records = 0;
  for (;;) {
    const size_t got = std::fread(text.data() + kept, 1, kPiece - kept, log);
    if (got == 0) break;
    bytes += got;
    const size_t size = kept + got;
    const size_t end = text.rfind('\n', size - 1) + 1;
    simdjson::dom::document_stream documents;
    if (parser.parse_many(text.data(), end, kPiece).get(documents) != simdjson::SUCCESS) return 1;
    for (const auto document : documents) records += document.error() == simdjson::SUCCESS;
    kept = size - end;
    text.replace(0, kept, text, end, kept);
  }
  std::fclose(log);
  std::printf("{\"records\": %zu, \"seconds\": %.3f, \"bytes\": %zu}\n", records, seconds() - begin, bytes);
  return 0;
}
