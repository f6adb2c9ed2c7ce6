//! Ways to reach what is not granted, in every way in. The trap must not see one connection.

use crate::world::{World, listen, say};
use outboard_worker_protocol::FetchRequest;
use std::net::SocketAddr;

/// Hosts as a program could write them.
const HOSTS: &[&str] = &[
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "0x7f.1",
    "127.0.0.1.",
    "127.255.255.254",
    "0.0.0.0",
    "0",
    "0x0",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "sub.localhost",
    "10.0.0.1",
    "10.1",
    "0xa.0.0.1",
    "012.0.0.1",
    "167772161",
    "172.16.0.1",
    "192.168.0.1",
    "192.168.257",
    "3232235521",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "0xA9.0xFE.0xA9.0xFE",
    "0251.0376.0251.0376",
    "169.254.43518",
    "169.254.169.254.",
    "metadata.google.internal",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "100.64.0.1",
    "198.18.0.1",
    "192.0.2.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:a9fe:a9fe]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::]",
    "[2001:0:7f00:1::]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fe80::1%eth0]",
    "[ff02::1]",
    "[2001:db8::1]",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "127．0．0．1",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "example.com",
    "corp.example",
    "evilcorp.example",
    "a.corp.example.evil.test",
    "api.example.com.evil.test",
    "api.example.com\0.evil.test",
    "api.example.com%00.evil.test",
    "api.example.com%2eevil.test",
    "127%2e0%2e0%2e1",
    "api.example.com@127.0.0.1",
    "api.example.com:443@127.0.0.1",
    "user:password@api.example.com",
    "api.example.com\\@127.0.0.1",
    "127.0.0.1\\@api.example.com",
    "api.example.com ",
    " api.example.com",
    "api.example.com\t",
    "api.example.com\r\nHost: 127.0.0.1",
    "api.example.com\n",
    "api..example.com",
    ".api.example.com",
    "api.example.com..",
    "xn--api.example.com",
    "api_example.com",
    "127.0.0.1.nip.example",
    "inner.corp.example",
    "both.corp.example",
    "mapped.corp.example",
    "nat64.corp.example",
    "many.corp.example",
    "nowhere.corp.example",
    "256.256.256.256",
    "1.2.3.4.5",
    "0x1ffffffff",
    "*.corp.example",
    "$(id).corp.example",
    "[::1",
    "::1",
    "",
    ".",
    "..",
    "-",
    "a b",
];

/// Heads that two readers could read differently, all about a granted host.
const HEADS: &[&str] = &[
    "GET http://web.example/ HTTP/1.1\r\nHost: web.example\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    "GET http://web.example/ HTTP/1.1\r\nHost: web.example\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
    "POST http://web.example/ HTTP/1.1\r\nHost: web.example\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST http://web.example/ HTTP/1.1\r\nHost: web.example\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "POST http://web.example/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST http://web.example/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
    "POST http://web.example/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "POST http://web.example/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "POST http://web.example/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "GET http://web.example/ HTTP/1.1\r\nHost: web.example\r\nHost: 127.0.0.1\r\n\r\n",
    "GET http://web.example/ HTTP/1.1\nHost: web.example\n\n",
    "GET http://web.example/ HTTP/1.1\r\nHost: web.example\r\nX: a\n\r\n\r\n",
    "GET http://web.example/ HTTP/1.1\r\nHost: web.example\r\n folded\r\n\r\n",
    "GET http://web.example/\0 HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: web.example\r\n\r\n",
    "GET //web.example/ HTTP/1.1\r\nHost: web.example\r\n\r\n",
    "GET https://api.example.com/ HTTP/1.1\r\nHost: api.example.com\r\n\r\n",
    "GET ftp://web.example/ HTTP/1.1\r\n\r\n",
    "GET file:///etc/passwd HTTP/1.1\r\n\r\n",
    "GET http://web.example:8080/ HTTP/1.1\r\n\r\n",
    "TRACE http://web.example/ HTTP/1.1\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "CONNECT web.example HTTP/1.1\r\n\r\n",
    "CONNECT http://api.example.com:443 HTTP/1.1\r\n\r\n",
    "CONNECT api.example.com:443/ HTTP/1.1\r\n\r\n",
    "CONNECT api.example.com:22 HTTP/1.1\r\n\r\n",
    "CONNECT api.example.com:0 HTTP/1.1\r\n\r\n",
    "CONNECT api.example.com:443:443 HTTP/1.1\r\n\r\n",
    "CONNECT /run/docker.sock HTTP/1.1\r\n\r\n",
    "CONNECT * HTTP/1.1\r\n\r\n",
];

