//! A made-up world: names with scripted addresses, a trap that counts connections, servers on loopback.

use outboard_egress::{
    CertificateDer, Dialer, Egress, Later, Limits, Options, Outlet, Ports, Record, Recorder, Resolver,
};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{self, ServerConfig};

/// Looks up names from a script: each lookup takes the next answer, the last one stays.
#[derive(Default)]
pub(crate) struct Names {
    script: Mutex<HashMap<String, VecDeque<Vec<IpAddr>>>>,
    pub(crate) asked: Mutex<Vec<String>>,
}

impl Names {
    pub(crate) fn set(&self, name: &str, answers: &[&[&str]]) {
        let answers = answers.iter().map(|list| list.iter().map(|text| text.parse().unwrap()).collect()).collect();
        self.script.lock().unwrap().insert(name.into(), answers);
    }
}

impl Resolver for Names {
    fn resolve<'a>(&'a self, name: &'a str) -> Later<'a, io::Result<Vec<IpAddr>>> {
        self.asked.lock().unwrap().push(name.into());
        let mut script = self.script.lock().unwrap();
        let answers = script.get_mut(name);
        let found = answers.and_then(|list| if list.len() > 1 { list.pop_front() } else { list.front().cloned() });
        Box::pin(async move { found.ok_or_else(|| io::Error::other("no such name")) })
    }
}

/// Counts connections; those with a route go to a server here.
#[derive(Default)]
pub(crate) struct Trap {
    pub(crate) dials: Mutex<Vec<SocketAddr>>,
    routes: Mutex<HashMap<SocketAddr, SocketAddr>>,
}

impl Dialer for Trap {
    fn dial(&self, address: SocketAddr) -> Later<'_, io::Result<TcpStream>> {
        self.dials.lock().unwrap().push(address);
        let route = self.routes.lock().unwrap().get(&address).copied();
        Box::pin(async move { TcpStream::connect(route.ok_or(io::ErrorKind::ConnectionRefused)?).await })
    }
}

#[derive(Default)]
pub(crate) struct Records(pub(crate) Mutex<Vec<Record>>);

impl Recorder for Records {
    fn record(&self, record: Record) {
        self.0.lock().unwrap().push(record);
    }
}

/// Own roots and one certificate.
pub(crate) struct Trust {
    pub(crate) root: CertificateDer<'static>,
    pub(crate) root_pem: String,
    acceptor: TlsAcceptor,
}

impl Trust {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "the root of a made-up world");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap();
        let issuer = Issuer::from_params(&params, &key);
        let own = KeyPair::generate().unwrap();
        let names = vec!["api.example.com".into(), "other.example".into(), "127.0.0.1".into()];
        let leaf = CertificateParams::new(names).unwrap().signed_by(&own, &issuer).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let key = PrivateKeyDer::try_from(own.serialize_der()).unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![leaf.der().clone()], key).unwrap();
        Self { root: root.der().clone(), root_pem: root.pem(), acceptor: TlsAcceptor::from(Arc::new(config)) }
    }
}

/// What a server got, as text.
pub(crate) type Seen = Arc<Mutex<Vec<String>>>;
type Reply = fn(&str) -> String;

pub(crate) struct World {
    pub(crate) names: Arc<Names>,
    pub(crate) trap: Arc<Trap>,
    pub(crate) records: Arc<Records>,
    pub(crate) trust: Trust,
    pub(crate) limits: Limits,
    pub(crate) bandwidth: Option<u64>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            names: Arc::default(),
            trap: Arc::default(),
            records: Arc::default(),
            trust: Trust::new(),
            limits: Limits::default(),
            bandwidth: None,
        }
    }

    pub(crate) fn outlet(&self, allow: &[&str], private: &[&str]) -> Outlet {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let options = Options {
            allow: list(allow),
            allow_private: list(private),
            bandwidth: self.bandwidth,
            limits: self.limits.clone(),
        };
        let roots = Some(vec![self.trust.root.clone()]);
        let ports = Ports { resolver: self.names.clone(), dialer: self.trap.clone(), roots };
        Egress::with(options, ports).unwrap().outlet(self.records.clone())
    }

    /// Serves an address of the made-up world.
    pub(crate) async fn server(&self, at: &str, secure: bool, reply: Reply) -> Seen {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.trap.routes.lock().unwrap().insert(at.parse().unwrap(), listener.local_addr().unwrap());
        let seen = Seen::default();
        let (all, acceptor) = (seen.clone(), secure.then(|| self.trust.acceptor.clone()));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (all, acceptor) = (all.clone(), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => answer(stream, all, reply).await,
                        Some(acceptor) => match acceptor.accept(stream).await {
                            Ok(stream) => answer(stream, all, reply).await,
                            Err(error) => Err(error),
                        },
                    }
                });
            }
        });
        seen
    }

    pub(crate) fn dials(&self) -> Vec<String> {
        self.trap.dials.lock().unwrap().iter().map(SocketAddr::to_string).collect()
    }

    pub(crate) fn record(&self) -> Record {
        self.records.0.lock().unwrap().last().unwrap().clone()
    }

    /// Waits for so many records: a connection is recorded when its task ends, after the client's last byte.
    pub(crate) async fn recorded(&self, count: usize) -> Vec<Record> {
        for _ in 0..2000 {
            let records = self.records.0.lock().unwrap().clone();
            if records.len() >= count {
                return records;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        panic!("{count} records were expected, there are {:?}", self.records.0.lock().unwrap())
    }
}

/// Serves the proxy of an outlet; gives back where.
pub(crate) fn listen(outlet: &Outlet) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let outlet = outlet.clone();
    tokio::spawn(async move { outlet.serve(listener).await });
    at
}

/// One request, body by its length or in chunks as it comes, one answer.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, seen: Seen, reply: Reply) -> io::Result<()> {
    let mut bytes = Vec::new();
    while !is_whole(&bytes) {
        if stream.read_buf(&mut bytes).await? == 0 {
            break;
        }
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let answer = reply(&text);
    seen.lock().unwrap().push(text);
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

fn is_whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    if head.contains("transfer-encoding: chunked") {
        return body.ends_with("0\r\n\r\n");
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_none_or(|length| body.len() >= length.trim().parse().unwrap())
}

/// A plain answer with a body.
pub(crate) fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Sends bytes to the proxy and reads until it closes.
pub(crate) async fn say(proxy: SocketAddr, bytes: &[u8]) -> String {
    let mut client = TcpStream::connect(proxy).await.unwrap();
    // A proxy that has refused already may not want the rest.
    let _ = client.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}
