//! The one port that a networked worker reaches.

use crate::support::{program, python, run_in, sandbox};
use outboard_worker_protocol::FromWorker;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpListener;

/// Answers one connection with what it said, in capitals.
fn serve(listener: TcpListener) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut said = [0; 5];
        stream.read_exact(&mut said).unwrap();
        stream.write_all(&said.to_ascii_uppercase()).unwrap();
    })
}

#[tokio::test]
async fn a_networked_worker_reaches_its_listener_and_nothing_else() {
    let host = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, sandbox) = (host.local_addr().unwrap().port(), sandbox().await);
    let mut worker = sandbox.worker(python().network()).await.unwrap();
    let served = serve(worker.listener().expect("a listener"));
    assert!(worker.listener().is_none(), "it is given once");
    let code = format!(
        "
import socket
def tried(what):
    try: what(); return 'done'
    except OSError as error: return error.errno
proxy = socket.create_connection(('127.0.0.1', 3128), timeout=10)
proxy.sendall(b'hello')
answer = proxy.recv(5).decode()
def connect(address, family=socket.AF_INET):
    def go():
        with socket.socket(family, socket.SOCK_STREAM) as one:
            one.settimeout(5)
            one.connect(address)
    return go
kinds = [(socket.AF_INET, socket.SOCK_DGRAM), (socket.AF_INET, socket.SOCK_RAW), (socket.AF_UNIX, socket.SOCK_STREAM),
         (socket.AF_NETLINK, socket.SOCK_RAW), (socket.AF_PACKET, socket.SOCK_RAW)]
listening = socket.socket()
result = [answer, tried(connect(('127.0.0.1', {port}))), tried(connect(('127.0.0.1', 22))),
          tried(connect(('192.0.2.1', 3128))), tried(connect(('::1', 3128), socket.AF_INET6)),
          [tried(lambda: socket.socket(*kind)) for kind in kinds],
          tried(lambda: listening.bind(('127.0.0.1', 0))), tried(lambda: listening.listen())]"
    );
    let value = run_in(worker, &code).await.unwrap();
    // EACCES from Landlock, ENETUNREACH and ECONNREFUSED where the port is right, EPERM from the list of calls.
    assert_eq!(value, json!(["HELLO", 13, 13, 101, 111, [1, 1, 1, 1, 1], 1, 1]));
    served.join().unwrap();
}

#[tokio::test]
async fn networks_are_a_workers_own() {
    let sandbox = sandbox().await;
    let (mut one, mut two) =
        (sandbox.worker(python().network()).await.unwrap(), sandbox.worker(python().network()).await.unwrap());
    let (first, second) = (one.listener().unwrap(), two.listener().unwrap());
    second.set_nonblocking(true).unwrap();
    let served = serve(first);
    let code = "import socket\nproxy = socket.create_connection(('127.0.0.1', 3128))\nproxy.sendall(b'hello')\n\
                result = proxy.recv(5).decode()";
    assert_eq!(run_in(one, code).await.unwrap(), json!("HELLO"));
    served.join().unwrap();
    assert!(second.accept().is_err(), "nobody came here");
    drop(two);
}

#[tokio::test]
async fn certificates_come_with_the_network() {
    if !std::path::Path::new("/etc/ssl/certs/ca-certificates.crt").exists() {
        panic!("apt-get install ca-certificates");
    }
    let sandbox = sandbox().await;
    let code = "import os\nresult = os.path.isfile('/etc/ssl/certs/ca-certificates.crt')";
    assert_eq!(run_in(sandbox.worker(python().network()).await.unwrap(), code).await.unwrap(), json!(true));
    assert_eq!(run_in(sandbox.worker(python()).await.unwrap(), code).await.unwrap(), json!(false));
}

#[tokio::test]
async fn an_idle_networked_worker_brings_its_listener() {
    use crate::support::{options, started};
    let size = outboard_sandbox::PoolSize { min: 1, max: 1 };
    let sandbox = started(outboard_sandbox::Options { pool: size, ..options() }).await;
    let grant = || python().network();
    sandbox.warm(&grant()).unwrap();
    while sandbox.idle(&grant()) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let mut worker = sandbox.worker(grant()).await.unwrap();
    let served = serve(worker.listener().expect("a listener"));
    let code = "import socket\nproxy = socket.create_connection(('127.0.0.1', 3128))\nproxy.sendall(b'hello')\n\
                result = proxy.recv(5).decode()";
    assert_eq!(run_in(worker, code).await.unwrap(), json!("HELLO"));
    served.join().unwrap();
    let mut plain = sandbox.worker(python()).await.unwrap();
    assert!(plain.listener().is_none());
    let (mut sender, mut receiver, _control) = plain.split();
    sender.send(&program("import socket\nsocket.socket()")).await.unwrap();
    let Ok(Some(FromWorker::Error { error, .. })) = receiver.next().await else { panic!("no socket without a grant") };
    assert!(error.message.contains("PermissionError"), "{}", error.message);
}