fn names(world: &World) {
    world.names.set("api.example.com", &[&["93.184.216.34"]]);
    world.names.set("web.example", &[&["93.184.216.35"]]);
    world.names.set("inner.corp.example", &[&["10.0.0.1"]]);
    world.names.set("both.corp.example", &[&["93.184.216.34", "169.254.169.254"]]);
    world.names.set("mapped.corp.example", &[&["::ffff:127.0.0.1"]]);
    world.names.set("nat64.corp.example", &[&["64:ff9b::7f00:1"]]);
    world.names.set("many.corp.example", &[&["93.184.216.34"; 65]]);
    for name in ["localhost", "sub.localhost", "metadata.google.internal", "127.0.0.1.nip.example"] {
        world.names.set(name, &[&["127.0.0.1"]]);
    }
}

const GRANT: &[&str] =
    &["api.example.com", "*.corp.example:443", "web.example:80", "localhost:443", "metadata.google.internal:443"];

fn get(url: &str) -> FetchRequest {
    FetchRequest { method: "GET".into(), url: url.into(), ..FetchRequest::default() }
}

async fn every_way(world: &World, outlet: &outboard_egress::Outlet, proxy: SocketAddr, host: &str) {
    for url in [format!("https://{host}/"), format!("http://{host}/x"), format!("https://{host}:443")] {
        let done = outlet.fetch(get(&url)).await;
        assert!(done.is_err(), "fetch {url:?}: {done:?}");
        assert_eq!(world.dials(), [""; 0], "fetch {url:?}");
    }
    let heads = [
        format!("CONNECT {host}:443 HTTP/1.1\r\n\r\n"),
        format!("GET http://{host}/ HTTP/1.1\r\nHost: web.example\r\n\r\n"),
    ];
    for head in heads {
        let answer = say(proxy, head.as_bytes()).await;
        let status = answer.get(9..12).unwrap_or_default().to_owned();
        assert!(["400", "403", "502"].contains(&status.as_str()), "{head:?}: {answer:?}");
        assert_eq!(world.dials(), [""; 0], "{head:?}");
    }
}

#[tokio::test]
async fn no_spelling_reaches_what_is_not_granted() {
    let world = World::new();
    names(&world);
    let outlet = world.outlet(GRANT, &[]);
    let proxy = listen(&outlet);
    for host in HOSTS {
        every_way(&world, &outlet, proxy, host).await;
    }
    let asked = world.names.asked.lock().unwrap();
    let granted =
        |name: &String| name.ends_with(".corp.example") || name == "localhost" || name == "metadata.google.internal";
    assert!(asked.iter().all(granted), "only granted names are looked up: {asked:?}");
}

