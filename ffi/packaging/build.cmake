# Runs cargo at every build, which knows best what has changed, and copies what it made to lib/ below the binary folder.

if(DEFINED ENV{CARGO_TARGET_DIR})
    set(token2metrics_cargo_dir "$ENV{CARGO_TARGET_DIR}")
else()
    set(token2metrics_cargo_dir "${CMAKE_CURRENT_BINARY_DIR}/cargo")
endif()

set(token2metrics_crate_types "")
set(token2metrics_made "")
if(TOKEN2METRICS_STATIC)
    list(APPEND token2metrics_crate_types staticlib)
    list(APPEND token2metrics_made "${token2metrics_static_file}")
endif()
if(TOKEN2METRICS_SHARED)
    list(APPEND token2metrics_crate_types cdylib)
    list(APPEND token2metrics_made "${token2metrics_shared_file}" ${token2metrics_import_file} ${token2metrics_links})
endif()
string(REPLACE ";" "," token2metrics_crate_types "${token2metrics_crate_types}")

set(token2metrics_arguments --crate-type "${token2metrics_crate_types}" --target-dir "${token2metrics_cargo_dir}")
set(token2metrics_cargo_out "${token2metrics_cargo_dir}/release")
if(TOKEN2METRICS_RUST_TARGET)
    list(APPEND token2metrics_arguments --target "${TOKEN2METRICS_RUST_TARGET}")
    set(token2metrics_cargo_out "${token2metrics_cargo_dir}/${TOKEN2METRICS_RUST_TARGET}/release")
endif()
if(NOT TOKEN2METRICS_STD)
    list(APPEND token2metrics_arguments --no-default-features)
endif()

set(token2metrics_lib "${CMAKE_CURRENT_BINARY_DIR}/lib")
set(token2metrics_copies "")
function(token2metrics_copy from to)
    set(copy COMMAND "${CMAKE_COMMAND}" -E copy_if_different "${token2metrics_cargo_out}/${from}" "${token2metrics_lib}/${to}")
    set(token2metrics_copies ${token2metrics_copies} ${copy} PARENT_SCOPE)
endfunction()
if(TOKEN2METRICS_STATIC)
    token2metrics_copy("${token2metrics_static_file}" "${token2metrics_static_file}")
endif()
if(TOKEN2METRICS_SHARED)
    token2metrics_copy("${token2metrics_cargo_file}" "${token2metrics_shared_file}")
    foreach(file IN LISTS token2metrics_import_file)
        token2metrics_copy("${file}" "${file}")
    endforeach()
    foreach(link IN LISTS token2metrics_links)
        list(APPEND token2metrics_copies
            COMMAND "${CMAKE_COMMAND}" -E create_symlink "${token2metrics_shared_file}" "${token2metrics_lib}/${link}")
    endforeach()
endif()

# Generators want to know which files come from where.
set(token2metrics_byproducts "${token2metrics_made}")
list(TRANSFORM token2metrics_byproducts PREPEND "${token2metrics_lib}/")
add_custom_target(token2metrics_cargo ALL
    COMMAND "${TOKEN2METRICS_CARGO}" rustc --locked --release -p token2metrics-ffi --lib ${token2metrics_arguments}
            -- ${token2metrics_link_argument}
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${token2metrics_lib}"
    ${token2metrics_copies}
    BYPRODUCTS ${token2metrics_byproducts}
    WORKING_DIRECTORY "${token2metrics_root}"
    COMMENT "Building libtoken2metrics with cargo"
    VERBATIM)
