//! `collect` against servers that take what a known profile says: what it learns of them, what it survives, and whom it contacts.

mod collect {
    mod refusals;
}

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::{Value, json};
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::Duration;
use token2metrics_core::{Calibration, Profile, Request, Term};
use token2metrics_tests::cli::cli;
use token2metrics_tests::experiment::{Experiment, replaced};
use token2metrics_tests::server::{Question, Reply, Server};

const HEADER: &str = "input_tokens,output_tokens,cached_tokens,prefill_s,decode_s,prefill_energy_j,decode_energy_j\n";
const CONFIG: &str =
    "[llm]\nname = \"Known\"\nsize = \"1M\"\n[device]\nname = \"Simulated\"\ndata = [\"../rows.csv\"]\n";

/// A device that pads prompts to this many tokens, and whose steps grow with the context.
fn profile(tile: u16) -> Profile {
    let mut profile = Profile::blank();
    (profile.prefill.calibration, profile.decode.calibration) = (Calibration::IDENTITY, Calibration::IDENTITY);
    profile.prefill.polynomial.fixed_s = 0.02;
    let terms = [Term::plain(4e-4, 1), Term::plain(1e-7, 2), Term { coefficient: 1e-3, knot: 0, tile, power: 1 }];
    profile.prefill.polynomial.terms.extend(terms);
    profile.decode.polynomial.terms.extend([Term::plain(8e-3, 0), Term::plain(2e-6, 1)]);
    profile
}

/// Seconds of both phases with some noise, the same for the same question.
fn seconds(profile: &Profile, request: Request, noise: f64, index: usize) -> (f64, f64) {
    let predicted = profile.predict(request).expect("a request");
    let mut rng = ChaCha8Rng::seed_from_u64(index as u64);
    let mut noisy = |seconds: f32| f64::from(seconds) * (1.0 + noise * rng.random_range(-1.0..1.0));
    (noisy(predicted.prefill_s), noisy(predicted.decode_s))
}

fn request(input_tokens: usize, output_tokens: &Value) -> Request {
    Request {
        input_tokens: input_tokens as u32,
        cached_tokens: 0,
        output_tokens: output_tokens.as_u64().expect("a count") as u32,
    }
}

fn asked(question: &Question) -> Value {
    serde_json::from_str(&question.body).unwrap_or_default()
}

/// llama-server, with so much noise.
fn llama_server(profile: Profile, noise: f64) -> impl Fn(&Question) -> Value {
    move |question| {
        let asked = asked(question);
        if question.path == "/tokenize" {
            return json!({"tokens": (100..164).collect::<Vec<u32>>()});
        }
        assert_eq!((question.path.as_str(), &asked["cache_prompt"]), ("/completion", &Value::Bool(false)));
        let request = request(asked["prompt"].as_array().expect("ids").len(), &asked["n_predict"]);
        let (prefill_s, decode_s) = seconds(&profile, request, noise, question.index);
        let (prompt_ms, predicted_ms) = (1e3 * prefill_s, 1e3 * decode_s);
        let Request { input_tokens, output_tokens, .. } = request;
        json!({"timings": {
            "cache_n": 0, "prompt_n": input_tokens, "prompt_ms": prompt_ms, "predicted_n": output_tokens,
            "predicted_ms": predicted_ms, "predicted_per_token_ms": predicted_ms / f64::from(output_tokens - 1),
        }})
    }
}

/// Ollama, whose prompts have a token before the words.
fn ollama(profile: Profile, noise: f64) -> impl Fn(&Question) -> Value {
    move |question| {
        let asked = asked(question);
        if question.path == "/api/tags" {
            return json!({"models": [{"name": "known:1m"}]});
        }
        assert_eq!((question.path.as_str(), &asked["model"]), ("/api/generate", &json!("known:1m")));
        let words = asked["prompt"].as_str().expect("text").split_whitespace().count();
        let request = request(words + 1, &asked["options"]["num_predict"]);
        let (prefill_s, decode_s) = seconds(&profile, request, noise, question.index);
        json!({
            "done": true, "prompt_eval_count": request.input_tokens, "eval_count": request.output_tokens,
            "prompt_eval_duration": (1e9 * prefill_s) as u64, "eval_duration": (1e9 * decode_s) as u64,
        })
    }
}

