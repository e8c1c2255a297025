//! What a hit costs, beside nginx's proxy cache. A measurement, run by hand:
//! `cargo test -p cloudfront-local --test it overhead -- --ignored --nocapture`

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use crate::stage::{Script, Stage};

const BODY: usize = 10 * 1024;
const REQUESTS: usize = 4_000;
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
         http {{ access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;\n\
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

/// Times of requests in microseconds, sorted; and requests a second.
async fn measure(url: &str) -> (Vec<u128>, f64) {
    let target = format!("{url}/open/hit");
    let begun = Instant::now();
    let loads = (0..CONNECTIONS).map(|_| {
        let target = target.clone();
        tokio::spawn(async move {
            let client = reqwest::Client::builder()
                .timeout(Duration::from_secs(10))
                .build()
                .unwrap();
            client
                .get(&target)
                .send()
                .await
                .unwrap()
                .bytes()
                .await
                .unwrap();
            let mut times = Vec::new();
            for _ in 0..REQUESTS / CONNECTIONS {
                let begun = Instant::now();
                let body = client
                    .get(&target)
                    .send()
                    .await
                    .unwrap()
                    .bytes()
                    .await
                    .unwrap();
                times.push(begun.elapsed().as_micros());
                assert_eq!(body.len(), BODY);
            }
            times
        })
    });
    let mut times = Vec::new();
    for load in futures_util::future::join_all(loads).await {
        times.extend(load.unwrap());
    }
    let elapsed = begun.elapsed().as_secs_f64();
    times.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a few thousand requests")]
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
    let cases = [
        ("the origin itself", stage.origin_url.clone()),
        ("nginx", nginx_url),
        (
            "cloudfront-local",
            stage.cloudfront.ready().distributions[0].url.clone(),
        ),
    ];
    println!(
        "{CONNECTIONS} connections, {REQUESTS} hits of {BODY} bytes each, client on the same machine"
    );
    for (name, url) in cases {
        measure(&url).await;
        let (times, rate) = measure(&url).await;
        let at = |share: usize| times[times.len() * share / 1000];
        println!("| {name} | {} µs | {} µs | {rate:.0} |", at(500), at(990));
    }
}
