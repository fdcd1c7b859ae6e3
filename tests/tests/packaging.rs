//! The library can be installed and used as C and C++ projects do it, and as `docs/install.md` and the README show it: what
//! they have of CMake and make is what is built here.

use std::path::Path;
use tempfile::TempDir;
use token2metrics::t2m_abi_version;
use token2metrics_core::{Profile, Request};
use token2metrics_tests::document::blocks;
use token2metrics_tests::experiment::replaced;
use token2metrics_tests::packaging::{install, manual, shell};
use token2metrics_tests::root;

const BLOB: &str = "tests/vectors/version_2.t2m";
const BUILD: &str = "cmake -S . -B build && cmake --build build";

/// A folder with the programs of `tests/packaging` and this build file.
fn project(name: &str, text: &str) -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for program in ["main.c", "main.cpp"] {
        std::fs::copy(root().join("tests/packaging").join(program), dir.path().join(program)).expect("a copy");
    }
    std::fs::write(dir.path().join(name), text).expect("a file");
    dir
}

/// Runs a program, which must print what the library predicts when Rust calls it.
fn assert_predicts(folder: &Path, program: &str) {
    let blob = root().join(BLOB);
    let printed = shell(folder, &format!("{program} {}", blob.display()));
    let profile = Profile::decode(&std::fs::read(blob).expect("readable")).expect("sound");
    let request = Request { input_tokens: 100, cached_tokens: 0, output_tokens: 50 };
    let expected = profile.predict(request).expect("the request is sound").total_s;
    let printed: f32 = printed.trim_end().parse().expect("a number");
    assert_eq!(printed.to_bits(), expected.to_bits(), "{program}: {printed}, not {expected}");
}

#[test]
fn what_is_installed() {
    let manual = manual();
    let listed: Vec<&str> = blocks(&manual, "text")[0].lines().collect();
    let headers = std::fs::read_dir(root().join("include")).expect("a folder");
    for header in headers {
        let header = format!("include/{}", header.expect("an entry").file_name().to_string_lossy());
        assert!(listed.contains(&header.as_str()), "{header} is not in docs/install.md");
    }
    let files: Vec<String> = install("").files().iter().map(|file| file.replacen("lib64/", "lib/", 1)).collect();
    assert_eq!(files, listed);
}

/// Where the version of the interface stands for cargo-c, and in the names of files.
#[test]
fn versions_are_that_of_the_interface() {
    let abi = t2m_abi_version();
    let manifest = std::fs::read_to_string(root().join("ffi/Cargo.toml")).expect("a manifest");
    let library = manifest.split("[package.metadata.capi.library]").nth(1).expect("what cargo-c needs");
    let version = library.lines().find_map(|line| line.strip_prefix("version = ")).expect("a version");
    assert_eq!(version, format!("\"{abi}.0.0\""));
    assert!(manual().contains(&format!("lib/libtoken2metrics.so.{abi} -> libtoken2metrics.so.{abi}.0.0\n")));
}

#[test]
fn make_with_pkg_config_also_once_moved() {
    let project = project("Makefile", blocks(&manual(), "make")[0]);
    let installed = install("").moved();
    let lib = installed.lib();
    let (lib, folder) = (lib.display(), project.path());
    shell(folder, &format!("PKG_CONFIG_PATH={lib}/pkgconfig make shared static"));
    assert_predicts(folder, &format!("LD_LIBRARY_PATH={lib} ./shared"));
    let version = shell(folder, &format!("PKG_CONFIG_PATH={lib}/pkgconfig pkg-config --modversion token2metrics"));
    assert_eq!(version, concat!(env!("CARGO_PKG_VERSION"), "\n"));

    // By its SONAME alone, as it is where nothing is compiled.
    let abi = t2m_abi_version();
    shell(folder, &format!("mkdir run && cp {lib}/libtoken2metrics.so.{abi}.0.0 run/libtoken2metrics.so.{abi}"));
    drop(installed);
    assert_predicts(folder, "LD_LIBRARY_PATH=run ./shared");
    assert_predicts(folder, "./static");
}

/// As firmware has it. Whoever finds only this one gets it from pkg-config without asking for static libraries.
#[test]
fn static_library_alone_without_std() {
    let host = shell(root(), "rustc --version --verbose | sed -n 's/^host: //p'");
    let target = format!("-DTOKEN2METRICS_RUST_TARGET={}", host.trim_end());
    let installed = install(&format!("-DTOKEN2METRICS_SHARED=OFF -DTOKEN2METRICS_STD=OFF {target}"));
    assert!(!installed.files().iter().any(|file| file.contains(".so")), "{:?}", installed.files());
    let project = project("Makefile", blocks(&manual(), "make")[0]);
    let command = format!("PKG_CONFIG_PATH={}/pkgconfig make shared", installed.lib().display());
    shell(project.path(), &command);
    assert_predicts(project.path(), "./shared");
}

#[test]
fn cmake_finds_the_package_also_once_moved() {
    let lists = blocks(&manual(), "cmake")[0].to_owned();
    let installed = install("").moved();
    let prefix = installed.prefix();
    let prefix = prefix.display();
    for (source, shared) in [("main.c", "OFF"), ("main.c", "ON"), ("main.cpp", "ON")] {
        let project = project("CMakeLists.txt", &replaced(&lists, "main.c", source));
        let options = format!("-DCMAKE_PREFIX_PATH={prefix} -DBUILD_SHARED_LIBS={shared}");
        shell(project.path(), &replaced(BUILD, "-B build", &format!("-B build {options}")));
        assert_predicts(project.path(), "build/main");
    }
    // Not taken for another version.
    let project = project(
        "CMakeLists.txt",
        &replaced(&lists, "find_package(token2metrics 0.1", "find_package(token2metrics 0.2"),
    );
    let finds =
        format!("if cmake -S . -B build -DCMAKE_PREFIX_PATH={prefix} 2>errors; then cat errors; fi; cat errors");
    let errors = shell(project.path(), &finds);
    assert!(errors.contains("compatible with requested"), "{errors}");
}

#[test]
fn cmake_builds_it_along() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let lists = "cmake_minimum_required(VERSION 3.16)\nproject(main)\nadd_executable(main main.c)\n".to_owned();
    let project = project("CMakeLists.txt", &(lists + blocks(&readme, "cmake")[0]));
    let folder = project.path();
    std::fs::create_dir(folder.join("third_party")).expect("a folder");
    std::os::unix::fs::symlink(root(), folder.join("third_party/token2metrics")).expect("a link");
    for shared in ["OFF", "ON"] {
        shell(folder, &replaced(BUILD, "-B build", &format!("-B build -DBUILD_SHARED_LIBS={shared}")));
        assert_predicts(folder, "build/main");
        // Nothing is installed that the project did not ask for.
        shell(folder, "cmake --install build --prefix installed && test ! -e installed/include");
    }
}

#[test]
fn cmake_fetches_it() {
    let lists = blocks(&manual(), "cmake")[1].to_owned();
    let beside = "${CMAKE_CURRENT_SOURCE_DIR}/../token2metrics";
    let project = project("CMakeLists.txt", &replaced(&lists, beside, "${CMAKE_CURRENT_SOURCE_DIR}/token2metrics"));
    std::os::unix::fs::symlink(root(), project.path().join("token2metrics")).expect("a link");
    shell(project.path(), BUILD);
    assert_predicts(project.path(), "build/main");
}