fn serve(answer: impl Fn(&Question) -> Value + Send + Sync + 'static) -> Server {
    Server::start(move |question| Reply::Json(answer(question).to_string()))
}

fn arguments(server: &Server, api: &str, more: &str) -> String {
    format!("collect --url {} --api {api} --output rows.csv --format json {more}", server.url())
}

fn collect(experiment: &Experiment, server: &Server, api: &str, more: &str) -> Value {
    let summary = experiment.run(&arguments(server, api, more)).done();
    serde_json::from_str(&summary).expect("JSON")
}

fn rows(experiment: &Experiment) -> Vec<String> {
    let text = std::fs::read_to_string(experiment.path("rows.csv")).expect("rows");
    text.strip_prefix(HEADER).expect("the header").lines().map(str::to_owned).collect()
}

/// The cells of a row.
fn cells(row: &str) -> Vec<f64> {
    row.split(',').map(|cell| cell.parse().unwrap_or(f64::NAN)).collect()
}

/// The largest error in percent over a grid of requests, of a profile that was trained on the rows; and the form of its prefill.
fn learned(experiment: &Experiment, known: &Profile) -> (f64, String) {
    experiment.write("configs/tiny.toml", CONFIG);
    experiment.run("train --all-models").done();
    let profile = Profile::decode(&std::fs::read(experiment.path("outputs/tiny/profile.t2m")).expect("a blob"));
    let profile = profile.expect("sound");
    let mut worst = 0_f64;
    for input_tokens in (8..=1024).step_by(11) {
        for output_tokens in [2, 20, 128] {
            let request = Request { input_tokens, cached_tokens: 0, output_tokens };
            let (known, found) = (known.predict(request).expect("a request"), profile.predict(request).expect("too"));
            for (known, found) in [(known.prefill_s, found.prefill_s), (known.decode_s, found.decode_s)] {
                worst = worst.max(100.0 * f64::from((found - known).abs() / known));
            }
        }
    }
    let report = std::fs::read(experiment.path("outputs/tiny/report.json")).expect("a report");
    let report: Value = serde_json::from_slice(&report).expect("JSON");
    (worst, report["prefill"]["form"].as_str().expect("a form").to_owned())
}

#[test]
fn the_rows_reveal_the_profile_and_its_tile() {
    for tile in [128, 32] {
        let (experiment, known) = (Experiment::default(), profile(tile));
        let server = serve(llama_server(known.clone(), 0.01));
        let summary = collect(&experiment, &server, "llama-server", "--input-tokens 8..1024 --output-tokens 2 128");
        let rows = rows(&experiment);
        assert_eq!((&summary["rows"], &summary["measured"]), (&json!(rows.len()), &json!(rows.len())));
        assert_eq!((&summary["stopped"], &summary["rejected"]), (&json!("error_steady"), &json!({})));
        // Two warm-ups and the question for ids are no rows.
        assert_eq!(server.asked().len(), rows.len() + 3);
        let (worst, form) = learned(&experiment, &known);
        assert!(worst < 3.0, "{worst} %, {form}");
        assert!(form.contains(&format!("pad(n, {tile})")), "{form}");
    }
}

#[test]
fn words_become_as_many_tokens_as_asked_for() {
    let (experiment, known) = (Experiment::default(), profile(64));
    let server = serve(ollama(known.clone(), 0.01));
    let summary = collect(&experiment, &server, "ollama", "");
    assert_eq!(summary["stopped"], "error_steady");
    for length in [15, 16, 17, 63, 64, 65, 511, 512, 513, 8, 1024] {
        assert!(rows(&experiment).iter().any(|row| row.starts_with(&format!("{length},"))), "{length}");
    }
    let (worst, form) = learned(&experiment, &known);
    assert!(worst < 3.0 && form.contains("pad(n, 64)"), "{worst} %, {form}");
    // No prompt begins like another, nor needs another context.
    let asked: Vec<Value> = server.asked().iter().skip(1).map(asked).collect();
    let first =
        |asked: &Value| asked["prompt"].as_str().and_then(|text| text.split_whitespace().next()).map(str::to_owned);
    for recent in asked.windows(20) {
        assert!(recent[1..].iter().all(|other| first(other) != first(&recent[0])));
    }
    assert!(asked.iter().all(|question| question["options"]["num_ctx"] == asked[0]["options"]["num_ctx"]));
}

