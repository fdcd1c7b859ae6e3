//! Files of every format, imported by the program: the samples to the rows that their README states, and small ones of the other formats to rows worked out by hand.

use serde_json::Value;
use std::path::{Path, PathBuf};
use token2metrics_tests::experiment::{CONFIG, Experiment, ROWS, Run};
use token2metrics_tests::root;

const HEADER: &str = "input_tokens,output_tokens,cached_tokens,prefill_s,decode_s,prefill_energy_j,decode_energy_j\n";

fn samples() -> PathBuf {
    root().join("tests/samples")
}

/// Imports a file of some content; gives the run, and the rows that were written.
fn import(name: &str, content: &str, options: &str) -> (Run, String) {
    let experiment = Experiment::default();
    experiment.write(name, content);
    let run = experiment.run(&format!("import {name} --output rows.csv {options}"));
    let rows = std::fs::read_to_string(experiment.path("rows.csv")).unwrap_or_default();
    (run, rows)
}

/// The rows of a file, without the header.
fn rows(name: &str, content: &str, options: &str) -> String {
    let (run, rows) = import(name, content, options);
    assert_eq!(run.code, Some(0), "{name}: {}", run.stderr);
    rows.strip_prefix(HEADER).expect("the canonical header").to_owned()
}

fn summary(path: &Path, options: &str) -> Value {
    let experiment = Experiment::default();
    let run = experiment.run(&format!("import {} --output rows.csv --format json {options}", path.display()));
    assert_eq!(run.code, Some(0), "{}: {}", path.display(), run.stderr);
    let written = std::fs::read_to_string(experiment.path("rows.csv")).expect("rows");
    let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(report["rows"], written.lines().count() - 1);
    report
}

#[test]
fn every_sample_gives_the_rows_that_its_readme_states() {
    let readme = std::fs::read_to_string(samples().join("README.md")).expect("a README");
    let mut stated = 0;
    for line in readme.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let number = |cell: &str| cell.split(':').next().and_then(|text| text.parse::<u64>().ok()).expect("a count");
        let report = summary(&samples().join(cells[1].trim_matches('`')), "");
        let rejected = report["files"][0]["rejected"].as_array().expect("a list").iter();
        let rejected: u64 = rejected.map(|reason| reason["rows"].as_u64().expect("a count")).sum();
        assert_eq!((report["rows"].as_u64(), rejected), (Some(number(cells[3])), number(cells[4])), "{line}");
        stated += 1;
    }
    let mut files = 0;
    for folder in ["llama-bench", "llama-server", "aiperf"] {
        files += std::fs::read_dir(samples().join(folder)).expect("a folder").count();
    }
    assert_eq!(stated, files, "each sample stands in the README");
}

#[test]
fn one_list_of_tests_in_three_formats_is_one_list_of_rows() {
    let shape = |name: &str| {
        let experiment = Experiment::default();
        experiment.run(&format!("import {} --output rows.csv", samples().join("llama-bench").join(name).display()));
        let rows = std::fs::read_to_string(experiment.path("rows.csv")).expect("rows");
        let counts = rows.lines().map(|row| row.split(',').take(3).collect::<Vec<_>>().join(","));
        counts.collect::<Vec<_>>()
    };
    let csv = shape("small.csv");
    assert_eq!(csv[1..], ["64,1,0", "256,1,0", "0,17,0", "320,1,256", "512,1,256", "256,17,0"]);
    assert_eq!((&shape("small.sql"), &shape("small.md")), (&csv, &csv));
}

#[test]
fn a_folder_is_read_whole_and_a_filter_chooses() {
    let report = summary(&samples().join("llama-bench"), "--filter threads=1");
    let kept = |report: &Value, name: &str| {
        let files = report["files"].as_array().expect("files");
        let file = files.iter().find(|file| file["file"].as_str().is_some_and(|path| path.ends_with(name)));
        file.map(|file| (file["kept"].as_u64().expect("a count"), file["filtered"].as_u64().expect("a count")))
    };
    assert_eq!(kept(&report, "smollm2.pp.csv"), Some((11, 11)));
    assert_eq!(kept(&report, "smollm2.tg.json"), Some((25, 25)));
    assert_eq!(kept(&report, "small.json"), Some((0, 24)));
    assert_eq!(report["rows"], 11 + 25 + 20 + 75);
    let report =
        summary(&samples().join("llama-bench"), "--filter threads=2 --filter n_depth=256 --filter n_depth=512");
    assert_eq!(kept(&report, "smollm2.tgdepth.jsonl"), Some((10, 30)));
}

