// Opening and verifying a bundle, opening a store, and linking an engine, each several times on files that
// lie in the page cache.
//
//   polc_open CASE-FOLDER

#include <cstdio>
#include <filesystem>

#include "api.h"

int main(int argc, char** argv) {
  using namespace polc_bench;
  if (argc != 2) Die("usage: polc_open CASE-FOLDER");
  const std::string folder = argv[1], path = folder + "/policies.polb";
  const auto bytes = std::filesystem::file_size(path);
  polc_error error = NoError();
  std::vector<double> open, verify, store_open, link;
  for (int i = 0; i < 9; ++i) {
    polc_bundle* bundle = nullptr;
    polc_store* store = nullptr;
    polc_engine* engine = nullptr;
    double at = Seconds();
    auto lap = [&](std::vector<double>* into) {
      const double now = Seconds();
      into->push_back(now - at);
      at = now;
    };
    Check(polc_bundle_open(path.c_str(), &bundle, &error), error, "open");
    lap(&open);
    Check(polc_bundle_verify(bundle, &error), error, "verify");
    lap(&verify);
    Check(polc_store_open((folder + "/entities.pols").c_str(), &store, &error), error, "store");
    lap(&store_open);
    Check(polc_engine_new(bundle, store, &engine, &error), error, "engine");
    lap(&link);
    polc_engine_free(engine);
    polc_store_free(store);
    polc_bundle_free(bundle);
  }
  std::printf("{\"bytes\":%ju,\"open_s\":%.6f,\"verify_s\":%.6f,\"store_open_s\":%.6f,\"engine_s\":%.6f}\n",
              static_cast<uintmax_t>(bytes), Quantile(open, 0.5), Quantile(verify, 0.5),
              Quantile(store_open, 0.5), Quantile(link, 0.5));
  return 0;
}
