//! Programs as people write them: Python and curl with the usual environment.

use crate::world::{World, listen, ok};
use std::process::Output;
use tokio::process::Command;

async fn ask(world: &World, proxy: std::net::SocketAddr, program: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, &world.trust.root_pem).unwrap();
    let proxy = format!("http://{proxy}");
    let mut command = Command::new(program);
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] {
        command.env(name, &proxy);
    }
    command.env("SSL_CERT_FILE", &roots).env("CURL_CA_BUNDLE", &roots).kill_on_drop(true);
    let done = command.output().await;
    done.unwrap_or_else(|error| panic!("{program} cannot be run: {error}. Install it: apt-get install {program}"))
}

async fn world() -> (World, std::net::SocketAddr) {
    let world = World::new();
    world.names.set("api.example.com", &[&["93.184.216.34"]]);
    world.names.set("web.example", &[&["93.184.216.35"]]);
    world.server("93.184.216.34:443", true, |head| ok(&format!("secured {}", head.split(' ').next().unwrap()))).await;
    world.server("93.184.216.35:80", false, |_| ok("plain")).await;
    let proxy = listen(&world.outlet(&["api.example.com", "web.example:80"], &[]));
    (world, proxy)
}

#[tokio::test]
async fn python_works() {
    let (world, proxy) = world().await;
    let code = "
import urllib.error, urllib.request
def get(url, data=None):
    try:
        return urllib.request.urlopen(url, data, timeout=20).read().decode()
    except OSError as error:
        return str(getattr(error, 'reason', error)) + (error.read().decode() if hasattr(error, 'read') else '')
print(get('https://api.example.com/'), '|', get('https://api.example.com/', b'x'), '|', get('http://web.example/'), '|',
      get('https://evil.example/'), '|', get('http://evil.example/'))
";
    let done = ask(&world, proxy, "python3", &["-c", code]).await;
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    let parts: Vec<&str> = text.trim().split(" | ").collect();
    assert_eq!(
        parts[..3],
        ["secured GET", "secured POST", "plain"],
        "{text} {}",
        String::from_utf8_lossy(&done.stderr)
    );
    assert!(parts[3].contains("allow = [\"evil.example:443\"]"), "{text}");
    assert!(parts[4].contains("allow = [\"evil.example:80\"]"), "{text}");
}

#[tokio::test]
async fn curl_works() {
    let (world, proxy) = world().await;
    let plain =
        ask(&world, proxy, "curl", &["-sS", "--max-time", "20", "https://api.example.com/", "http://web.example/"])
            .await;
    assert_eq!(
        String::from_utf8_lossy(&plain.stdout),
        "secured GETplain",
        "{}",
        String::from_utf8_lossy(&plain.stderr)
    );
    let denied = ask(&world, proxy, "curl", &["-sS", "--max-time", "20", "-i", "https://169.254.169.254/"]).await;
    assert!(!denied.status.success());
    let text = String::from_utf8_lossy(&denied.stdout);
    assert!(text.contains("403") && text.contains("allow_private = [\"169.254.169.254:443\"]"), "{text}");
}
