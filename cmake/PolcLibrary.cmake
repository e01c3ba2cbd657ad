# Shared libraries made of rooms, with the C symbols of their headers as their whole surface, and how they are
# installed. docs/embedding.md shows their use.
#
#   polc_shared_library(polc_json
#     ROOMS runtime_json       # rooms that go in whole
#     PARTS runtime_vm ...     # rooms it takes single objects from
#     HEADERS polc_json.h ...  # installed; every POLC_API function in the C ones is exported
#     LIBS simdjson::simdjson)
include(CMakePackageConfigHelpers)

function(polc_shared_library name)
  cmake_parse_arguments(L "" "" "ROOMS;PARTS;HEADERS;LIBS" ${ARGN})
  set(objects)
  foreach(room ${L_ROOMS})
    list(APPEND objects $<TARGET_OBJECTS:polc_${room}>)
  endforeach()

  # The version script: exported is what a header declares with POLC_API.
  set(script ${CMAKE_CURRENT_BINARY_DIR}/${name}.map)
  set(symbols)
  foreach(header ${L_HEADERS})
    file(READ ${header} text)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
    string(REGEX MATCHALL "POLC_API[^(;]*(polc_[a-z_]+)\\(" declarations "${text}")
    foreach(declaration ${declarations})
      string(REGEX REPLACE ".*(polc_[a-z_]+)\\($" "\\1" symbol "${declaration}")
      list(APPEND symbols "    ${symbol}")
    endforeach()
  endforeach()
  list(SORT symbols)
  list(JOIN symbols ";\n" symbols)
  file(WRITE ${script}.new "${name}_${PROJECT_VERSION_MAJOR} {\n  global:\n${symbols};\n  local: *;\n};\n")
  configure_file(${script}.new ${script} COPYONLY)

  add_library(${name}_shared SHARED ${objects})
  add_library(polc::${name} ALIAS ${name}_shared)
  set_target_properties(${name}_shared PROPERTIES OUTPUT_NAME ${name} EXPORT_NAME ${name} LINKER_LANGUAGE CXX
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} LINK_DEPENDS ${script})
  list(TRANSFORM L_PARTS PREPEND polc_ OUTPUT_VARIABLE parts)
  target_link_libraries(${name}_shared PRIVATE ${parts} ${L_LIBS})
  target_link_options(${name}_shared PRIVATE -Wl,--version-script=${script}
    $<$<NOT:$<BOOL:${POLC_SANITIZED}>>:-Wl,--no-undefined>)
  target_include_directories(${name}_shared INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

  install(TARGETS ${name}_shared EXPORT polcTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(FILES ${L_HEADERS} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  set(PC_NAME ${name})
  set(PC_REQUIRES "")
  if(NOT name STREQUAL "polc")
    target_link_libraries(${name}_shared PUBLIC polc_shared)
    set(PC_REQUIRES "polc")
  endif()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/polc.pc.in ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
