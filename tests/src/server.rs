//! A server on loopback that answers as a test says, and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a server was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// How many questions came before this one.
    pub index: usize,
    /// Without the host.
    pub path: String,
    /// Its body, which may be empty.
    pub body: String,
}

/// What a server does with a question.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Answers with success.
    Json(String),
    /// Answers with another status line, such as `500 Oops`, headers and a body.
    Status(&'static str, String, String),
    /// Sends these bytes and closes.
    Bytes(Vec<u8>),
    /// Sends server-sent events, each after a pause, and closes.
    Events(Vec<(Duration, String)>),
    /// Says nothing until the other side closes.
    Hang,
}

/// A running server, which ends when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Question>>>,
    ended: Arc<AtomicBool>,
}

impl Server {
    /// Starts a server.
    ///
    /// # Panics
    /// Where there is no port for it.
    pub fn start(answer: impl Fn(&Question) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (asked, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (memory, end, answer) = (asked.clone(), ended.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                let (memory, answer) = (memory.clone(), answer.clone());
                // Who asked may be gone by the time of the answer.
                std::thread::spawn(move || {
                    let _ = stream.and_then(|stream| serve(stream, &memory, &*answer));
                });
            }
        });
        Self { address, asked, ended }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All questions so far.
    ///
    /// # Panics
    /// Where a thread that held them panicked.
    pub fn asked(&self) -> Vec<Question> {
        self.asked.lock().expect("no thread panics").clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for a connection.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: TcpStream, asked: &Mutex<Vec<Question>>, answer: &dyn Fn(&Question) -> Reply) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut length = 0;
    while {
        line.clear();
        reader.read_line(&mut line)? > 2
    } {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let question = {
        let mut asked = asked.lock().expect("no thread panics");
        let body = String::from_utf8_lossy(&body).into_owned();
        let question = Question { index: asked.len(), path, body };
        asked.push(question.clone());
        question
    };
    send(stream, answer(&question))
}

fn send(mut stream: TcpStream, reply: Reply) -> std::io::Result<()> {
    let mut whole = |status: &str, headers: &str, body: &str| {
        let length = body.len();
        write!(stream, "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
    };
    match reply {
        Reply::Json(json) => whole("200 OK", "Content-Type: application/json\r\n", &json),
        Reply::Status(status, headers, body) => whole(status, &headers, &body),
        Reply::Bytes(bytes) => stream.write_all(&bytes),
        Reply::Events(events) => {
            stream.set_nodelay(true)?;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")?;
            events.into_iter().try_for_each(|(pause, event)| {
                std::thread::sleep(pause);
                write!(stream, "data: {event}\n\n")
            })
        }
        Reply::Hang => stream.read(&mut [0]).map(drop),
    }
}
