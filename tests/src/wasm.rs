//! The library as WebAssembly, in an interpreter.

use crate::figures::row;
use crate::root;
use std::path::Path;
use token2metrics::{t2m_band, t2m_prediction, t2m_request};
use wasmi::{Engine, Instance, Linker, Memory, Module, Store};

/// The checked-in module.
pub const MODULE: &str = "trainer/templates/token2metrics.wasm";
/// What to do where it is not core as it stands.
pub const RENEW: &str = "core or ffi has changed: tests/wasm/build renews the module";
/// The blobs of the vectors.
pub const BLOBS: [&str; 3] = ["version_1.t2m", "version_2.t2m", "prefill_only.t2m"];

/// Bytes of a `t2m_profile` and of a `t2m_request`; `tests/abi/layout.txt`.
const PROFILE: usize = 512;
const REQUEST: usize = 12;
const PREDICTION: usize = 64;
/// Bytes of a page of WebAssembly's memory.
const PAGE: usize = 65_536;

/// A module with a profile loaded.
#[derive(Debug)]
pub struct Wasm {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
    /// Where a page begins that the module knows nothing of: the profile, a request, a prediction, and what is read.
    at: usize,
}

fn address(place: usize) -> i32 {
    i32::try_from(place).expect("a small memory")
}

impl Wasm {
    /// Instantiates the module of a file, and loads a blob there.
    ///
    /// # Panics
    /// Where the file is no module, or the module rejects the blob.
    pub fn load(module: &Path, blob: &[u8]) -> Self {
        let bytes = std::fs::read(module).unwrap_or_else(|error| panic!("{}: {error}", module.display()));
        let engine = Engine::default();
        let module = Module::new(&engine, &bytes).expect("a module");
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).expect("it imports nothing");
        let memory = instance.get_memory(&store, "memory").expect("a memory");
        let pages = memory.grow(&mut store, 1).expect("a page more");
        let at = usize::try_from(pages).expect("few pages") * PAGE;
        let mut wasm = Self { store, instance, memory, at };
        let read = at + PROFILE + REQUEST + PREDICTION;
        wasm.memory.write(&mut wasm.store, read, blob).expect("in memory");
        let status = wasm.call("t2m_profile_load", [address(read), address(blob.len()), address(at)]);
        assert_eq!(status, 0, "the profile is loaded");
        wasm
    }

    fn call(&mut self, function: &str, [one, two, three]: [i32; 3]) -> i32 {
        let function = self.instance.get_typed_func::<(i32, i32, i32), i32>(&self.store, function).expect("exported");
        function.call(&mut self.store, (one, two, three)).expect("it does not trap")
    }

    /// What `t2m_predict` answers: a prediction or a status.
    pub fn predict(&mut self, request: t2m_request) -> Result<t2m_prediction, i32> {
        let (request_at, prediction_at) = (self.at + PROFILE, self.at + PROFILE + REQUEST);
        let fields = [request.input_tokens, request.cached_tokens, request.output_tokens];
        let bytes: Vec<u8> = fields.into_iter().flat_map(u32::to_le_bytes).collect();
        self.memory.write(&mut self.store, request_at, &bytes).expect("in memory");
        let status = self.call("t2m_predict", [address(self.at), address(request_at), address(prediction_at)]);
        if status != 0 {
            return Err(status);
        }
        let mut bytes = [0; PREDICTION];
        self.memory.read(&self.store, prediction_at, &mut bytes).expect("in memory");
        let (words, _) = bytes.as_chunks::<4>();
        let word = |index: usize| u32::from_le_bytes(words[index]);
        let float = |index| f32::from_bits(word(index));
        let band = |index| t2m_band { low_s: float(index), high_s: float(index + 1) };
        Ok(t2m_prediction {
            prefill_s: float(0),
            decode_s: float(1),
            total_s: float(2),
            tpot_s: float(3),
            prefill_energy_j: float(4),
            decode_energy_j: float(5),
            energy_j: float(6),
            average_power_w: float(7),
            cost: float(8),
            prefill_band: band(9),
            decode_band: band(11),
            total_band: band(13),
            flags: word(15),
        })
    }
}

/// Asserts that a module predicts every row of `tests/vectors/predictions.csv` to the bit.
///
/// # Panics
/// Where it does not.
pub fn assert_vectors(module: &Path) {
    let vectors = std::fs::read_to_string(root().join("tests/vectors/predictions.csv")).expect("the vectors");
    let mut rows = 0;
    for blob in BLOBS {
        let bytes = std::fs::read(root().join("tests/vectors").join(blob)).expect("a blob");
        let mut wasm = Wasm::load(module, &bytes);
        for line in vectors.lines().filter_map(|line| line.strip_prefix(blob)?.strip_prefix(',')) {
            let cells: Vec<&str> = line.split(',').collect();
            let count = |index: usize| cells[index].parse().expect("a count");
            let request = t2m_request { input_tokens: count(0), cached_tokens: count(1), output_tokens: count(2) };
            match wasm.predict(request) {
                Ok(prediction) => assert_eq!(row(request, Ok(&prediction)), line, "{blob}: {RENEW}"),
                Err(status) => assert_eq!(status.to_string(), cells[3], "{blob}, {request:?}: {RENEW}"),
            }
            rows += 1;
        }
    }
    assert_eq!(rows, vectors.lines().count() - 1, "every row is of one of the blobs");
}
