# Warnings, linker and cache: what every target of the project shares.

add_library(polc_options INTERFACE)
target_compile_options(polc_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow=local $<$<COMPILE_LANG_AND_ID:CXX,GNU,Clang>:-Wnon-virtual-dtor>
  $<$<BOOL:${POLC_WERROR}>:-Werror>)
# g++ 12 sees overruns and overlaps in its own vector and string code that are not there (GCC bugs 105329,
# 105651, 107852); the sanitizer builds look for real ones.
target_compile_options(polc_options INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds -Wno-stringop-overflow -Wno-restrict>)
# -Wshadow=local is GNU's spelling; clang's -Wshadow has the same reach with its defaults.
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  set_property(TARGET polc_options PROPERTY INTERFACE_COMPILE_OPTIONS
    -Wall -Wextra -Wpedantic -Wshadow $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
    # libstdc++ 12's own stable_sort uses what it deprecates; clang reports that at our call.
    -Wno-deprecated-declarations
    $<$<BOOL:${POLC_WERROR}>:-Werror>)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# A linked polc is a hundred objects and LLVMSupport: mold or lld links it in a tenth of bfd's time.
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_link_options(-fuse-ld=mold)
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_link_options(-fuse-ld=lld)
endif()
add_link_options(-Wl,--gc-sections)
add_compile_options(-ffunction-sections -fdata-sections)

# __FILE__ and debug info name files relative to the project: the same sources give the same
# objects wherever the checkout lies.
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)

# Whether this build carries a sanitizer, whose runtime only executables link.
if("${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_DEBUG}" MATCHES "-fsanitize=")
  set(POLC_SANITIZED ON)
endif()
