//! Servers that do not answer as they should, addresses that nobody may contact, and files that must stay as they are.

use super::super::{HEADER, arguments, collect, llama_server, profile, rows, serve};
use serde_json::{Value, json};
use std::process::Command;
use token2metrics_tests::cli::cli;
use token2metrics_tests::experiment::{Experiment, Run};
use token2metrics_tests::server::{Question, Reply, Server};

/// A good server whose completions are changed.
fn changed(change: impl Fn(&mut Value) + Send + Sync + 'static) -> Server {
    let answer = llama_server(profile(128), 0.0);
    serve(move |question| {
        let mut answer = answer(question);
        if question.path == "/completion" {
            change(&mut answer);
        }
        answer
    })
}

/// The error of a run that ends at its first request, and leaves no file.
fn refused(server: &Server, more: &str) -> String {
    let experiment = Experiment::default();
    let before = experiment.snapshot();
    let error = experiment.run(&arguments(server, "llama-server", more)).failed(1);
    assert_eq!(experiment.snapshot(), before, "a failed run leaves nothing");
    assert!(error.contains(&server.url()), "the error names the server: {error}");
    error
}

#[test]
fn bad_servers_are_named() {
    let reply = |reply: Reply| Server::start(move |_| reply.clone());
    let status = |status, body: &str| reply(Reply::Status(status, String::new(), body.to_owned()));
    let bytes = |bytes: &str| reply(Reply::Bytes(bytes.as_bytes().to_vec()));
    let cases: [(Server, &str); 17] = [
        (reply(Reply::Hang), "no whole answer in time: --timeout is 300ms: raise it, or lower the token counts"),
        (bytes(""), "the connection ended within the answer"),
        (bytes("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"tokens\":"), "the connection ended within the answer"),
        (bytes("SSH-2.0-OpenSSH_9.9\r\n"), "the answer is no HTTP"),
        (
            status("500 Oops", "{\"error\":\"out of\nmemory\"}"),
            "HTTP 500, \"{\"error\":\"out of memory\"}\": see the server's log",
        ),
        (status("503 Later", "Loading model"), "HTTP 503, \"Loading model\": is the model loaded by now?"),
        (status("404 Not Found", ""), "is this the right --api"),
        (status("200 OK", "<html><body>Hello</body></html>"), "the answer is no JSON"),
        (status("200 OK", &"x".repeat(17 << 20)), "the answer is too long"),
        (status("200 OK", "{\"tokens\":[1,2]}"), "no token ids: is this the right --api?"),
        (changed(|answer| *answer = json!({"content": "x"})), "no times in the answer: no \"timings\""),
        (changed(|answer| answer["timings"]["prompt_ms"] = Value::Null), "no times in the answer: no \"prompt_ms\""),
        (changed(|answer| answer["timings"]["prompt_ms"] = json!(-1.0)), "prefill took -0.001 s"),
        (changed(|answer| answer["timings"]["predicted_ms"] = json!(0.0)), "a time that is not above zero"),
        (changed(|answer| answer["timings"]["prompt_n"] = json!(900)), "the server counts 900 input and 2 output"),
        (changed(|answer| answer["timings"]["predicted_n"] = json!(-4)), "\"predicted_n\" is -4, no token count"),
        (changed(|answer| answer["timings"]["draft_n"] = json!(4)), "speculative decoding"),
    ];
    for (server, expected) in cases {
        // Only what is never answered may be late.
        let error = refused(&server, if expected.contains("300ms") { "--timeout 300ms" } else { "" });
        assert!(error.contains(expected), "{expected}: {error}");
    }
    // A bare NaN is no JSON.
    let answer = llama_server(profile(128), 0.0);
    let server = Server::start(move |question| {
        Reply::Json(answer(question).to_string().replace("\"prompt_ms\":", "\"prompt_ms\":NaN,\"x\":"))
    });
    assert!(refused(&server, "").contains("the answer is no JSON"));
    let gone = Server::start(|_| Reply::Hang);
    let url = gone.url();
    drop(gone);
    let error = Experiment::default().run(&format!("collect --url {url} --api ollama --output rows.csv")).failed(1);
    assert!(error.contains(&url) && error.contains("is the server running, at this address?"), "{error}");
}