#[test]
fn server_and_device_tables() {
    let server = "subject,question_id,question,ttft,decode_time,total_time_ms,input_tokens,output_tokens\n\
        maths,1,\"a, \"\"b\"\"\",250,500,760,100,11\n\
        maths,2,x,,500,760,101,11\n\
        law,1,x,90,,,40,1\n\
        law,2,x,,,760,41,3\n";
    assert_eq!(rows("server.csv", server, ""), "100,11,0,0.25,0.5,,\n101,11,0,0.26,0.5,,\n40,1,0,0.09,,,\n");
    let device = "subset,ground_truth_index,full_output,inference_time,output_tokens,prefill,decode\n\
        law,0,\"caf\u{e9}\",1.5,5,900,400\n\
        maths,0,x,1.5,6,800,500\n\
        law,0,x,1.5,7,700,600\n\
        law,0,x,1.5,8,600,700\n";
    let joined = "40,5,0,0.9,0.4,,\n100,6,0,0.8,0.5,,\n41,7,0,0.7,0.6,,\n,8,0,,0.7,,\n";
    let experiment = Experiment::default();
    experiment.write("server.csv", server);
    // As a program that knows no UTF-8 writes it.
    let latin1: Vec<u8> = device.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
    std::fs::write(experiment.path("device.csv"), latin1).expect("a file");
    let run = experiment.run("import device.csv --join server.csv --output rows.csv");
    assert_eq!(std::fs::read_to_string(experiment.path("rows.csv")).expect("rows"), HEADER.to_owned() + joined);
    assert!(run.stdout.contains("1 rows are of decode alone"), "{}", run.stdout);
    // What is not joined serves a constant step, and nothing else.
    assert_eq!(rows("joined.csv", &(HEADER.to_owned() + joined), ""), joined);
    let config = CONFIG.replace("\"rows.csv\"]", "\"../device.csv\", \"rows.csv\"]\njoin = [\"../server.csv\"]");
    let experiment = Experiment::new(&config, ROWS);
    experiment.write("device.csv", device);
    experiment.write("server.csv", server);
    let (constant, any) =
        (experiment.run("train --model tiny"), experiment.run("train --model tiny --regression auto"));
    assert_eq!((constant.code, any.code), (Some(0), Some(0)), "{} {}", constant.stderr, any.stderr);
    let unused = "only a constant step can be learned from it; set decode.type = \"linear\"";
    assert!(!constant.stderr.contains(unused) && any.stderr.contains(unused), "{} {}", constant.stderr, any.stderr);
}

#[test]
fn llama_batched_bench() {
    let line = |pl: u32, pp: u32, tg: u32| {
        format!(
            "{{\"n_kv_max\": 2048, \"n_threads\": 4, \"pp\": {pp}, \"tg\": {tg}, \"pl\": {pl}, \"n_kv\": 10, \"t_pp\": 0.5, \"speed_pp\": 1.0, \"t_tg\": 0.25, \"speed_tg\": 1.0, \"t\": 0.75, \"speed\": 1.0}}\n"
        )
    };
    let text = line(1, 128, 32) + &line(2, 128, 32) + &line(1, 64, 0);
    assert_eq!(rows("batched.jsonl", &text, ""), "128,33,0,0.5,0.25,,\n64,1,0,0.5,,,\n");
}

#[test]
fn llama_server_says_how_many_steps_its_time_covers() {
    let timings = |steps: f64, rest: &str| {
        format!(
            "{{\"timings\": {{\"prompt_n\": 20, \"prompt_ms\": 100.0, \"predicted_n\": 11, \"predicted_ms\": 550.0, \"predicted_per_token_ms\": {}{rest}}}}}\n",
            550.0 / steps
        )
    };
    assert_eq!(rows("new.json", &timings(10.0, ", \"cache_n\": 80"), ""), "100,11,80,0.1,0.55,,\n");
    assert_eq!(rows("old.json", &timings(11.0, ", \"cache_n\": 0"), ""), "20,11,0,0.1,0.5,,\n");
    // Timings alone, as a program may have written them down.
    let bare = "{\"cache_n\": 0, \"prompt_n\": 20, \"prompt_ms\": 100.0, \"predicted_n\": 1, \"predicted_ms\": 0.01, \"predicted_per_token_ms\": null}";
    assert_eq!(rows("bare.json", bare, ""), "20,1,0,0.1,,,\n");
}