#[test]
fn a_stream_is_timed_by_the_clients_clock() {
    let experiment = Experiment::default();
    let (prompt, step) = (Duration::from_micros(100), Duration::from_millis(2));
    let server = Server::start(move |question| {
        let asked = asked(question);
        if question.path == "/v1/models" {
            return Reply::Json(json!({"data": [{"id": "known"}]}).to_string());
        }
        // Knows no extensions.
        if asked["ignore_eos"] == true {
            return Reply::Status("422 Unprocessable", String::new(), "unknown field".into());
        }
        let words = asked["prompt"].as_str().expect("text").split_whitespace().count() as u32;
        // No answer is longer than five tokens.
        let tokens = asked["max_tokens"].as_u64().expect("a count").min(5);
        let piece = |finish: Value| json!({"choices": [{"text": " x", "finish_reason": finish}]}).to_string();
        let mut events = vec![(words * prompt, piece(Value::Null))];
        events.extend((1..tokens).map(|_| (step, piece(Value::Null))));
        let usage =
            json!({"prompt_tokens": words, "completion_tokens": tokens, "prompt_tokens_details": {"cached_tokens": 1}});
        events.push((Duration::ZERO, json!({"choices": [], "usage": usage}).to_string()));
        events.push((Duration::ZERO, "[DONE]".into()));
        Reply::Events(events)
    });
    let summary = collect(&experiment, &server, "openai", "--input-tokens 8..40 --output-tokens 2..8");
    // On a busy machine two pieces may come together.
    assert!(summary["rejected"].as_object().expect("counts").keys().all(|reason| reason == "first_token_unknown"));
    let rows = rows(&experiment);
    assert!(rows.len() > 20, "{summary}");
    for row in &rows {
        let cells = cells(row);
        let (words, tokens, cached) = (cells[0], cells[1], cells[2]);
        assert!((8.0..=40.0).contains(&words) && (2.0..=5.0).contains(&tokens), "{row}");
        assert_eq!(cached, 1.0, "{row}");
        // A sleep is never shorter than asked for.
        assert!(cells[3] >= words * prompt.as_secs_f64(), "{row}");
        let slept = words * prompt.as_secs_f64() + (tokens - 1.0) * step.as_secs_f64();
        assert!(cells[4] > 0.0 && cells[3] + cells[4] >= slept - 1e-8, "{row}");
    }
}

/// llama-server with noise that is the same for the same counts, so that two runs can be compared.
fn repeatable() -> impl Fn(&Question) -> Value {
    let answer = llama_server(profile(128), 0.03);
    move |question| {
        let asked = asked(question);
        let input_tokens = asked["prompt"].as_array().map_or(0, Vec::len);
        let index = input_tokens * 1000 + asked["n_predict"].as_u64().unwrap_or(0) as usize;
        answer(&Question { index, ..question.clone() })
    }
}

/// Rows of a run that is killed while it waits for the answer to a question.
fn killed_at(index: usize) -> (Experiment, Vec<String>) {
    let experiment = Experiment::default();
    let (stop, stopped) = channel();
    let answer = repeatable();
    let hanging = Server::start(move |question| {
        if question.index < index {
            return Reply::Json(answer(question).to_string());
        }
        stop.send(()).expect("the test waits");
        Reply::Hang
    });
    let mut command = Command::new(cli());
    command.args(arguments(&hanging, "llama-server", "").split_whitespace()).current_dir(experiment.path(""));
    let mut child = command.spawn().expect("the program runs");
    stopped.recv_timeout(Duration::from_secs(300)).expect("the server stops");
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    let kept = rows(&experiment);
    assert_eq!(kept.len(), index - 3, "each row is on the disk before the next question");
    (experiment, kept)
}