#[tokio::test]
async fn no_head_is_read_in_two_ways() {
    let world = World::new();
    names(&world);
    let proxy = listen(&world.outlet(GRANT, &[]));
    for head in HEADS {
        let answer = say(proxy, head.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.1 403 "), "{head:?}: {answer:?}");
    }
    let large = format!("GET http://web.example/ HTTP/1.1\r\nX: {}\r\n\r\n", "a".repeat(100_000));
    assert!(say(proxy, large.as_bytes()).await.starts_with("HTTP/1.1 431 "));
    let many = format!("GET http://web.example/ HTTP/1.1\r\n{}\r\n", "X: a\r\n".repeat(500));
    assert!(say(proxy, many.as_bytes()).await.starts_with("HTTP/1.1 431 "));
    assert_eq!(world.dials(), [""; 0]);
    assert_eq!(world.recorded(HEADS.len() + 2).await.len(), HEADS.len() + 2, "each refusal is recorded");
}

#[tokio::test]
async fn a_name_that_moves_is_followed_nowhere() {
    let world = World::new();
    world.names.set("rebind.corp.example", &[&["93.184.216.34"], &["127.0.0.1"]]);
    let outlet = world.outlet(GRANT, &[]);
    assert_eq!(
        outlet.fetch(get("https://rebind.corp.example/")).await.unwrap_err().code.as_str(),
        "upstream_unavailable"
    );
    assert_eq!(world.dials(), ["93.184.216.34:443"], "the address that was checked, looked up once");
    assert_eq!(world.names.asked.lock().unwrap().len(), 1);
    let second = outlet.fetch(get("https://rebind.corp.example/")).await.unwrap_err();
    assert!(second.message.contains("this machine"), "{second}");
    assert_eq!(world.dials().len(), 1);
}

#[tokio::test]
async fn a_redirect_gets_no_further_than_a_request() {
    let world = World::new();
    names(&world);
    world.names.set("a.example", &[&["93.184.216.36"]]);
    let outlet = world.outlet(&["a.example:80", "inner.corp.example:80", "both.corp.example:443"], &[]);
    let places = [
        "http://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433/",
        "http://[::1]/",
        "//10.0.0.1/",
        "http://inner.corp.example/",
        "https://both.corp.example/",
        "http://evil.test/",
        "https://a.example/",
        "http://a.example:22/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://a@127.0.0.1/",
        "http://a.example%2eevil.test/",
        "http://a.example\\@127.0.0.1/",
        "gopher://127.0.0.1/",
        "data:text/plain,x",
        "http://0x7f.1/",
        "http:///",
        "http://[::ffff:7f00:1]/",
    ];
    world
        .server("93.184.216.36:80", false, |head| {
            let place = head.split("to=").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
            let place = String::from_utf8(
                (0..place.len() / 2).map(|at| u8::from_str_radix(&place[2 * at..2 * at + 2], 16).unwrap()).collect(),
            );
            format!("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", place.unwrap())
        })
        .await;
    for (count, place) in places.iter().enumerate() {
        let hex: String = place.bytes().map(|byte| format!("{byte:02x}")).collect();
        let done = outlet.fetch(get(&format!("http://a.example/?to={hex}"))).await;
        assert!(done.is_err(), "{place}: {done:?}");
        assert_eq!(world.dials().len(), count + 1, "{place}: only the first server was reached: {:?}", world.dials());
    }
}

#[tokio::test]
async fn what_follows_the_host_does_not_count() {
    let world = World::new();
    names(&world);
    let outlet = world.outlet(GRANT, &[]);
    for tail in [
        "#@127.0.0.1/",
        "?@127.0.0.1/",
        "/@127.0.0.1/",
        "/http://127.0.0.1/",
        "/..//127.0.0.1/",
        "/%0d%0aHost:%20127.0.0.1/",
    ] {
        let _ = outlet.fetch(get(&format!("https://api.example.com{tail}"))).await;
        assert_eq!(
            world.trap.dials.lock().unwrap().drain(..).collect::<Vec<_>>(),
            ["93.184.216.34:443".parse().unwrap()],
            "{tail}"
        );
    }
}

#[tokio::test]
async fn headers_make_no_second_request() {
    let world = World::new();
    names(&world);
    let outlet = world.outlet(GRANT, &[]);
    for (name, value) in
        [("X", "a\r\nHost: b"), ("X\r\nHost", "b"), ("X", "a\n\nGET / HTTP/1.1"), ("X", "\0"), ("", "a"), ("X Y", "a")]
    {
        let request = FetchRequest { headers: vec![(name.into(), value.into())], ..get("http://web.example/") };
        assert_eq!(outlet.fetch(request).await.unwrap_err().code.as_str(), "invalid_arguments", "{name:?}: {value:?}");
    }
    for method in ["TRACE", "CONNECT", "GET / HTTP/1.1\r\nX:", "", "G T"] {
        let request = FetchRequest { method: method.into(), ..get("http://web.example/") };
        assert!(outlet.fetch(request).await.is_err(), "{method:?}");
    }
    assert_eq!(world.dials(), [""; 0]);
}
