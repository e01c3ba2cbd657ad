# Rooms: one CMake library per folder, whose USES line is the whole truth about what it may include.
#
# A room's headers are reachable only through its own staged include folder
# (build/rooms/NAME/<folder> -> <folder>), which linking the room adds. Including a header of a room
# that is not in USES therefore fails to compile: the arrows of docs/architecture.md are enforced here.
#
#   polc_room(source FOLDER compiler/source
#     SOURCES source_map.cc ...     # relative to FOLDER
#     USES data ...                 # other rooms
#     LIBS fmt::fmt ...             # packages
#     TESTS source_map_test.cc ...) # unit tests, one binary per room: source_test

# Stages FOLDER so that only targets that link a room see its headers.
function(_polc_stage name folder)
  set(stage ${PROJECT_BINARY_DIR}/rooms/${name})
  get_filename_component(parent ${stage}/${folder} DIRECTORY)
  file(MAKE_DIRECTORY ${parent})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${stage}/${folder} SYMBOLIC)
endfunction()

function(polc_room name)
  cmake_parse_arguments(ROOM "" "FOLDER" "SOURCES;USES;LIBS;TESTS;TEST_USES;TEST_LIBS" ${ARGN})
  _polc_stage(${name} ${ROOM_FOLDER})
  list(TRANSFORM ROOM_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/${ROOM_FOLDER}/)
  list(TRANSFORM ROOM_USES PREPEND polc_)
  if(ROOM_SOURCES)
    add_library(polc_${name} STATIC ${ROOM_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(polc_${name} PRIVATE polc_options)
  else()
    add_library(polc_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  # Sanitized builds check; what they run long is the runtime, and the rest compiles in half the time.
  if(POLC_SANITIZED AND ROOM_SOURCES AND NOT ROOM_FOLDER MATCHES "^runtime")
    target_compile_options(polc_${name} PRIVATE -O0)
  endif()
  target_include_directories(polc_${name} ${scope} $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/rooms/${name}>)
  target_link_libraries(polc_${name} ${scope} ${ROOM_USES} ${ROOM_LIBS})

  if(POLC_BUILD_TESTS AND ROOM_TESTS)
    list(TRANSFORM ROOM_TESTS PREPEND ${PROJECT_SOURCE_DIR}/${ROOM_FOLDER}/)
    list(TRANSFORM ROOM_TEST_USES PREPEND polc_)
    polc_test(${name}_test SOURCES ${ROOM_TESTS} LIBS polc_${name} ${ROOM_TEST_USES} ${ROOM_TEST_LIBS})
  endif()
endfunction()

# One GoogleTest binary, one ctest entry. ARGS are passed to it; LABELS group it (ctest -L). TIMEOUT is for tests
# that run for long: they are optimised and start first. The others take longer to compile than to run, so their
# own files are optimised in dev builds only; what they test is.
function(polc_test name)
  cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;LIBS;ARGS;LABELS" ${ARGN})
  add_executable(${name} ${T_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE polc_options ${T_LIBS} GTest::gmock GTest::gtest_main rapidcheck rapidcheck_gtest)
  target_compile_definitions(${name} PRIVATE POLC_SOURCE_DIR="${PROJECT_SOURCE_DIR}" POLC_BINARY_DIR="${PROJECT_BINARY_DIR}")
  add_test(NAME ${name} COMMAND ${name} ${T_ARGS})
  if(T_LABELS)
    set_tests_properties(${name} PROPERTIES LABELS "${T_LABELS}")
  endif()
  if(T_TIMEOUT)
    set_tests_properties(${name} PROPERTIES TIMEOUT ${T_TIMEOUT} COST ${T_TIMEOUT})
  else()
    target_compile_options(${name} PRIVATE $<$<OR:$<CONFIG:Release>,$<BOOL:${POLC_SANITIZED}>>:-O0>)
  endif()
endfunction()
