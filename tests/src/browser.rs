//! Chromium without a window, driven by the DevTools protocol over two pipes: no port, no network.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// After this the browser is killed, whatever it is doing.
const LIFETIME: Duration = Duration::from_secs(180);

/// A browser with one page; killed when dropped, and by its lifetime's end.
#[derive(Debug)]
pub struct Browser {
    process: Child,
    commands: ChildStdin,
    answers: Receiver<Value>,
    end: Instant,
    session: Value,
    last_id: u64,
    /// What the page did besides answering: `Runtime.exceptionThrown`, `Network.requestWillBeSent` and other events.
    pub events: Vec<Value>,
    _dir: TempDir,
}

impl Browser {
    /// Starts the browser with an empty page.
    ///
    /// # Panics
    /// Where `chromium` is missing.
    pub fn start() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        // The protocol is on the descriptors 3 and 4, messages end with a NUL.
        let script = "exec chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
            --remote-debugging-pipe --user-data-dir=\"$0\" about:blank 3<&0 4>&1 </dev/null >/dev/null 2>&1";
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(dir.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("a shell");
        let commands = process.stdin.take().expect("a pipe");
        let output = BufReader::new(process.stdout.take().expect("a pipe"));
        let (sender, answers) = channel();
        thread::spawn(move || {
            for message in output.split(0) {
                let Ok(message) = message else { break };
                let message = serde_json::from_slice(&message).expect("the browser writes JSON");
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let end = Instant::now() + LIFETIME;
        let (session, events) = (Value::Null, Vec::new());
        let mut browser = Self { process, commands, answers, end, session, last_id: 0, events, _dir: dir };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        browser.session = attached["sessionId"].clone();
        for domain in ["Page", "Runtime", "Network", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Calls a method of the protocol, and gives its result.
    ///
    /// # Panics
    /// Where it fails, or the browser's lifetime is over.
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last_id += 1;
        let mut message = json!({ "id": self.last_id, "method": method, "params": parameters });
        if !self.session.is_null() {
            message["sessionId"] = self.session.clone();
        }
        self.commands.write_all(format!("{message}\0").as_bytes()).expect("chromium is installed and runs");
        loop {
            let mut answer = self.receive(method);
            if answer["id"] == self.last_id {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].take();
            }
            self.events.push(answer);
        }
    }

    fn receive(&mut self, waiting_for: &str) -> Value {
        let left = self.end.saturating_duration_since(Instant::now());
        self.answers.recv_timeout(left).unwrap_or_else(|error| {
            panic!("{waiting_for}: chromium has ended, is not installed, or took longer than {LIFETIME:?}: {error}")
        })
    }

    /// Opens a file, and waits until it is loaded and a condition in JavaScript holds.
    pub fn open(&mut self, page: &Path, ready: &str) {
        self.events.clear();
        self.call("Page.navigate", json!({ "url": format!("file://{}", page.display()) }));
        let loaded = |event: &Value| event["method"] == "Page.loadEventFired";
        while !self.events.iter().any(loaded) {
            let event = self.receive("Page.navigate");
            self.events.push(event);
        }
        self.eval(&format!(
            "new Promise(done => {{ const look = () => {{ if ({ready}) done(true); else setTimeout(look, 10); }}; look(); }})"
        ));
    }

    /// The value of an expression, awaited, in the page.
    ///
    /// # Panics
    /// Where it throws.
    pub fn eval(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", parameters);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {}", answer["exceptionDetails"]);
        answer["result"]["value"].take()
    }

    /// Presses keys one by one, as a person does.
    pub fn type_text(&mut self, text: &str) {
        for key in text.chars() {
            self.call("Input.dispatchKeyEvent", json!({ "type": "keyDown", "key": key, "text": key }));
            self.call("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": key }));
        }
    }

    /// Presses a key that writes nothing, with modifiers as the protocol numbers them; `commands` are those of the editor.
    pub fn press(&mut self, key: &str, code: u32, modifiers: u32, commands: &[&str]) {
        let event = |kind| json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifiers, "commands": commands });
        self.call("Input.dispatchKeyEvent", event("rawKeyDown"));
        self.call("Input.dispatchKeyEvent", event("keyUp"));
    }

    /// Sets the width of the page in pixels, and which colours its reader prefers: `light` or `dark`.
    pub fn look(&mut self, width: u32, scheme: &str) {
        let screen = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", screen);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Writes a picture of what is seen, a PNG file.
    pub fn screenshot(&mut self, file: &Path) {
        let picture = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        let bytes = STANDARD.decode(picture["data"].as_str().expect("a picture")).expect("base64");
        std::fs::write(file, bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