#[test]
fn ollama() {
    let answer = |rest: &str| {
        format!(
            "{{\"model\":\"m\",\"created_at\":\"now\",\"response\":\"a\",\"done\":false}}\n{{\"model\":\"m\",\"created_at\":\"now\",\"done\":true,\"total_duration\":9,\"prompt_eval_count\":30,\"prompt_eval_duration\":300000000{rest},\"eval_count\":5,\"eval_duration\":200000000}}\n"
        )
    };
    let cached = ",\"prompt_eval_cached_count\":10";
    // A server that writes the count leaves it out where it is zero.
    assert_eq!(rows("a.jsonl", &(answer("") + &answer(cached)), ""), "30,5,0,0.3,0.2,,\n30,5,10,0.3,0.2,,\n");
    let (run, _) = import("b.jsonl", &answer(""), "");
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("whether the prompt was cached is not known"), "{}", run.stderr);
    assert_eq!(rows("b.jsonl", &answer(""), "--assume uncached"), "30,5,0,0.3,0.2,,\n");
}

/// A run of four requests, of which the third failed.
fn vllm(concurrency: &str) -> String {
    format!(
        "{{\"date\": \"now\", \"model_id\": \"m\", \"request_rate\": Infinity, \"max_concurrency\": {concurrency}, \"mean_ttft_ms\": NaN, \
         \"input_lens\": [10, 20, 30, 40], \"output_lens\": [3, 1, 0, 4], \"ttfts\": [0.5, 0.25, 0.0, 1.0], \
         \"itls\": [[0.125, 0.125], [], [], [0.25, 0.5]], \"generated_texts\": [\"a\", \"b\", \"\", \"d\"], \
         \"errors\": [\"\", null, \"it broke\", \"\"], \"start_times\": [100.0, 101.0, 102.0, 102.5]}}\n"
    )
}

#[test]
fn vllm_one_at_a_time_and_appended() {
    let once = "10,3,0,0.5,0.25,,\n20,1,0,0.25,,,\n40,4,0,1,0.75,,\n".replace(",1,0.75", ",1.0,0.75");
    assert_eq!(rows("run.json", &vllm("1"), ""), once);
    assert_eq!(rows("runs.json", &(vllm("1") + &vllm("1")), ""), once.clone() + &once);
    // Without a bound, times tell which requests had the device to themselves: here all.
    assert_eq!(rows("run.json", &vllm("null"), ""), once);
    let busy = vllm("null").replace("101.0", "100.5");
    assert_eq!(rows("run.json", &busy, ""), "40,4,0,1.0,0.75,,\n");
    assert_eq!(rows("run.json", &busy, "--assume alone"), once);
}

#[test]
fn aiperf_units_are_those_of_the_file() {
    let record = |unit: &str, ttft: f64, latency: f64| {
        format!(
            "{{\"metadata\":{{\"benchmark_phase\":\"profiling\",\"was_cancelled\":false}},\"metrics\":{{\"input_sequence_length\":{{\"value\":12,\"unit\":\"tokens\"}},\"output_sequence_length\":{{\"value\":5,\"unit\":\"tokens\"}},\"time_to_first_token\":{{\"value\":{ttft},\"unit\":\"{unit}\"}},\"request_latency\":{{\"value\":{latency},\"unit\":\"{unit}\"}}}},\"error\":null}}\n"
        )
    };
    let text = record("ms", 250.0, 750.0) + &record("s", 0.5, 1.0) + &record("us", 1e6, 3e6) + &record("ns", 5e8, 75e7);
    let expected = "12,5,0,0.25,0.5,,\n12,5,0,0.5,0.5,,\n12,5,0,1.0,2.0,,\n12,5,0,0.5,0.25,,\n";
    assert_eq!(rows("records.jsonl", &text, ""), expected);
}

