//! An open-loop load generator for HTTP/1.1 on the loopback: requests leave when they are due,
//! whatever the answers to those before, and latency counts from the moment a request was due. Owns
//! sending, waiting and counting; must not know what is asked: each request is a line of a file.
//!
//! `fire PORT REQUESTS CONNECTIONS SECONDS RATE`: a line of the file, which are asked in turn, has a method, a path, headers
//! (`Name: value`, separated by `\x1f`) and a body, separated by tabs. A rate of 0 is a closed loop:
//! each connection sends as soon as it has its answer. Prints one line of JSON. Standard library only,
//! built by `rustc`.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What one connection has seen: by status, latencies in microseconds. Status 0: no answer.
#[derive(Default)]
struct Seen {
    statuses: BTreeMap<u16, Vec<u32>>,
    retry_after: u64,
    late: u64,
    missed: u64,
}

struct Orders {
    port: u16,
    requests: Vec<Vec<u8>>,
    connections: u64,
    seconds: f64,
    rate: f64,
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [port, file, connections, seconds, rate] = words.as_slice() else {
        eprintln!("fire PORT REQUESTS CONNECTIONS SECONDS RATE");
        std::process::exit(2);
    };
    let text = std::fs::read_to_string(file).expect("the file of requests");
    let port = port.parse().expect("a port");
    let orders = Arc::new(Orders {
        port,
        requests: text.lines().map(|line| request(line, port)).collect(),
        connections: connections.parse().expect("a number of connections"),
        seconds: seconds.parse().expect("seconds"),
        rate: rate.parse().expect("requests per second"),
    });
    assert!(!orders.requests.is_empty(), "no request in the file");
    // Everybody is there before the first request is due.
    let start = Instant::now() + Duration::from_millis(200 + 2 * orders.connections);
    let threads: Vec<_> = (0..orders.connections)
        .map(|index| {
            let orders = Arc::clone(&orders);
            let small = std::thread::Builder::new().stack_size(128 << 10);
            small.spawn(move || connection(&orders, index, start)).expect("a thread")
        })
        .collect();
    let mut all = Seen::default();
    for thread in threads {
        let seen = thread.join().expect("a connection ends by itself");
        for (status, mut times) in seen.statuses {
            all.statuses.entry(status).or_default().append(&mut times);
        }
        all.retry_after += seen.retry_after;
        all.late += seen.late;
        all.missed += seen.missed;
    }
    report(all, orders.seconds);
}

/// The bytes of a request.
fn request(line: &str, port: u16) -> Vec<u8> {
    let mut fields = line.splitn(4, '\t');
    let mut field = || fields.next().unwrap_or_default();
    let (method, path, headers, body) = (field(), field(), field(), field());
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: fire\r\n");
    for header in headers.split('\x1f').filter(|header| !header.is_empty()) {
        text.push_str(header);
        text.push_str("\r\n");
    }
    if !body.is_empty() {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

fn connection(orders: &Orders, index: u64, start: Instant) -> Seen {
    let mut seen = Seen::default();
    let mut wire = connect(orders.port).ok();
    let mut buffer = Vec::new();
    let end = start + Duration::from_secs_f64(orders.seconds);
    let between = match orders.rate {
        rate if rate > 0.0 => Some(orders.connections as f64 / rate),
        _ => None,
    };
    std::thread::sleep(start.saturating_duration_since(Instant::now()));
    for turn in 0_u64.. {
        let due = match between {
            None => Instant::now(),
            Some(between) => {
                let turn = turn as f64 + index as f64 / orders.connections as f64;
                start + Duration::from_secs_f64(turn * between)
            }
        };
        if due >= end {
            break;
        }
        // Long after the end nobody waits for what is left.
        if Instant::now() > end + Duration::from_secs(5) {
            seen.missed += 1;
            continue;
        }
        match due.checked_duration_since(Instant::now()) {
            Some(wait) => std::thread::sleep(wait),
            None => seen.late += u64::from(between.is_some()),
        }
        let next = (turn * orders.connections + index) % orders.requests.len() as u64;
        let request = &orders.requests[next as usize];
        let status = match ask(orders.port, &mut wire, request, &mut buffer) {
            Ok((status, told_when)) => {
                seen.retry_after += u64::from(told_when);
                status
            }
            Err(_) => {
                wire = None;
                std::thread::sleep(Duration::from_millis(1));
                0
            }
        };
        let took = due.elapsed().as_micros().min(u128::from(u32::MAX)) as u32;
        seen.statuses.entry(status).or_default().push(took);
    }
    seen
}

fn connect(port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    Ok(stream)
}

/// The status of the answer, and whether it says when to come again.
fn ask(port: u16, wire: &mut Option<TcpStream>, request: &[u8], buffer: &mut Vec<u8>) -> io::Result<(u16, bool)> {
    let mut stream = match wire.take() {
        Some(stream) => stream,
        None => connect(port)?,
    };
    stream.write_all(request)?;
    buffer.clear();
    let (mut chunk, mut whole) = ([0_u8; 16_384], usize::MAX);
    let mut head = 0;
    while buffer.len() < whole {
        let read = stream.read(&mut chunk)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer.extend_from_slice(&chunk[..read]);
        if head == 0
            && let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n")
        {
            head = at + 4;
            whole = head + length(&buffer[..head])?;
        }
    }
    let head = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or(io::ErrorKind::InvalidData)?;
    if !head.contains("\r\nconnection: close") {
        *wire = Some(stream);
    }
    Ok((status, head.contains("\r\nretry-after:")))
}

fn length(head: &[u8]) -> io::Result<usize> {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    if head.contains("\r\ntransfer-encoding:") {
        return Err(io::Error::other("chunks are not read here"));
    }
    let value = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    Ok(value.and_then(|value| value.trim().parse().ok()).unwrap_or(0))
}

fn report(seen: Seen, seconds: f64) {
    let mut all: Vec<u32> = seen.statuses.values().flatten().copied().collect();
    let statuses: Vec<String> = seen
        .statuses
        .into_iter()
        .map(|(status, mut times)| format!("\"{status}\":{{{}}}", figures(&mut times, seconds)))
        .collect();
    println!(
        "{{{},\"retry_after\":{},\"late\":{},\"missed\":{},\"statuses\":{{{}}}}}",
        figures(&mut all, seconds),
        seen.retry_after,
        seen.late,
        seen.missed,
        statuses.join(",")
    );
}

fn figures(times: &mut [u32], seconds: f64) -> String {
    times.sort_unstable();
    let at = |part: f64| {
        let last = times.len().saturating_sub(1);
        times.get((last as f64 * part).round() as usize).copied().unwrap_or(0)
    };
    format!(
        "\"requests\":{},\"per_second\":{:.1},\"p50\":{},\"p90\":{},\"p99\":{},\"p999\":{},\"max\":{}",
        times.len(),
        times.len() as f64 / seconds,
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999),
        at(1.0)
    )
}
