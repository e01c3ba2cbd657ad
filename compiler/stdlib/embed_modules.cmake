# Writes OUT: the text of every .pol file below MODULES_DIR as bytes, sorted by module name. A file
# a/b.pol is the module std.a.b.
file(GLOB_RECURSE files RELATIVE ${MODULES_DIR} ${MODULES_DIR}/*.pol)
set(names)
foreach(file ${files})
  string(REGEX REPLACE "\\.pol$" "" name ${file})
  string(REPLACE "/" "." name ${name})
  list(APPEND names "${name}")
endforeach()
list(SORT names)

set(bytes "")
set(rows "")
set(n 0)
foreach(name ${names})
  string(REPLACE "." "/" path ${name})
  file(READ ${MODULES_DIR}/${path}.pol hex HEX)
  string(LENGTH "${hex}" size)
  math(EXPR size "${size} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  string(APPEND bytes "constexpr unsigned char kText${n}[] = {${hex}0};\n")
  string(APPEND rows "      {\"std.${name}\", {reinterpret_cast<const char*>(kText${n}), ${size}}},\n")
  math(EXPR n "${n} + 1")
endforeach()

file(WRITE ${OUT}.new "// Made from stdlib/ by embed_modules.cmake.\n#include \"compiler/stdlib/stdlib.h\"\n
namespace polc::stdlib {\nnamespace {\n${bytes}}  // namespace\n
const std::vector<Module>& Modules() {\n  static const std::vector<Module> modules = {\n${rows}  };\n  return modules;\n}\n
}  // namespace polc::stdlib\n")
configure_file(${OUT}.new ${OUT} COPYONLY)
