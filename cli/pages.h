// The pages of docs/diagnostics, as embedded by embed_pages.cmake when polc is built.
#pragma once

#include <string_view>
#include <vector>

namespace polc::cli {

struct Page {
  std::string_view code;      // the file's name: "InvalidUtf8"
  std::string_view markdown;  // the whole file
};

// Sorted by code.
const std::vector<Page>& DiagnosticPages();

}  // namespace polc::cli
