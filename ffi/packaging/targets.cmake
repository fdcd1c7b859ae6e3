# The targets for programs of the same build; token2metricsConfig.cmake.in has those of an installed library.

if(TOKEN2METRICS_STATIC)
    add_library(token2metrics::static STATIC IMPORTED GLOBAL)
    set_target_properties(token2metrics::static PROPERTIES
        IMPORTED_LOCATION "${token2metrics_lib}/${token2metrics_static_file}"
        INTERFACE_LINK_LIBRARIES "${token2metrics_system_libraries}")
endif()
if(TOKEN2METRICS_SHARED)
    add_library(token2metrics::shared SHARED IMPORTED GLOBAL)
    set_target_properties(token2metrics::shared PROPERTIES
        IMPORTED_LOCATION "${token2metrics_lib}/${token2metrics_shared_file}")
    if(WIN32)
        set_target_properties(token2metrics::shared PROPERTIES
            IMPORTED_IMPLIB "${token2metrics_lib}/${token2metrics_import_file}")
    else()
        set_target_properties(token2metrics::shared PROPERTIES IMPORTED_SONAME "${token2metrics_install_name}")
    endif()
endif()

foreach(target token2metrics::static token2metrics::shared)
    if(TARGET ${target})
        set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${token2metrics_root}/include")
        add_dependencies(${target} token2metrics_cargo)
    endif()
endforeach()
if(TOKEN2METRICS_SHARED AND (BUILD_SHARED_LIBS OR NOT TOKEN2METRICS_STATIC))
    add_library(token2metrics::token2metrics ALIAS token2metrics::shared)
else()
    add_library(token2metrics::token2metrics ALIAS token2metrics::static)
endif()