#[test]
fn genai_perf() {
    let metric =
        |name: &str, unit: &str, avg: f64| format!("\"{name}\": {{\"unit\": \"{unit}\", \"avg\": {avg}, \"min\": 1}}");
    let metrics = [
        metric("request_latency", "ms", 1500.0),
        metric("time_to_first_token", "ms", 500.0),
        metric("input_sequence_length", "tokens", 99.6),
        metric("output_sequence_length", "tokens", 20.2),
    ];
    let json = |concurrency: u32| {
        let config = format!(
            "\"input_config\": {{\"model_names\": [\"m\"], \"perf_analyzer\": {{\"stimulus\": {{\"concurrency\": {concurrency}}}}}}}"
        );
        format!("{{{}, {config}}}", metrics.join(", "))
    };
    assert_eq!(rows("summary.json", &json(1), ""), "100,20,0,0.5,1.0,,\n");
    let (run, _) = import("summary.json", &json(8), "");
    assert!(run.stderr.contains("several requests at the same time"), "{}", run.stderr);
    let csv = "Metric,avg,min,max,p99\nTime To First Token (ms),\"1,500.00\",1,2,3\nRequest Latency (ms),\"2,500.00\",1,2,3\n\
        Output Sequence Length (tokens),20.20,1,2,3\nInput Sequence Length (tokens),99.60,1,2,3\n\nMetric,Value\nRequest Count (count),20.00\n";
    assert_eq!(rows("summary.csv", csv, "--from genai-perf"), "100,20,0,1.5,1.0,,\n");
}

#[test]
fn executorch_lines_in_a_log() {
    let log = "I 00:00:00 executorch: loading\nPyTorchObserver {\"prompt_tokens\":12,\"generated_tokens\":20,\"model_load_start_ms\":1,\
        \"model_load_end_ms\":2,\"inference_start_ms\":1000,\"inference_end_ms\":4000,\"prompt_eval_end_ms\":1500,\"first_token_ms\":1500,\
        \"aggregate_sampling_time_ms\":3,\"SCALING_FACTOR_UNITS_PER_SECOND\":1000}\nbye\n";
    // 20 steps follow the token that comes with prefill.
    assert_eq!(rows("log.txt", log, ""), "12,21,0,0.5,2.5,,\n");
}

#[test]
fn energy_is_the_integral_of_a_rail() {
    let request = |start_s: u64, tokens: u32| {
        format!(
            "{{\"metadata\":{{\"request_start_ns\":{start_s}000000000}},\"metrics\":{{\"input_sequence_length\":{{\"value\":{tokens},\"unit\":\"tokens\"}},\"output_sequence_length\":{{\"value\":5,\"unit\":\"tokens\"}},\"time_to_first_token\":{{\"value\":4000,\"unit\":\"ms\"}},\"request_latency\":{{\"value\":10000,\"unit\":\"ms\"}},\"usage_prompt_cache_read_tokens\":{{\"value\":0,\"unit\":\"tokens\"}}}}}}\n"
        )
    };
    // 2026-11-25 03:11:52 in Greenwich.
    let start = 1_795_576_312;
    let line = |second: u64, gpu: i64| {
        let (minutes, seconds) = ((11 * 60 + 52 + second) / 60, (52 + second) % 60);
        format!(
            "11-25-2026 03:{minutes:02}:{seconds:02} RAM 1/2MB (lfb 1x4MB) GR3D_FREQ 0% tj@48.2C VDD_GPU_SOC {gpu}mW/4980mW VDD_CPU_CV 1000mW/980mW VIN_SYS_5V0 500mW/500mW\n"
        )
    };
    let log: String = (0..40).map(|second| line(second, 5000)).collect();
    let experiment = Experiment::default();
    experiment.write("records.jsonl", &(request(start + 5, 12) + &request(start + 100, 13)));
    experiment.write("tegrastats.log", &log);
    let run = |options: &str| {
        experiment.run(&format!("import records.jsonl --power tegrastats.log {options} --output rows.csv"))
    };
    let rows = || std::fs::read_to_string(experiment.path("rows.csv")).expect("rows");
    let one = run("--rail VDD_GPU_SOC");
    assert_eq!(rows(), HEADER.to_owned() + "12,5,0,4.0,6.0,20.0,30.0\n13,5,0,4.0,6.0,,\n", "{}", one.stdout);
    assert!(
        one.stdout.contains("energy of 2 phases") && one.stdout.contains("no energy: 2: beyond the log's end"),
        "{}",
        one.stdout
    );
    run("--rail VDD_GPU_SOC --rail VDD_CPU_CV");
    assert!(rows().contains("12,5,0,4.0,6.0,24.0,36.0\n"), "{}", rows());
    // The device's clock was an hour ahead.
    experiment.write("tegrastats.log", log.replace(" 03:", " 04:"));
    let ahead = run("--rail VDD_GPU_SOC");
    assert!(ahead.stdout.contains("by -1 h: are the clocks in different time zones?"), "{}", ahead.stdout);
    run("--rail VDD_GPU_SOC --power-shift -3600");
    assert!(rows().contains("12,5,0,4.0,6.0,20.0,30.0\n"), "{}", rows());
    // The same as a plain table.
    let watts: String = (0..40).map(|second| format!("{},5\n", start + second)).collect();
    experiment.write("watts.csv", format!("time_s,power_w\n{watts}"));
    experiment.run("import records.jsonl --power watts.csv --output rows.csv");
    assert!(rows().contains("12,5,0,4.0,6.0,20.0,30.0\n"), "{}", rows());
}

