//! Ten thousand requests leave nothing behind.

use crate::world::{World, listen, ok, say};
use outboard_worker_protocol::FetchRequest;
use std::sync::Arc;

const REQUESTS: usize = 10_000;
const AT_ONCE: usize = 16;

fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

async fn one(outlet: &outboard_egress::Outlet, proxy: std::net::SocketAddr, number: usize) {
    match number % 4 {
        0 | 1 => assert!(say(proxy, b"GET http://web.example/ HTTP/1.1\r\n\r\n").await.ends_with("plain")),
        2 => assert!(say(proxy, b"CONNECT evil.example:443 HTTP/1.1\r\n\r\n").await.starts_with("HTTP/1.1 403")),
        _ => {
            let url = "http://web.example/".to_owned();
            let request = FetchRequest { method: "GET".into(), url, ..FetchRequest::default() };
            assert_eq!(outlet.fetch(request).await.unwrap().status, 200);
        }
    }
}

async fn many(world: &Arc<World>, outlet: &outboard_egress::Outlet, proxy: std::net::SocketAddr, count: usize) {
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|first| {
            let outlet = outlet.clone();
            tokio::spawn(async move {
                for number in (first..count).step_by(AT_ONCE) {
                    one(&outlet, proxy, number / AT_ONCE).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    world.recorded(count).await;
    world.records.0.lock().unwrap().clear();
    world.trap.dials.lock().unwrap().clear();
    world.names.asked.lock().unwrap().clear();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_requests_leave_nothing_behind() {
    let mut world = World::new();
    world.limits.total_bytes = 1 << 40;
    world.limits.requests = 1 << 40;
    world.names.set("web.example", &[&["93.184.216.35"]]);
    let seen = world.server("93.184.216.35:80", false, |_| ok("plain")).await;
    let outlet = world.outlet(&["web.example:80"], &[]);
    let (world, proxy) = (Arc::new(world), listen(&outlet));
    many(&world, &outlet, proxy, 2000).await;
    seen.lock().unwrap().clear();
    let (memory, files) = (resident(), open_files());
    many(&world, &outlet, proxy, REQUESTS).await;
    seen.lock().unwrap().clear();
    let grown = resident().saturating_sub(memory) >> 20;
    assert!(grown < 16, "memory grew by {grown} MiB over {REQUESTS} requests");
    assert!(open_files() < files + 3 * AT_ONCE, "from {files} to {} open files", open_files());
}