#[test]
fn a_server_that_turns_bad_is_given_up_and_the_rows_are_kept() {
    let good = |question: &Question| question.index < 10;
    let answer = llama_server(profile(128), 0.01);
    let server = Server::start(move |question| match good(question) {
        true => Reply::Json(answer(question).to_string()),
        false => Reply::Status("500 Oops", String::new(), String::new()),
    });
    let experiment = Experiment::default();
    let error = experiment.run(&arguments(&server, "llama-server", "")).failed_with_warnings();
    assert!(error.contains("3 requests in a row gave no row, the last: "), "{error}");
    assert!(error.contains("7 rows are in rows.csv: run the command again to go on"), "{error}");
    assert_eq!(rows(&experiment).len(), 7);

    // One that is bad now and then is not.
    let answer = llama_server(profile(128), 0.01);
    let server = Server::start(move |question| match question.index {
        9 | 10 | 20 => Reply::Bytes(Vec::new()),
        _ => Reply::Json(answer(question).to_string()),
    });
    let summary = collect(&experiment, &server, "llama-server", "");
    assert_eq!(summary["rejected"], json!({"cut": 3}), "{summary}");
    assert_eq!(summary["stopped"], "error_steady");
}

trait Warned {
    fn failed_with_warnings(self) -> String;
}

impl Warned for Run {
    /// The error, each rejected request having been a warning.
    fn failed_with_warnings(self) -> String {
        assert_eq!(self.stderr.lines().filter(|line| line.starts_with("warn: no row: ")).count(), 3, "{}", self.stderr);
        self.failed(1)
    }
}

#[test]
fn no_other_address_is_contacted() {
    let other = Server::start(|_| Reply::Json("{}".into()));
    let location = format!("Location: {}/tokenize\r\n", other.url());
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Elsewhere", "308 Elsewhere"] {
        let location = location.clone();
        let server = Server::start(move |_| Reply::Status(status, location.clone(), String::new()));
        let error = refused(&server, "");
        assert!(error.contains(&format!("to {}/tokenize, which is not followed", other.url())), "{error}");
        let listing = format!("collect --url {} --api ollama --output rows.csv", server.url());
        assert!(Experiment::default().run(&listing).failed(1).contains("which is not followed"));
    }

    let server = serve(llama_server(profile(128), 0.0));
    let experiment = Experiment::default();
    let mut command = Command::new(cli());
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, other.url());
    }
    command.args(arguments(&server, "llama-server", "--budget 0s").split(' ')).current_dir(experiment.path(""));
    assert!(command.output().expect("the program runs").status.success());
    assert_eq!(server.asked().len(), 3);
    assert_eq!(other.asked(), []);
}

#[test]
fn other_files_and_bad_options_change_nothing() {
    let server = Server::start(|_| panic!("nobody asks"));
    let cases = [
        ("my notes\n", "the file is not one that rows can be added to: its first line is not \"input_tokens,"),
        ("input_tokens,output_tokens\n1,2\n", "name another with --output"),
        (&format!("{HEADER}1,2,0,0.1,0.2,,\n1,2,x,0.1,0.2,,\n"), "rows.csv:3: column \"cached_tokens\": \"x\""),
        (&format!("{HEADER}1,2,x,0.1,0.2,,\n1,2,"), "rows.csv:2: column \"cached_tokens\": \"x\""),
    ];
    for (content, expected) in cases {
        let experiment = Experiment::default();
        experiment.write("rows.csv", content);
        let before = experiment.snapshot();
        let run = experiment.run(&arguments(&server, "llama-server", ""));
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
        assert!(run.stderr.contains(expected), "{}", run.stderr);
        assert_eq!(experiment.snapshot(), before);
    }
    let collect = |options: &str| Experiment::default().run(&format!("collect --output rows.csv {options}"));
    for (url, expected) in [
        ("https://127.0.0.1:1", "https is not supported: give the server's http address"),
        ("127.0.0.1:8080", "must be like http://127.0.0.1:8080"),
        ("http://me:secret@127.0.0.1:8080", "must be like http://127.0.0.1:8080"),
    ] {
        let error = collect(&format!("--api openai --url {url}")).failed(1);
        assert!(error.contains(expected), "{error}");
    }
    let here = format!("--api openai --url {}", server.url());
    for (options, code, expected) in [
        ("--input-tokens 9..8", 1, "--input-tokens 9..8: must be MIN..MAX, from 1 to 16777216"),
        ("--output-tokens 0 8", 1, "--output-tokens 0 8: must be MIN..MAX"),
        ("--output-tokens 8", 1, "--output-tokens 8: must be MIN..MAX"),
        ("--budget soon", 2, "expected number at 0"),
    ] {
        let error = collect(&format!("{here} {options}")).failed(code);
        assert!(error.contains(expected), "{error}");
    }
}
