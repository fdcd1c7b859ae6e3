//! Tables: of other tools, cut, in older encodings, with line ends from Windows; and formats that are named but not what a file is.

use super::case::{Made, file_name, import, sample, samples};
use token2metrics_tests::root;

const FORMATS: [&str; 11] = [
    "canonical",
    "server",
    "device",
    "llama-bench",
    "llama-batched-bench",
    "llama-server",
    "ollama",
    "vllm",
    "aiperf",
    "genai-perf",
    "executorch",
];

#[test]
fn every_format_of_every_sample() {
    for name in samples() {
        let content = sample(&name);
        let auto = import(file_name(&name), &content, "").expect("a sound sample");
        let mut same = 0;
        for format in FORMATS {
            match import(file_name(&name), &content, &format!("--from {format}")) {
                Ok(made) => {
                    assert_eq!(made.rows, auto.rows, "{name} as {format}");
                    same += 1;
                }
                Err(error) => assert!(error.starts_with("error: "), "{error}"),
            }
        }
        assert!(same > 0, "{name}: its own format reads it");
    }
}

#[test]
fn tables_of_other_tools() {
    assert_eq!(
        import("a.csv", "latency,tokens,model\n0.5,7,m\n", ""),
        Err("error: a.csv: not recognised: a CSV file with the columns latency, tokens, model; name its format with --from if it is one of the known ones".to_owned())
    );
    for format in FORMATS {
        let error =
            import("a.csv", "latency,tokens,model\n0.5,7,m\n", &format!("--from {format}")).expect_err("another");
        assert!(error.starts_with("error: a.csv"), "{format}: {error}");
    }
    let error = import("a.bin", [0, 159, 146, 150, 10, 0, 255], "").expect_err("binary");
    assert!(error.starts_with("error: a.bin: not recognised: a file that begins with "), "{error}");
}

const SERVER: &str = "subject,question,ttft,decode_time,total_time_ms,input_tokens,output_tokens,length\n\
    math,\"What, so?\",100,200,300,10,5,9\nmath,b,,250,400,11,6,9\nart,c,90,,90,12,1,9\n";

fn reasons(content: &str) -> Made {
    import("a.csv", content, "").expect("some are sound")
}

#[test]
fn cells_of_a_server_table() {
    let sound = reasons(SERVER);
    assert_eq!(sound.rows, ["10,5,0,0.1,0.2,,", "11,6,0,0.15,0.25,,", "12,1,0,0.09,,,"]);
    for (from, to, reason) in [
        ("100,200,300,10,5", "100,200,300,10", "7 cells under a header of 8: a cut-off row"),
        ("100,200,300,10,5", "-1,200,300,10,5", "ttft is not above zero"),
        ("100,200,300,10,5", "0,200,300,10,5", "ttft is not above zero"),
        ("100,200,300,10,5", "nan,200,300,10,5", "ttft is not a finite number"),
        ("100,200,300,10,5", "100,inf,300,10,5", "decode_time is not a finite number"),
        ("100,200,300,10,5", "100,200,300,,5", "input_tokens is empty"),
        ("100,200,300,10,5", "100,200,300,0,5", "input_tokens is 0: a request has at least one prompt token"),
        ("100,200,300,10,5", "100,200,300,10,0", "output_tokens is 0: a request generates at least one token"),
        ("100,200,300,10,5", "100,200,300,-10,5", "input_tokens is not a token count"),
        ("100,200,300,10,5", "100,200,300,10,5.5", "output_tokens is not a token count"),
        ("100,200,300,10,5", "100,200,300,16777217,5", "input_tokens is not a token count"),
        ("100,200,300,10,5", ",400,300,10,5", "total_time_ms - decode_time is not above zero"),
        ("100,200,300,10,5", ",,300,10,5", "neither prefill nor decode was measured"),
    ] {
        let made = reasons(&SERVER.replacen(from, to, 1));
        assert_eq!(made.rows, sound.rows[1..], "{to}");
        assert_eq!(made.rejected, [(reason.to_owned(), 1, 2)], "{to}");
    }
}

#[test]
fn older_encodings() {
    let device =
        b"subset,full_output,output_tokens,prefill,decode\nart,caf\xE9 \x96 so,5,50,70\nsoci\xE9t\xE9,b,5,50,x\n";
    let made = import("a.csv", device, "").expect("latin-1");
    assert_eq!(made.rows, [",5,0,,0.07,,"]);
    assert_eq!(made.rejected, [("decode is not a finite number".to_owned(), 1, 3)]);
}

/// The same with a byte order mark, with line ends from Windows, and with both.
#[test]
fn texts_from_windows() {
    let seeds = root().join("fuzz/seeds");
    let seed = |name: &str| std::fs::read(seeds.join(name)).expect("a seed");
    let mut texts: Vec<(String, Vec<u8>, &str)> =
        samples().into_iter().map(|name| (file_name(&name).to_owned(), sample(&name), "")).collect();
    for name in ["canonical/rows.csv", "server/table.csv", "device/table.csv", "llama-batched-bench/out.jsonl"] {
        texts.push((name.replace('/', "_"), seed(name), ""));
    }
    for name in ["ollama/answers.jsonl", "vllm/detailed.json", "executorch/runner.log"] {
        texts.push((file_name(name).to_owned(), seed(name), "--assume uncached,alone"));
    }
    for (name, text, options) in texts {
        let unix = import(&name, &text, options).expect("sound");
        let returns = String::from_utf8(text.clone()).expect("UTF-8").replace('\n', "\r\n").into_bytes();
        for windows in [marked(&text), returns.clone(), marked(&returns)] {
            let made = import(&name, &windows, options).expect("sound");
            assert_eq!((&made.rows, &made.rejected), (&unix.rows, &unix.rejected), "{name}");
        }
    }
}

fn marked(text: &[u8]) -> Vec<u8> {
    [b"\xEF\xBB\xBF", text].concat()
}
