//! What a hit costs, beside nginx's proxy cache. A measurement, run by hand:
//! `cargo build --release -p cloudfront-local`, then
//! `CLOUDFRONT_LOCAL=target/release/cloudfront-local cargo test -p cloudfront-local --test it overhead -- --ignored --nocapture`

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::AsyncBufReadExt;
use tokio::process::{Child, Command};

use crate::stage::{Script, Stage, fixture};

const BODY: usize = 10 * 1024;
const REQUESTS: usize = 20_000;
const CONNECTIONS: usize = 4;

/// nginx as Debian has it: installed, or its package unpacked beside the build.
async fn nginx() -> PathBuf {
    let installed = Path::new("/usr/sbin/nginx");
    if installed.exists() {
        return installed.to_owned();
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("nginx");
    let program = folder.join("usr/sbin/nginx");
    if !program.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        let steps = "apt-get download -q nginx && dpkg -x nginx_*.deb .";
        let status = Command::new("sh")
            .args(["-c", steps])
            .current_dir(&folder)
            .status()
            .await
            .unwrap();
        assert!(
            status.success(),
            "nginx could be neither found nor downloaded"
        );
    }
    program
}

async fn start_nginx(origin: &str) -> (Child, String) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("nginx-run");
    std::fs::create_dir_all(folder.join("logs")).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let config = format!(
        "daemon off; master_process off; pid nginx.pid; error_log logs/error.log;\n\
         events {{}}\n\
         http {{ access_log off; keepalive_requests 1000000; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;\n\
         uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n\
         proxy_cache_path cache keys_zone=one:10m;\n\
         server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {origin}; proxy_cache one; proxy_cache_valid 200 1d; }} }} }}"
    );
    std::fs::write(folder.join("nginx.conf"), config).unwrap();
    let mut command = Command::new(nginx().await);
    command.args(["-p", folder.to_str().unwrap(), "-c", "nginx.conf"]);
    let child = command
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let url = format!("http://127.0.0.1:{port}");
    crate::stage::eventually("nginx listens", async || {
        tokio::net::TcpStream::connect(&url[7..]).await.is_ok()
    })
    .await;
    (child, url)
}

/// The program to measure, as it was built for release, and its ready line.
pub(crate) async fn start_program(origin: &str, more: &[&str]) -> (Child, Value) {
    let program = std::env::var_os("CLOUDFRONT_LOCAL");
    let program = program.unwrap_or_else(|| env!("CARGO_BIN_EXE_cloudfront-local").into());
    let templates = ["Distribution", "Edge"].map(fixture);
    let mut command = Command::new(std::path::absolute(program).unwrap());
    for template in templates {
        command.arg("--template").arg(template);
    }
    command.args(["--parameter", "ApiDomain=api.example.com", "--origin"]);
    command.arg(format!("*={origin}")).args(more);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.kill_on_drop(true).spawn().unwrap();
    let mut lines = tokio::io::BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next_line().await.unwrap().unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

/// One keep-alive connection, as bare as a client can be: what is measured is the server.
fn load(address: &str) -> Vec<u128> {
    let stream = std::net::TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let mut send = stream.try_clone().unwrap();
    let mut read = BufReader::with_capacity(2 * BODY, stream);
    let request = format!("GET /open/hit HTTP/1.1\r\nhost: {address}\r\naccept: */*\r\n\r\n");
    let mut body = vec![0; BODY];
    let mut line = String::new();
    let mut times = Vec::new();
    for _ in 0..REQUESTS / CONNECTIONS {
        let begun = Instant::now();
        send.write_all(request.as_bytes()).unwrap();
        let mut length = 0;
        loop {
            line.clear();
            read.read_line(&mut line).unwrap();
            let header = line.trim_end().to_ascii_lowercase();
            if let Some(value) = header.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
            if header.is_empty() {
                break;
            }
        }
        assert_eq!(length, BODY);
        read.read_exact(&mut body).unwrap();
        times.push(begun.elapsed().as_micros());
    }
    times
}

/// Times of requests in microseconds, sorted; and requests a second.
async fn measure(url: &str) -> (Vec<u128>, f64) {
    let address = url.trim_start_matches("http://").to_owned();
    let begun = Instant::now();
    let loads = (0..CONNECTIONS).map(|_| {
        let address = address.clone();
        tokio::task::spawn_blocking(move || load(&address))
    });
    let loads = futures_util::future::join_all(loads.collect::<Vec<_>>()).await;
    let elapsed = begun.elapsed().as_secs_f64();
    let mut times: Vec<u128> = loads.into_iter().flat_map(Result::unwrap).collect();
    times.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "some ten thousand requests")]
    let rate = times.len() as f64 / elapsed;
    (times, rate)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement beside nginx, run by hand"]
async fn a_hit_beside_nginx() {
    let stage = Stage::start().await;
    stage
        .origin
        .answers("/open/hit", Script::ok(&"x".repeat(BODY)));
    let (_nginx, nginx_url) = start_nginx(&stage.origin_url).await;
    let (_program, ready) = start_program(&stage.origin_url, &[]).await;
    let own_url = ready["distributions"][0]["url"].as_str().unwrap();
    println!(
        "{CONNECTIONS} connections, {REQUESTS} hits of {BODY} bytes, client on the same machine"
    );
    // In turns: a machine that others use as well is not the same for long.
    for round in 0..3 {
        for (name, url) in [("nginx", nginx_url.as_str()), ("cloudfront-local", own_url)] {
            measure(url).await;
            let (times, rate) = measure(url).await;
            let at = |share: usize| times[times.len() * share / 1000];
            println!(
                "| {round} | {name} | {} µs | {} µs | {rate:.0} |",
                at(500),
                at(990)
            );
        }
    }
}