#[test]
fn a_run_that_was_cut_off_is_gone_on_with() {
    let whole = Experiment::default();
    let server = serve(repeatable());
    collect(&whole, &server, "llama-server", "");
    let mut all = rows(&whole);
    all.sort();
    // In the first batch of 30, and in a later one.
    for index in [15, 50] {
        let (cut, kept) = killed_at(index);
        // As if the kill had come within a line.
        cut.write("rows.csv", format!("{HEADER}{}\n77,2,0,0.1", kept.join("\n")));
        let run = cut.run(&arguments(&server, "llama-server", ""));
        assert!(run.stderr.contains("the last line was cut off and is removed: \"77,2,0,0.1\""), "{}", run.stderr);
        let summary: Value = serde_json::from_str(&run.done()).expect("JSON");
        let mut found = rows(&cut);
        assert_eq!((&summary["rows"], &summary["measured"]), (&json!(found.len()), &json!(found.len() - kept.len())));
        assert_eq!(found[..kept.len()], kept);
        found.sort();
        assert_eq!(found, all, "no row is lost, none is there twice");
    }
    let again = collect(&whole, &server, "llama-server", "");
    assert_eq!((&again["measured"], &again["stopped"]), (&json!(0), &json!("error_steady")));
    let other = collect(&whole, &server, "llama-server", "--seed 7");
    assert_ne!(other["measured"], 0, "another seed asks for others");
}

#[test]
fn no_request_is_begun_after_the_budget() {
    let experiment = Experiment::default();
    let server = serve(llama_server(profile(128), 0.0));
    let run = experiment.run(&replaced(&arguments(&server, "llama-server", "--budget 0s"), "--format json", ""));
    let text = run.done();
    assert!(text.contains("rows.csv: 0 rows, 0 of them new\n"), "{text}");
    assert!(text.contains("stopped: the budget is spent; run the command again to go on\n"), "{text}");
    assert_eq!(server.asked().len(), 3, "ids and two warm-ups");
}

#[test]
fn cached_tokens_are_told_or_the_row_is_rejected() {
    let experiment = Experiment::default();
    let answer = llama_server(profile(128), 0.01);
    let server = serve(move |question| {
        let mut answer = answer(question);
        let timings = &mut answer["timings"];
        let Some(computed) = timings["prompt_n"].as_u64() else { return answer };
        match question.index {
            // Reuses some tokens and says so, or does not.
            5 => (timings["cache_n"], timings["prompt_n"]) = (json!(3), json!(computed - 3)),
            8 => (timings["cache_n"], timings["prompt_n"]) = (Value::Null, json!(computed - 3)),
            11 => timings["cache_n"] = Value::Null,
            _ => {}
        }
        answer
    });
    let run = experiment.run(&arguments(&server, "llama-server", ""));
    assert!(run.stderr.contains("whether the prompt was cached is not known"), "{}", run.stderr);
    let summary: Value = serde_json::from_str(&run.done()).expect("JSON");
    assert_eq!(summary["rejected"], json!({"cache_unknown": 1}));
    let cached: Vec<f64> = rows(&experiment).iter().map(|row| cells(row)[2]).collect();
    assert_eq!((cached[2], cached.iter().sum::<f64>()), (3.0, 3.0));

    let answer = ollama(profile(128), 0.01);
    let server = serve(move |question| {
        let mut answer = answer(question);
        match question.index {
            5 => answer["prompt_eval_cached_count"] = json!(4),
            8 => answer["prompt_eval_count"] = Value::Null,
            _ => {}
        }
        answer
    });
    let experiment = Experiment::default();
    let summary = collect(&experiment, &server, "ollama", "");
    assert_eq!(summary["rejected"], json!({"cache_unknown": 1}));
    let cached: Vec<f64> = rows(&experiment).iter().map(|row| cells(row)[2]).collect();
    assert_eq!((cached[2], cached.iter().sum::<f64>()), (4.0, 4.0));
}