#[test]
fn a_profile_of_llama_bench_predicts_requests_of_another_program() {
    let bench = ["smollm2.pp.csv", "smollm2.tg.json", "smollm2.tgdepth.jsonl"];
    let data = bench.map(|name| format!("{:?}", samples().join("llama-bench").join(name)));
    let config = CONFIG
        .replace("\"rows.csv\"", &data.join(", "))
        .replace("\"linear\"", "\"auto\"")
        .replace("[prefill]", "filter = { threads = 1 }\n\n[prefill]");
    let experiment = Experiment::new(&config, "");
    let run = experiment.run("train --model tiny");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for rows in ["device", "device_holdout"] {
        let data = root().join(format!("configs/measurements/smollm2_135m_{rows}.csv"));
        let run = experiment.run(&format!("evaluate --model tiny --format json --data {}", data.display()));
        let report: Value = serde_json::from_str(&run.stdout).expect("JSON");
        for phase in ["prefill_s", "decode_s"] {
            let mape = report[phase]["mape_percent"].as_f64().expect("a figure");
            assert!(mape < 10.0, "{rows} {phase}: {mape}");
        }
    }
}

#[test]
fn init_writes_a_config_that_trains() {
    let experiment = Experiment::default();
    let file = samples().join("llama-bench/small.json");
    let run = experiment.run(&format!("init {}", file.display()));
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let config = std::fs::read_to_string(experiment.path("configs/smollm2_135m_instruct.toml")).expect("a config");
    for line in [
        "name = \"SmolLM2-135M-Instruct\"",
        "size = \"135M\"",
        "name = \"AMD EPYC, 2 threads\"",
        "variant = \"Q4_1, llama.cpp\"",
    ] {
        assert!(config.lines().any(|known| known.starts_with(line)), "{line}:\n{config}");
    }
    let run = experiment.run("train --model 135M");
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    // What the importer rejects is counted in what training says.
    let report = std::fs::read(experiment.path("outputs/smollm2_135m_instruct/report.json")).expect("a report");
    let rows: Value = serde_json::from_slice::<Value>(&report).expect("JSON")["rows"]["device"].clone();
    assert_eq!(
        (&rows["kept"], &rows["files"][0]["rejected"], &rows["rejected"][0]["rows"]),
        (&18.into(), &6.into(), &6.into())
    );
    let page = std::fs::read_to_string(experiment.path("outputs/smollm2_135m_instruct/report.html")).expect("a page");
    assert!(page.contains("a pp+tg test: its total only is known (6 rows)"), "{page}");
    let run = experiment.run("predict --model 135M --input-tokens 200 --output-tokens 17");
    assert!(
        run.stdout.starts_with("SmolLM2-135M-Instruct on AMD EPYC, 2 threads (Q4_1, llama.cpp)\n"),
        "{}",
        run.stdout
    );
    let again = experiment.run(&format!("init {}", file.display()));
    assert!(again.stderr.contains("is there already: remove it"), "{}", again.stderr);
    let mixed = experiment
        .run(&format!("init {} --output configs/x.toml", samples().join("llama-bench/smollm2.pp.csv").display()));
    assert!(
        mixed.stderr.contains("rows of several setups: threads 1, 2; choose one by a filter, such as threads=1"),
        "{}",
        mixed.stderr
    );
    assert!(!experiment.path("configs/x.toml").exists());
    let canonical = experiment.run("init configs/rows.csv --name A\"B --output configs/y.toml");
    assert_eq!(canonical.code, Some(0), "{}", canonical.stderr);
}
