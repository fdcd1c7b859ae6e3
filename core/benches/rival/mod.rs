//! What the benches compare with: a profile as C with its coefficients as constants, compiled by `cc -O3`.

use std::ffi::{CString, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The request of the C.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct CRequest {
    pub(crate) input_tokens: u32,
    pub(crate) cached_tokens: u32,
    pub(crate) output_tokens: u32,
}

/// The prediction of the C: its floats, and the flags.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct CPrediction {
    pub(crate) floats: [f32; 15],
    pub(crate) flags: u32,
}

/// `token2metrics_predict` of the file.
pub(crate) type Predict = unsafe extern "C" fn(*const CRequest, *mut CPrediction) -> i32;

/// A profile as a blob and as C.
pub(crate) struct Subject {
    /// What it is.
    pub(crate) title: &'static str,
    /// The blob.
    pub(crate) blob: Vec<u8>,
    /// The compiled C.
    pub(crate) predict: Predict,
}

/// Requests that are walked in a run.
pub(crate) const REQUESTS: usize = 1000;

/// Requests all over the trained range, every fourth with a cached prefix, in an order that has no pattern to learn.
pub(crate) fn requests() -> Vec<CRequest> {
    let mut state = 1_u32;
    let mut next = |below: u32| {
        // Numerical Recipes, "An Even Quicker Generator"; the upper bits are the good ones.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let request = |_| {
        let input_tokens = 8 + next(930);
        let cached_tokens = if next(4) == 0 { next(input_tokens) } else { 0 };
        CRequest { input_tokens, cached_tokens, output_tokens: 2 + next(95) }
    };
    (0..REQUESTS).map(request).collect()
}

/// The profiles that are measured: two with times alone, two with everything.
pub(crate) fn subjects() -> Vec<Subject> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is a folder of the repository");
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rival");
    let trained = dir.join("qwen_1_5b/profile.t2m");
    command_line(root, &["train", "--model", "qwen_1_5b", "--output", text(&dir)]);
    let subject = |title, stem, profile: PathBuf| {
        let [blob, source] = ["t2m", "c"].map(|extension| dir.join(stem).with_extension(extension));
        command_line(root, &["export", text(&profile), "--format", "bin", "--output", text(&blob)]);
        command_line(root, &["export", text(&profile), "--format", "c-source", "--output", text(&source)]);
        let blob = std::fs::read(blob).expect("a blob");
        Subject { title, blob, predict: compiled(&source) }
    };
    let vector = |name: &str| root.join("tests/vectors").join(name);
    vec![
        subject("time only: configs/qwen_1_5b.toml", "qwen", trained),
        subject("time only: tests/vectors/version_1.t2m", "version_1", vector("version_1.t2m")),
        subject(
            "everything but cost: configs/presets/jetson_agx_orin_qwen_1_5b.toml",
            "orin",
            root.join("configs/presets/jetson_agx_orin_qwen_1_5b.toml"),
        ),
        subject("everything: tests/vectors/version_2.t2m", "version_2", vector("version_2.t2m")),
    ]
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is UTF-8")
}

fn command_line(root: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO"));
    command.args(["run", "--quiet", "--release", "-p", "token2metrics-trainer", "--", "--log-level", "error"]);
    succeed(command.args(arguments).current_dir(root));
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}: install it"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Compiles a file and loads it; it stays loaded.
fn compiled(source: &Path) -> Predict {
    unsafe extern "C" {
        fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
        fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    }
    const RTLD_NOW: c_int = 2;
    let library = source.with_extension("so");
    succeed(Command::new("cc").args(["-std=c99", "-O3", "-fPIC", "-shared"]).arg(source).arg("-o").arg(&library));
    let path = CString::new(text(&library)).expect("a path");
    // SAFETY: both strings end with 0; the file was just made from C that declares this function so, and runs nothing when it is loaded.
    unsafe {
        let library = dlopen(path.as_ptr(), RTLD_NOW);
        assert!(!library.is_null(), "{path:?} does not load");
        let predict = dlsym(library, c"token2metrics_predict".as_ptr());
        assert!(!predict.is_null(), "{path:?} has no token2metrics_predict");
        std::mem::transmute::<*mut c_void, Predict>(predict)
    }
}
