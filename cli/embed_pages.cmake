# cmake -DPAGES_DIR=docs/diagnostics -DOUT=pages.cc -P embed_pages.cmake
#
# Writes the diagnostics' pages into a C++ file. README.md is the index and no page.
file(GLOB pages LIST_DIRECTORIES false ${PAGES_DIR}/*.md)
list(SORT pages)
set(text "// Generated from docs/diagnostics by cli/embed_pages.cmake. Do not edit.\n#include \"cli/pages.h\"\n\n")
string(APPEND text "namespace polc::cli {\n\nconst std::vector<Page>& DiagnosticPages() {\n")
string(APPEND text "  static const std::vector<Page> pages = {\n")
foreach(page IN LISTS pages)
  get_filename_component(code ${page} NAME_WE)
  if(NOT code STREQUAL "README")
    file(READ ${page} markdown)
    string(APPEND text "      {\"${code}\", R\"polcpage(${markdown})polcpage\"},\n")
  endif()
endforeach()
string(APPEND text "  };\n  return pages;\n}\n\n}  // namespace polc::cli\n")
file(WRITE ${OUT} "${text}")
